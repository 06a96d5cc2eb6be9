import { Bag } from "@creel/collections"
import { NodeContext } from "@effect/platform-node"
import { type Client, LocalCluster, type Task, TaskGroup } from "creel"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

/** An empty directory, gone with the scope. */
export const directory: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "creel-bag-"))),
  (dir) => Effect.sync(() => fs.rmSync(dir, { recursive: true }))
)

/** Files by their paths in a directory. */
export const put = (dir: string, files: Readonly<Record<string, string | Uint8Array>>): Effect.Effect<void> =>
  Effect.sync(() => {
    for (const [name, content] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(dir, name)), { recursive: true })
      fs.writeFileSync(path.join(dir, name), content)
    }
  })

/** All there is in a directory, by path, in order. */
export const tree = (dir: string): ReadonlyArray<string> =>
  fs.readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .sort()

/** On a cluster in this process that sees files. */
export const onCluster = (...tasks: ReadonlyArray<Task.Task<any, any, any>>) =>
<A, E>(
  self: Effect.Effect<A, E, Client.Client | Scope.Scope | NodeContext.NodeContext>
): Effect.Effect<A, E, Scope.Scope> =>
  self.pipe(
    Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(...tasks).merge(Bag.tasks), workers: 2 })),
    Effect.provide(NodeContext.layer)
  )
