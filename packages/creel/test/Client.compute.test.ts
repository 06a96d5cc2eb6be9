import { assert, describe, it } from "@effect/vitest"
import { Client, Collection, type Future, FutureError, Graph, Task } from "creel"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { add, another, boom, gated, inc, on, onDoor, sum } from "./LocalCluster.fixture.js"
import { turn } from "./utils/turn.js"

class Point extends Schema.Class<Point>("Point")({ x: Schema.Number, at: Schema.Date }) {}

class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", { max: Schema.Number, at: Schema.DateFromSelf }) {}

const point = Task.sync("point", (x: number) => new Point({ x, at: new Date(x) }), { success: Point })
const shift = Task.make("shift", (p: Point) => Effect.succeed(new Point({ x: p.x + 1, at: p.at })), {
  args: [Point],
  success: Point
})
const checked = Task.make(
  "checked",
  (x: number) => x > 2 ? Effect.fail(new TooLarge({ max: 2, at: new Date(0) })) : Effect.succeed(x),
  { error: TooLarge }
)
const length = Task.sync("length", (x: { readonly length: number }) => x.length)

/** Counts its runs. */
const counted = () => {
  let runs = 0
  const task = Task.sync("counted", (x: number) => {
    runs++
    return x * 10
  })
  return { task, runs: () => runs }
}

const chain = (n: number, task: Task.Contract<[x: number], number, any> = inc) =>
  Graph.fromIterable(
    Array.from({ length: n }, (_, i) => [`c${i}`, Graph.callOf(task, [i === 0 ? 0 : Graph.ref(`c${i - 1}`)])] as const)
  )

/** What types do not know of a graph that was made when the program ran. */
const numbers = <E, R>(self: Effect.Effect<Graph.Futures, E, R>) =>
  self as Effect.Effect<Record<string, Future.Future<number>>, E, R>

const failureOf = (exit: Exit.Exit<unknown, unknown>): unknown => {
  assert(Exit.isFailure(exit))
  return Option.getOrThrow(Cause.failureOption(exit.cause))
}

const badGraph = <R>(effect: Effect.Effect<unknown, unknown, R>) =>
  Effect.map(Effect.flip(effect), (error) => {
    assert(error instanceof FutureError.SubmitError)
    assert.strictEqual(error.reason, "BadGraph")
    return error.message
  })

