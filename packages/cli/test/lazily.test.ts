/** What is loaded before it is known what to do: help and mistakes are to be answered at once. */
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

const src = fileURLToPath(new URL("../src", import.meta.url))

/** What these files import for more than types, and what those import that they import, without what is loaded later. */
const loaded = (file: string, seen = new Set<string>()): ReadonlySet<string> => {
  for (const [, kind, name] of readFileSync(file, "utf8").matchAll(/^import (type )?[^"]*"([^"]+)"/gm)) {
    if (kind !== undefined || name === undefined) continue
    const used = name.startsWith(".") ? path.resolve(path.dirname(file), name.replace(/\.js$/, ".ts")) : name
    if (seen.has(used)) continue
    seen.add(used)
    if (name.startsWith(".")) loaded(used, seen)
  }
  return seen
}

describe("the program", () => {
  it("loads neither nodes, links nor databases to say what it can do", () => {
    const all = [...loaded(path.join(src, "bin/creel.ts"))]
    assert.includeMembers(all, ["@effect/cli/Command", path.join(src, "internal/commands/node.ts")])
    const light = ["@creel/cluster/ClusterError", "@creel/cluster/Certificates", "@creel/cluster/Security"]
    const own = all.filter((name) => /^(creel|@creel\/\w+|@effect\/(sql|cluster|rpc)[\w-]*)(\/|$)/.test(name))
    assert.deepStrictEqual(own.filter((name) => !light.includes(name)), [])
  })
})
