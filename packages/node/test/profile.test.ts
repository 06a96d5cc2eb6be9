/** Profiles of real threads and processes: V8's own, by tasks. */
import { NodeCluster } from "@creel/node"
import { assert, describe, it } from "@effect/vitest"
import { Client, Profile } from "creel"
import { Effect } from "effect"
import { work, workThenWait } from "./fixtures/contracts.js"

const tasks = new URL("./fixtures/modules/tasks.mjs", import.meta.url)

/** Something runs all the time. */
const busy = Effect.forever(Effect.scoped(Effect.flatMap(
  Effect.all([Client.map(work, [5, 5, 5, 5]), Client.map(workThenWait, [5, 5, 5, 5])]),
  (futures) => Client.gather(futures.flat())
)))

/** What stands right below a task. */
const below = ({ tree }: Profile.Profile, task: string): ReadonlyArray<string> => {
  const at = tree.parents.findIndex((parent, node) => parent === 0 && tree.names[tree.titles[node]!] === task)
  return tree.parents.flatMap((parent, node) => parent === at ? [tree.names[tree.titles[node]!]!] : [])
}

const has = (profile: Profile.Profile, task: string): boolean => {
  const { files, names, parents, titles } = profile.tree
  return parents.some((_, node) => {
    if (names[titles[node]!] !== "compute" || !names[files[node]!]!.endsWith("tasks.mjs")) return false
    let top = node
    while (parents[top]! > 0) top = parents[top]!
    return names[titles[top]!] === task
  })
}

/** Until both were seen: how fast this machine is does not matter. */
const profiled = Effect.repeat(Profile.take({ duration: "300 millis" }), {
  until: (profile) => has(profile, "work") && has(profile, "workThenWait")
})

describe("profiles", () => {
  for (
    const [kind, layer] of [
      ["threads", NodeCluster.layerThreads({ threads: 2, tasks })],
      ["processes", NodeCluster.layerProcesses({ processes: 1, tasks })]
    ] as const
  ) {
    it.live(`of ${kind} say which task took how long, and where`, () =>
      Effect.gen(function*() {
        yield* Effect.fork(busy)
        const profile = yield* profiled
        const executors = profile.workers.flatMap(({ executors }) => executors)
        assert.deepStrictEqual(
          executors.map(({ problem }) => problem),
          kind === "threads" ? [undefined, undefined] : [undefined]
        )
        assert.isTrue(executors.every(({ idle, sampled }) => sampled > 0 && idle <= sampled))
        // What carries the task is not seen above the task's own code.
        assert.notInclude(below(profile, "work"), "pump")
        assert.isAbove(Profile.byTask(profile).find(({ task }) => task === "work")?.micros ?? 0, 0)
      }).pipe(Effect.scoped, Effect.provide(layer)))
  }

  it.live("of one worker alone; two at once wait for each other", () =>
    Effect.gen(function*() {
      yield* Effect.fork(busy)
      const some = yield* Effect.all([
        Profile.take({ duration: "100 millis", worker: "worker-1" }),
        Profile.take({ duration: "100 millis", interval: "200 micros" })
      ], { concurrency: 2 })
      assert.deepStrictEqual(some.map(({ interval, workers }) => [interval, workers.map(({ name }) => name)]), [
        [1000, ["worker-1"]],
        [200, ["worker-0", "worker-1"]]
      ])
    }).pipe(Effect.scoped, Effect.provide(NodeCluster.layerThreads({ threads: 2, workers: 2, tasks }))))
})
