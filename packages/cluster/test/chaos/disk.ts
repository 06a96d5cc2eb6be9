/** A node whose disk is full. */
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { mkdirSync } from "node:fs"
import * as path from "node:path"
import type { Scenario } from "./scenario.js"
import { counted, nodes } from "./scenario.js"

const mount = (...args: ReadonlyArray<string>): void => {
  execFileSync("mount", args, { stdio: ["ignore", "ignore", "pipe"] })
}

const unmount = (folder: string): void => {
  execFileSync("umount", ["-l", folder], { stdio: ["ignore", "ignore", "pipe"] })
}

/** A disk of so many megabytes, until the scope closes. */
const small = (folder: string, megabytes: number) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      mkdirSync(folder)
      mount("-t", "tmpfs", "-o", `size=${megabytes}m`, "none", folder)
      return folder
    }),
    () => Effect.sync(() => unmount(folder))
  )

export const disk: Scenario = {
  name: "disk",
  title: "values that fill the memory of two nodes, and the disk of one, which has 8 MB",
  within: 1500,
  missing: () => {
    const there = path.join("/tmp", `creel-try-${process.pid}`)
    try {
      mkdirSync(there)
      mount("-t", "tmpfs", "-o", "size=1m", "none", there)
      unmount(there)
      return undefined
    } catch {
      return "a small disk cannot be mounted here"
    }
  },
  run: (stage) =>
    Effect.gen(function*() {
      const { crew, expect } = stage
      const directory = yield* small(path.join(crew.folder, "disk"), 8)
      const limit = 32_000_000
      const roomy = yield* nodes(stage, 1, { memory: { limit } })
      // It believes that there is room: the disk itself says that there is none.
      const full = yield* nodes(stage, 1, { memory: { limit, spill: { directory, max: 1_000_000_000 } } })
      const client = yield* crew.client("bulk.mjs", { count: 60, bytes: 1_000_000, rounds: 3 })
      yield* counted(stage, client)
      for (const node of [...roomy, ...full]) expect(!node.gone(), `${node.name} is gone`)
    })
}
