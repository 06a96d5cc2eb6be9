// What a package must be before it may be published.
import { existsSync, readdirSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "vitest"
import { exportedNames } from "../entries.mjs"
import { all, json, read, root } from "./source.mjs"

const isEffect = (name) => name === "effect" || name.startsWith("@effect/")
const workspace = json("package.json")

describe.each(all)("package.json of $short", (each) => {
  it("asks for Effect as a peer, by range", () => {
    const { dependencies = {}, devDependencies = {}, optionalDependencies = {}, peerDependencies = {} } = each.json
    const wrong = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }).filter(isEffect)
    assert.deepStrictEqual(wrong, [], "effect and @effect/* belong into peerDependencies")
    for (const [name, range] of Object.entries(peerDependencies)) {
      assert.match(range, /^\^\d+\.\d+\.\d+$/, `${name} is a peer by a caret range`)
      assert.strictEqual(`^${workspace.devDependencies[name]}`, range, `the root pins the lowest ${name} of the range`)
    }
  })

  it("pins its other dependencies", () => {
    for (const [name, version] of Object.entries(each.json.dependencies ?? {})) {
      assert.match(version, /^\d+\.\d+\.\d+$/, `${name} has one version`)
    }
  })

  it("ships code, sources, licence and readme, and keeps internal modules shut", () => {
    assert.includeMembers(each.json.files, ["dist", "src", "README.md", "LICENSE"])
    const inner = readdirSync(path.join(root, each.dir, "src"), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory()
    )
    for (const { name } of inner) {
      assert.isNull(each.json.exports[`./${name}/*`], `src/${name} is not for users: "./${name}/*": null in exports`)
    }
    const row = read("ARCHITECTURE.md").split("\n").find((line) => line.startsWith(`| \`${each.short}\` |`)) ?? ""
    for (const { name } of inner.filter((entry) => entry.name !== "internal" && entry.name !== "bin")) {
      assert.include(row, `\`${name}/\``, `src/${name} has a place among the rooms of ARCHITECTURE.md`)
    }
    assert.strictEqual(each.json.exports["."].node, "./dist/internal/entry.js")
    assert.strictEqual(Object.keys(each.json.exports["."])[0], "types", "TypeScript takes the first condition it knows")
    assert.isTrue(existsSync(path.join(root, each.dir, "README.md")), "README.md")
    assert.strictEqual(read(`${each.dir}/LICENSE`), read("LICENSE"))
  })

  it("says the same as the others", () => {
    assert.strictEqual(each.json.license, "MIT")
    assert.strictEqual(each.json.type, "module")
    assert.strictEqual(each.json.engines.node, workspace.engines.node)
    assert.strictEqual(each.json.version, all[0].json.version)
    for (const other of all) {
      const version = each.json.dependencies?.[other.json.name]
      if (version !== undefined) assert.strictEqual(version, other.json.version)
    }
  })

  it("runs no script on install", () => {
    for (const name of ["preinstall", "install", "postinstall", "prepare"]) {
      assert.notProperty(each.json.scripts ?? {}, name)
    }
  })

  it("has an index whose names can be told without running it", () => {
    assert.doesNotThrow(() => exportedNames(read(`${each.dir}/src/index.ts`), `${each.dir}/src/index.ts`))
  })
})

describe("the workspace", () => {
  it("pins Effect at the root, exactly", () => {
    for (const [name, version] of Object.entries(workspace.devDependencies)) {
      if (isEffect(name)) assert.match(version, /^\d+\.\d+\.\d+$/, name)
    }
  })

  it("has a lock that names no server", () => {
    const remote = Object.entries(json("package-lock.json").packages)
      .filter(([, entry]) => /^[a-z+]+:/.test(entry.resolved ?? ""))
      .map(([name]) => name)
    assert.deepStrictEqual(remote, [])
  })

  // `npm ci` refuses such a lock, and on the platform that lacks its binary nothing would run
  it("has a lock in which no platform is missing", () => {
    const { packages } = json("package-lock.json")
    const missing = Object.entries(packages).filter(([dir]) => dir !== "").flatMap((
      [dir, { optionalDependencies = {} }]
    ) =>
      Object.keys(optionalDependencies)
        .filter((name) => !(`node_modules/${name}` in packages) && !(`${dir}/node_modules/${name}` in packages))
        .map((name) => `${name}, for ${dir}`)
    )
    assert.deepStrictEqual(missing, [])
  })
})

describe("an index", () => {
  it("yields the names of its values, and no types", () => {
    const text = "/** doc */\nexport * as B from \"./B.js\"\nexport { type T, a, c as d } from \"./a.js\"\n" +
      "export type { U } from \"./a.js\"\nexport type * as V from \"./V.js\"\n"
    assert.deepStrictEqual(exportedNames(text, "index.ts"), ["B", "a", "d"])
  })

  it("is refused when a name could be missed", () => {
    assert.throws(() => exportedNames("export * from \"./B.js\"", "index.ts"), /index may hold only/)
    assert.throws(() => exportedNames("export const x = 1", "index.ts"), /index may hold only/)
  })
})
