import { Picture } from "@creel/collections"
import { assert, describe, it } from "@effect/vitest"
import { Client, type Future, Graph, LocalCluster, Task, TaskGroup } from "creel"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"

const inc = Task.sync("inc", (x: number) => x + 1)
const add = Task.sync("add", (x: number, y: number) => x + y)
const boom = Task.make("boom", (_: number) => Effect.fail("no" as const))

/** A task that runs until it is let go. */
const gated = () => {
  const gate = Deferred.unsafeMake<void>(0 as never)
  const started = Deferred.unsafeMake<void>(0 as never)
  const task = Task.make(
    "gated",
    (x: number) => Deferred.succeed(started, undefined).pipe(Effect.zipRight(Deferred.await(gate)), Effect.as(x))
  )
  return { task, open: Deferred.succeed(gate, undefined), started: Deferred.await(started) }
}

/** Each node under its own name, as a graph is submitted. */
const submitted = (graph: Graph.Graph.Any) =>
  Effect.gen(function*() {
    const futures = new Map<string, Future.Future<unknown, unknown>>()
    for (const [key, node] of graph.nodes) {
      if (node._tag !== "Call") continue
      const call = Graph.mapRefs(node, (ref) => futures.get(ref.key)) as Graph.Call
      const task = (call.task as Task.Contract.Any).pipe(Task.with({ key }))
      futures.set(key, yield* Client.submit(task, ...call.args))
    }
    return futures
  })

describe("record", () => {
  it.scoped("knows where each task ran and for how long, and what its end was", () =>
    Effect.gen(function*() {
      const graph = Graph.fromIterable([
        ["x", Graph.call(inc, 1)],
        ["total", Graph.callOf(add, [Graph.ref("x"), 10])],
        ["wrong", Graph.call(boom, 1)]
      ])
      const futures = yield* submitted(graph)
      yield* Client.wait(futures.values())
      const run = yield* Picture.record(graph)
      assert.deepStrictEqual([...run.tasks.keys()].sort(), ["total", "wrong", "x"])
      for (const key of ["x", "total"]) {
        const { ended, started, state, worker } = run.tasks.get(key)!
        assert.strictEqual(state, "done")
        assert.isAtLeast(ended! - started!, 0)
        assert.match(worker!, /^worker-[01]$/)
      }
      assert.strictEqual(run.tasks.get("wrong")!.state, "failed")
      const svg = yield* Picture.visualize(graph, { run, color: "time" })
      assert.match(svg, /class="box s\d"/)
      assert.match(svg, /on worker-\d/)
    }).pipe(Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(inc, add, boom), workers: 2 }))))

  it.scoped("sees a run half-way: done, running, waiting", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const graph = Graph.fromIterable([
          ["first", Graph.call(inc, 1)],
          ["slow", Graph.callOf(task, [Graph.ref("first")])],
          ["last", Graph.callOf(inc, [Graph.ref("slow")])]
        ])
        const futures = yield* submitted(graph)
        yield* started
        const run = yield* Picture.record(graph)
        assert.strictEqual(run.tasks.get("first")!.state, "done")
        // That it has started is told a moment later.
        assert.include(["assigned", "running"], run.tasks.get("slow")!.state)
        assert.strictEqual(run.tasks.get("slow")!.worker, "worker-0")
        assert.include(["waiting", "assigned"], run.tasks.get("last")!.state)
        yield* open
        yield* Client.wait(futures.values())
      }).pipe(Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(inc, task) })))
    }))

  it.scoped("still knows what was released, and nothing of what was never submitted", () =>
    Effect.gen(function*() {
      const graph = Graph.fromIterable([["x", Graph.call(inc, 1)]])
      yield* Effect.scoped(Effect.flatMap(submitted(graph), (futures) => Client.wait(futures.values())))
      assert.strictEqual((yield* Picture.record(graph)).tasks.get("x")!.state, "done")
      const other = Graph.fromIterable([["y", Graph.call(inc, 1)]])
      assert.strictEqual((yield* Picture.record(other)).tasks.size, 0)
    }).pipe(Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(inc) }))))
})
