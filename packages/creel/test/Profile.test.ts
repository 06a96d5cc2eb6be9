import { assert, describe, it } from "@effect/vitest"
import { Door, LocalCluster, Profile, Task, TaskGroup } from "creel"
import * as Effect from "effect/Effect"
import * as Supervisor from "effect/Supervisor"
import * as fc from "fast-check"
import { boom } from "./LocalCluster.fixture.js"

type Tree = Profile.CallTree

/** `[caller, title, micros]`, the first row being called by nobody. */
const treeOf = (...rows: ReadonlyArray<readonly [parent: number, title: string, self: number]>): Tree => ({
  names: ["", ...rows.map(([, title]) => title)],
  parents: [-1, ...rows.map(([parent]) => parent)],
  titles: [0, ...rows.map((_, n) => n + 1)],
  files: [0, ...rows.map(() => 0)],
  lines: [0, ...rows.map(() => 0)],
  selfs: [0, ...rows.map(([, , self]) => self)]
})

/** `a/b: 3` for each call that took time itself. */
const lines = (tree: Tree): ReadonlyArray<string> => {
  const paths: Array<string> = []
  tree.parents.forEach((parent, node) => {
    paths.push(parent <= 0 ? tree.names[tree.titles[node]!]! : `${paths[parent]}/${tree.names[tree.titles[node]!]}`)
  })
  return tree.selfs.flatMap((micros, node) => micros > 0 ? [`${paths[node]}: ${micros}`] : []).sort()
}

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((a, b) => a + b, 0)

const profileOf = (tree: Tree): Profile.Profile => ({ at: 0, millis: 1000, interval: 1000, workers: [], tree })

describe("trees of calls", () => {
  it("are laid upon each other", () => {
    const one = treeOf([0, "hash", 1], [1, "digest", 2], [1, "update", 3])
    const other = treeOf([0, "parse", 4], [0, "hash", 5], [2, "digest", 6])
    const both = Profile.merge([one, other])
    assert.deepStrictEqual(lines(both), ["hash/digest: 8", "hash/update: 3", "hash: 6", "parse: 4"])
    assert.deepStrictEqual(Profile.byTask(profileOf(both)), [
      { task: "hash", micros: 17 },
      { task: "parse", micros: 4 }
    ])
  })

  it("of which too much is known, keep what took longest, and all of the time", () => {
    const tree = treeOf([0, "a", 1], [1, "long", 50], [1, "short", 2], [3, "shorter", 1], [0, "b", 7])
    assert.deepStrictEqual(lines(Profile.merge([tree], 4)), ["a/long: 50", "a: 4", "b: 7"])
    assert.deepStrictEqual(lines(Profile.merge([tree], 1)), [": 61"])
  })

  it("never lose time, whatever they are told, in whatever order", () => {
    const row = fc.tuple(fc.integer({ min: -3, max: 9 }), fc.constantFrom("a", "b", "c"), fc.nat(9))
    const tree = fc.array(row, { maxLength: 12 }).map((rows) => treeOf(...rows))
    fc.assert(fc.property(fc.array(tree, { maxLength: 4 }), fc.integer({ min: 1, max: 9 }), (trees, most) => {
      const all = Profile.merge(trees)
      const small = Profile.merge(trees, most)
      const time = sum(trees.flatMap(({ selfs }) => selfs))
      assert.strictEqual(sum(all.selfs), time)
      assert.strictEqual(sum(small.selfs), time)
      assert.isAtMost(small.parents.length, most)
      assert.deepStrictEqual(lines(Profile.merge([...trees].reverse())), lines(all))
      small.parents.forEach((parent, node) => assert.isBelow(parent, node))
    }))
  })
})

const frame = (functionName: string, url: string, lineNumber = 0) => ({ functionName, url, lineNumber })

/** Who calls whom: 1 root, 2 Node's, 3 Creel's, 4 the task's own, 5 what that calls, 6 idle, 7 garbage. */
const seen = (samples: ReadonlyArray<number>): Profile.CpuProfile => ({
  nodes: [
    { id: 1, callFrame: frame("(root)", "", -1), children: [2, 6, 7] },
    { id: 2, callFrame: frame("processTicks", "node:internal/queues"), children: [3] },
    { id: 3, callFrame: frame("pump", "file:///app/node_modules/creel/dist/runner.js"), children: [4] },
    { id: 4, callFrame: frame("", "file:///app/tasks.js", 9), children: [5] },
    { id: 5, callFrame: frame("update", "node:crypto", 4) },
    { id: 6, callFrame: frame("(idle)", "", -1) },
    { id: 7, callFrame: frame("(garbage collector)", "", -1) }
  ],
  startTime: 5000,
  endTime: 5000 + 10 * samples.length,
  samples,
  timeDeltas: samples.map((_, n) => n === 0 ? 0 : 10)
})