describe("Client.compute", () => {
  it.scoped("a graph: a record of futures for the keys that no other names", () =>
    Effect.gen(function*() {
      const graph = Graph.make({
        x: Graph.call(inc, 1),
        y: Graph.call(inc, Graph.ref("x")),
        total: Graph.call(add, Graph.ref("x"), Graph.ref("y")),
        alone: Graph.call(sum, [1, 2, 3])
      })
      const futures = yield* Client.compute(graph)
      assert.deepStrictEqual(Object.keys(futures), ["total", "alone"])
      assert.strictEqual(futures.total.key, "total")
      assert.strictEqual(yield* futures.total, 5)
      assert.strictEqual(yield* futures.alone, 6)
      const { x, y } = yield* Client.compute(graph, { outputs: ["x", "y"] })
      assert.deepStrictEqual([yield* x, yield* y], [2, 3])
    }).pipe(on({}, inc, add, sum)))

  it.scoped("refs anywhere in arrays and records; futures, values, aliases and what is held", () =>
    Effect.gen(function*() {
      const three = yield* Client.submit(inc, 2)
      const graph = Graph.make({
        one: Graph.value(1),
        held: Graph.held(three),
        other: Graph.alias("two"),
        two: Graph.call(inc, Graph.ref("one")),
        list: Graph.call(sum, [Graph.ref("one"), Graph.ref("other"), Graph.ref("held"), three, 10]),
        deep: Graph.call(
          (x: { readonly a: ReadonlyArray<number>; readonly b: { readonly c: number } }) => x.a[0]! * 100 + x.b.c,
          { a: [Graph.ref("list")], b: { c: Graph.ref("two") } }
        )
      })
      const all = yield* Client.compute(graph, { outputs: ["one", "held", "other", "two", "list", "deep"] })
      assert.deepStrictEqual(yield* Client.gather(all), { one: 1, held: 3, other: 2, two: 2, list: 19, deep: 1902 })
      assert.strictEqual(all.held.key, three.key)
    }).pipe(on({}, inc, sum)))

  it.scoped("a large value that several need is brought once; one with a Schema goes through it", () =>
    Effect.gen(function*() {
      const big = new Float64Array(5000).fill(2)
      const graph = Graph.make({
        big: Graph.value(big),
        a: Graph.call(length, Graph.ref("big")),
        b: Graph.call((xs: Float64Array) => xs[4999]!, Graph.ref("big")),
        p: Graph.value(new Point({ x: 1, at: new Date(1) })),
        q: Graph.call(shift, Graph.ref("p")),
        r: Graph.call(shift, Graph.ref("p"))
      })
      const { a, b, q, r } = yield* Client.compute(graph)
      assert.deepStrictEqual([yield* a, yield* b], [5000, 2])
      assert.deepStrictEqual(yield* q, new Point({ x: 2, at: new Date(1) }))
      assert.deepStrictEqual(yield* r, yield* q)
      const again = yield* Client.compute(graph, { outputs: ["big"] })
      assert.deepStrictEqual(yield* again.big, big)
    }).pipe(on({ workers: 2 }, length, shift)))

  it.scoped("a collection gives the future of its value, finished on the cluster", () =>
    Effect.gen(function*() {
      const table = Collection.make<number>({
        graph: Graph.make({ x: Graph.call(inc, 1), y: Graph.call(inc, 2) }),
        outputs: ["x", "y"],
        finish: { key: "sum", node: Graph.callOf(sum, [[Graph.ref("x"), Graph.ref("y")]]) }
      })
      const future: Future.Future<number> = yield* Client.compute(table)
      assert.strictEqual(yield* future, 5)
      const open = Collection.make<number>({ graph: Graph.make({ x: Graph.call(inc, 1) }), outputs: [] })
      assert.include(yield* badGraph(Client.compute(open)), "has one output, and this one has 0")
    }).pipe(on({}, inc, sum)))

  it.scoped("persist: the same collection on futures, and the work is not done again", () => {
    const { runs, task } = counted()
    return Effect.gen(function*() {
      const table = Collection.make<number>({
        graph: Graph.make({ x: Graph.call(task, 1), y: Graph.call(task, 2) }),
        outputs: ["x", "y"],
        finish: { key: "sum", node: Graph.callOf(sum, [[Graph.ref("x"), Graph.ref("y")]]) }
      })
      const here = yield* Client.persist(table)
      assert.strictEqual(yield* Effect.flatten(Client.compute(here)), 30)
      assert.strictEqual(yield* Effect.flatten(Client.compute(here)), 30)
      assert.strictEqual(runs(), 2)
    }).pipe(on({}, task, sum))
  })

  it.scoped("persist: a graph, of which some keys are there", () => {
    const { runs, task } = counted()
    return Effect.gen(function*() {
      const graph = Graph.make({ x: Graph.call(task, 1), y: Graph.call(inc, Graph.ref("x")) })
      const here = yield* Client.persist(graph, { outputs: ["x"] })
      assert.strictEqual(here.nodes.get("x")!._tag, "Held")
      assert.strictEqual(yield* (yield* Client.compute(here)).y, 11)
      assert.strictEqual(yield* (yield* Client.compute(here, { outputs: ["x"] })).x, 10)
      assert.strictEqual(runs(), 1)
    }).pipe(on({}, task, inc))
  })

  it.scoped("what is computed again while it is held is not done again, however it is optimised", () => {
    const { runs, task } = counted()
    return Effect.gen(function*() {
      const graph = () =>
        Graph.make({ x: Graph.call(task, 1), y: Graph.call(inc, Graph.ref("x")), z: Graph.call(inc, Graph.ref("y")) })
      const [first, second] = yield* Effect.all([Client.compute(graph()), Client.compute(graph(), { optimize: false })])
      assert.strictEqual(yield* first.z, 12)
      assert.strictEqual(yield* second.z, 12)
      assert.strictEqual(runs(), 1)
      assert.strictEqual(yield* (yield* Client.compute(graph())).z, 12)
      assert.strictEqual(runs(), 1)
    }).pipe(on({}, task, inc))
  })

  it.scoped("other work under a key that is held is refused, also where only what is behind it differs", () =>
    Effect.gen(function*() {
      const graph = (n: number) => Graph.make({ x: Graph.call(inc, n), y: Graph.call(inc, Graph.ref("x")) })
      const held = yield* Client.compute(graph(1))
      const error = yield* Effect.flip(Client.compute(graph(2)))
      assert(error instanceof FutureError.SubmitError)
      assert.strictEqual(error.reason, "DuplicateKey")
      assert.strictEqual(yield* held.y, 3)
      const scoped = Effect.scoped(Effect.flatMap(Client.compute(Graph.make({ z: Graph.call(inc, 1) })), (_) => _.z))
      assert.strictEqual(yield* scoped, 2)
      assert.strictEqual(yield* (yield* Client.compute(Graph.make({ z: Graph.call(inc, 10) }))).z, 11)
    }).pipe(on({}, inc)))

  it.scoped("keys are the client's own", () =>
    Effect.gen(function*() {
      const other = yield* another("other")
      const graph = (n: number) => Graph.make({ x: Graph.call(inc, n) })
      const mine = yield* Client.compute(graph(1))
      const theirs = yield* other.compute(graph(2))
      assert.deepStrictEqual([yield* mine.x, yield* theirs.x], [2, 3])
    }).pipe(onDoor({}, inc)))

  it.scoped("a circle, a key that is not there and what is no graph are told by name", () =>
    Effect.gen(function*() {
      const circle = Graph.fromIterable([
        ["a", Graph.callOf(inc, [Graph.ref("b")])],
        ["b", Graph.callOf(inc, [Graph.ref("a")])],
        ["c", Graph.callOf(inc, [Graph.ref("a")])]
      ])
      assert.include(yield* badGraph(Client.compute(circle)), `circle of 2: "a" -> "b" -> "a"`)
      // No output leads there: it would be nobody's.
      const alone = Graph.fromIterable([
        ["x", Graph.callOf(inc, [1])],
        ["a", Graph.alias("b")],
        ["b", Graph.alias("a")]
      ])
      assert.include(yield* badGraph(Client.compute(alone)), "circle of 2")
      const itself = Graph.fromIterable([["a", Graph.callOf(inc, [Graph.ref("a")])]])
      assert.include(yield* badGraph(Client.compute(itself)), `circle of 1: "a" -> "a"`)
      const asked = yield* numbers(Client.compute(alone, { outputs: ["x"] }))
      assert.strictEqual(yield* asked.x!, 2)
      const missing = Graph.fromIterable([["a", Graph.callOf(inc, [Graph.ref("nowhere")])]])
      assert.include(yield* badGraph(Client.compute(missing)), `names "nowhere"`)
      assert.include(
        yield* badGraph(Client.compute(missing, { outputs: ["gone"] })),
        `no node "gone"`
      )
      assert.include(yield* badGraph(Client.compute(17 as unknown as Graph.Graph)), "neither a graph nor a collection")
    }).pipe(on({}, inc)))

  it.scoped("what is wrong with a node is told, and nothing has begun", () => {
    const { runs, task } = counted()
    return Effect.gen(function*() {
      const captured = 3
      const bad = Graph.make({ x: Graph.call(task, 1), y: Graph.call((x: number) => x + captured, Graph.ref("x")) })
      const refused = yield* Effect.flip(Client.compute(bad))
      assert(refused instanceof FutureError.SubmitError)
      assert.deepStrictEqual(refused.captured, ["captured"])
      const odd = Graph.make({ x: Graph.call(task, 1), y: Graph.call(length, [Graph.ref("x"), Symbol("no")]) })
      const cannot = yield* Effect.flip(Client.compute(odd))
      assert(cannot instanceof FutureError.SubmitError)
      assert.strictEqual(cannot.reason, "NotEncodable")
      assert.strictEqual(cannot.path, "args[0][1]")
      assert.strictEqual(runs(), 0)
    }).pipe(on({}, task, length))
  })

  it.scoped("errors are the instances of their classes, at the node and behind it", () =>
    Effect.gen(function*() {
      const graph = Graph.make({
        a: Graph.call(checked, 3),
        b: Graph.call(inc, Graph.ref("a")),
        c: Graph.call(boom, "why"),
        d: Graph.call(inc, 1)
      })
      const { b, c, d } = yield* Client.compute(graph)
      const error = failureOf(yield* Effect.exit(b))
      assert(error instanceof TooLarge)
      assert(error.at instanceof Date)
      assert.strictEqual(failureOf(yield* Effect.exit(c)), "why")
      assert.strictEqual(yield* d, 2)
    }).pipe(on({}, checked, inc, boom)))

  it.scoped("options are for all of it, and what a task says goes over them", () =>
    Effect.gen(function*() {
      const bad = yield* Effect.flip(Client.compute(Graph.make({ x: Graph.call(inc, 1) }), { priority: NaN }))
      assert(bad instanceof FutureError.SubmitError)
      assert.strictEqual(bad.reason, "BadOption")
      const elsewhere = inc.pipe(Task.with({ allowOtherWorkers: true }))
      const graph = Graph.make({ x: Graph.call(inc, 1), y: Graph.call(elsewhere, 1) })
      const { x, y } = yield* Client.compute(graph, { workers: "nowhere" })
      assert.strictEqual(yield* y, 2)
      assert.strictEqual(x.status, "pending")
    }).pipe(on({}, inc)))

  it.scoped("only outputs are held: what lies between is dropped", () =>
    Effect.gen(function*() {
      const { c99 } = yield* numbers(Client.compute(chain(100), { optimize: false }))
      assert.strictEqual(yield* c99!, 100)
      const kept = Object.values(yield* Client.hasWhat).flat()
      assert.isAtMost(kept.length, 1)
    }).pipe(on({}, inc)))

  it.scoped("a graph of many batches loses nothing on its way, and holds nothing afterwards", () =>
    Effect.gen(function*() {
      const width = 300
      const nodes: Array<readonly [string, Graph.Node]> = []
      for (let i = 0; i < width; i++) nodes.push([`a${i}`, Graph.callOf(inc, [i])])
      for (let i = 0; i < width; i++) nodes.push([`b${i}`, Graph.callOf(add, [Graph.ref(`a${i}`), Graph.ref("a0")])])
      nodes.push(["total", Graph.callOf(sum, [Array.from({ length: width }, (_, i) => Graph.ref(`b${i}`))])])
      const { total } = yield* numbers(
        Client.compute(Graph.fromIterable(nodes), { optimize: false }).pipe(
          Client.withOptions({ batchSize: 7 })
        )
      )
      assert.strictEqual(yield* total!, width * (width - 1) / 2 + 2 * width)
      assert.isAtMost(Object.values(yield* Client.hasWhat).flat().length, 1)
    }).pipe(on({ workers: 2 }, inc, add, sum)))

  it.scoped("interrupted between two batches it leaves nothing behind", () => {
    const { task } = gated()
    return Effect.gen(function*() {
      const fiber = yield* Effect.fork(
        Effect.zipRight(Client.compute(chain(5000, task), { optimize: false }), Effect.never).pipe(
          Client.withOptions({ batchSize: 1 })
        )
      )
      // A batch a turn: it has begun, and has a long way to go.
      yield* Effect.zipRight(turn, turn)
      yield* Fiber.interrupt(fiber)
      // Its keys stand for nothing any more.
      const { c9 } = yield* numbers(Client.compute(chain(10)))
      assert.strictEqual(yield* c9!, 10)
    }).pipe(on({}, task, inc))
  })

  it.scoped("from inside tasks: the keys are each attempt's own, and what is computed ends with it", () => {
    const { runs, task } = counted()
    const outer = Task.make("outer", function*(n: number) {
      const graph = Graph.make({ x: Graph.call(task, n), y: Graph.call(add, Graph.ref("x"), 5) })
      const { y } = yield* Client.compute(graph)
      const again = yield* Client.compute(graph)
      assert.strictEqual(y.key, "y")
      return (yield* y) + (yield* again.y)
    })
    return Effect.gen(function*() {
      const all = yield* Client.map(outer, [1, 2, 3])
      assert.deepStrictEqual(yield* Client.gather(all), [30, 50, 70])
      assert.strictEqual(runs(), 3)
    }).pipe(on({}, task, add, outer))
  })

  it.scoped("through the service too", () =>
    Effect.gen(function*() {
      const client = yield* Client.Client
      const { x } = yield* client.compute(Graph.make({ x: Graph.call(inc, 1) }))
      assert.strictEqual(yield* x, 2)
      const found = Collection.make<number, never, never>({
        graph: Effect.map(Client.run(inc, 5), (n) => Graph.make({ y: Graph.call(inc, n) })) as any,
        outputs: ["y"]
      })
      assert.strictEqual(yield* Effect.flatten(client.compute(found)), 7)
      assert.strictEqual(yield* Effect.flatten(client.compute(yield* client.persist(found))), 7)
    }).pipe(on({}, inc)))

  describe("fused nodes", () => {
    const step = (key: string, task: Graph.Call["task"], ...args: ReadonlyArray<unknown>) => ({
      key,
      call: Graph.callOf(task, args)
    })
    const fused = (...steps: ReadonlyArray<Graph.Fused["steps"][number]>): Graph.Fused => ({ _tag: "Fused", steps })
    const run = (nodes: Record<string, Graph.Node>, key: string) =>
      Effect.map(
        Client.compute(Graph.fromIterable(Object.entries(nodes)), { outputs: [key] }),
        (futures) => futures[key]!
      )

    it.scoped("run as one task, tasks of all kinds and plain functions, with inputs from outside", () =>
      Effect.gen(function*() {
        const future = yield* run({
          o: Graph.callOf(inc, [1]),
          z: fused(
            step("x", inc, Graph.ref("o")),
            step("y", add, Graph.ref("x"), Graph.ref("o")),
            step("p", (a: number, bs: ReadonlyArray<number>) => a + bs.length, Graph.ref("y"), [Graph.ref("x"), 5]),
            step("z", sum, [Graph.ref("p"), Graph.ref("p"), 100])
          )
        }, "z")
        // o = 2, x = 3, y = 5, p = 7, z = 114
        assert.strictEqual(yield* future, 114)
      }).pipe(on({}, inc, add, sum)))

    it.scoped("values and results go by the Schemas of their steps", () =>
      Effect.gen(function*() {
        const p = yield* run({ b: fused(step("a", point, 1), step("b", shift, Graph.ref("a"))) }, "b")
        assert.deepStrictEqual(yield* p, new Point({ x: 2, at: new Date(1) }))
        const on = yield* run({ d: fused(step("c", shift, p), step("d", shift, Graph.ref("c"))) }, "d")
        assert.deepStrictEqual(yield* on, new Point({ x: 4, at: new Date(1) }))
      }).pipe(on({}, point, shift)))

    it.scoped("errors go by the Schema of the step that failed; the others do not begin", () => {
      const { runs, task } = counted()
      return Effect.gen(function*() {
        const future = yield* run({ z: fused(step("a", checked, 3), step("z", task, Graph.ref("a"))) }, "z")
        const error = failureOf(yield* Effect.exit(future))
        assert(error instanceof TooLarge)
        assert(error.at instanceof Date)
        assert.strictEqual(runs(), 0)
        const last = yield* run({ y: fused(step("b", inc, 3), step("y", boom, "why")) }, "y")
        assert.strictEqual(failureOf(yield* Effect.exit(last)), "why")
      }).pipe(on({}, checked, task, inc, boom))
    })

    it.scoped("large arguments and buffers", () =>
      Effect.gen(function*() {
        const bytes = new Uint8Array(5000).fill(7)
        const future = yield* run({
          z: fused(
            step("a", (xs: Uint8Array) => xs.map((x) => x + 1), bytes),
            step(
              "z",
              (xs: Uint8Array, more: ReadonlyArray<Uint8Array>) => xs[4999]! + more[0]!.length,
              Graph.ref("a"),
              [
                bytes.subarray(10, 20)
              ]
            )
          )
        }, "z")
        assert.strictEqual(yield* future, 18)
      }).pipe(on({})))

    it.scoped("their group is named after the steps", () =>
      Effect.gen(function*() {
        const future = yield* run({
          z: fused(step("a", inc, 1), step("b", inc, Graph.ref("a")), step("z", sum, [Graph.ref("b")]))
        }, "z")
        assert.strictEqual(yield* future, 3)
        const groups = yield* Stream.runHead(Client.progress([future] as ReadonlyArray<any>))
        assert.deepStrictEqual(Option.getOrThrow(groups).map((group) => group.group), ["inc-sum"])
      }).pipe(on({}, inc, sum)))
  })
})