describe("what the engine saw", () => {
  it("belongs to the task that ran then, without what carries it", () => {
    const { idle, sampled, tree } = Profile.ofCpuProfile(seen([6, 4, 5, 5, 7, 3, 3]), {
      taskAt: (micros) => micros < 5010 || micros > 5055 ? "" : "hash",
      own: [],
      nodesMax: 100
    })
    assert.deepStrictEqual(lines(tree), [
      "/processTicks/pump: 10",
      "hash/(anonymous)/update: 20",
      "hash/(anonymous): 10",
      "hash/(around the task)/processTicks/pump: 10",
      "hash/(garbage collector): 10"
    ])
    assert.deepStrictEqual([sampled, idle], [70, 10])
    const own = tree.titles.findIndex((title) => tree.names[title] === "(anonymous)")
    assert.deepStrictEqual([tree.names[tree.files[own]!], tree.lines[own]], ["file:///app/tasks.js", 10])
  })

  it("is written for other programs, with all of its time", () => {
    const tree = treeOf([0, "hash", 1], [1, "digest", 20], [0, "", 3])
    const speedscope = JSON.parse(Profile.toSpeedscope(profileOf(tree), "night")) as {
      readonly shared: { readonly frames: ReadonlyArray<{ readonly name: string }> }
      readonly profiles: ReadonlyArray<
        { readonly samples: ReadonlyArray<ReadonlyArray<number>>; readonly weights: ReadonlyArray<number> }
      >
    }
    const [only] = speedscope.profiles
    const stacks = only!.samples.map((stack) => stack.map((node) => speedscope.shared.frames[node]!.name).join("/"))
    assert.deepStrictEqual(stacks, ["hash", "hash/digest", "(no task)"])
    assert.deepStrictEqual(only!.weights, [1, 20, 3])
    // Read again it is what it was, but for the names that V8 has for what has none.
    const written = JSON.parse(Profile.toCpuProfile(profileOf(tree))) as Profile.CpuProfile
    const again = Profile.ofCpuProfile(written, { taskAt: () => "again", own: [], nodesMax: 100 })
    assert.deepStrictEqual(lines(again.tree), ["again/(no task): 3", "again/hash/digest: 20", "again/hash: 1"])
  })
})

describe("which task runs", () => {
  it.live("is written down while somebody profiles, and by one of them at a time", () =>
    Effect.gen(function*() {
      const { onResume, onSuspend } = Supervisor.none
      const running = Profile.attribute()!
      assert.isUndefined(Profile.attribute())
      const times: Array<number> = []
      const at = Effect.sync(() => times.push(performance.now()))
      // Time must have passed between two that are compared.
      const later = Effect.iterate(performance.now(), {
        while: (now) => now === performance.now(),
        body: () => Effect.as(Effect.yieldNow(), performance.now())
      })
      const moment = Effect.zipRight(later, Effect.zipLeft(at, later))
      const as = (group: string) =>
        Effect.provideService(Task.Current, { group, key: "k", attempt: "1.1", worker: "w" })
      yield* moment
      yield* Effect.flatMap(Effect.fork(Effect.zipRight(Effect.yieldNow(), moment)).pipe(as("one")), (f) => f.await)
      yield* moment
      running.end()
      const taskAt = running.reader()
      assert.deepStrictEqual(times.map(taskAt), ["", "one", ""])
      assert.strictEqual(Supervisor.none.onResume, onResume)
      assert.strictEqual(Supervisor.none.onSuspend, onSuspend)
    }))
})

describe("Profile.take", () => {
  it.scoped("says what cannot be profiled, and why", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Profile.take())
      assert.strictEqual(error._tag, "NotProfiled")
      assert.match(error.message, /worker-0: fibers .* cannot be profiled/)
      const other = yield* Effect.flip(Profile.take({ worker: "nobody" }))
      assert.match(other.message, /no such worker/)
    }).pipe(Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(boom) }))))

  it.scoped("asks through any door", () =>
    Effect.gen(function*() {
      const { ask } = yield* Door.Door
      const asked: Array<unknown> = []
      const door = {
        ask: { ...ask, profile: (options: unknown) => Effect.sync(() => (asked.push(options), profileOf(treeOf()))) }
      } as Door.Service
      yield* Effect.exit(Effect.provideService(Profile.take({ duration: "2 seconds", worker: "w" }), Door.Door, door))
      assert.deepStrictEqual(asked, [{ millis: 2000, interval: 1000, worker: "w" }])
    }).pipe(Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(boom) }))))
})
