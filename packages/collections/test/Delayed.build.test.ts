import { Delayed } from "@creel/collections"
import { once } from "@creel/collections/delayed/build"
import * as internal from "@creel/collections/delayed/delayed"
import * as Id from "@creel/core/Id"
import { assert, describe, it } from "@effect/vitest"
import { type Client, Collection, Graph, Task } from "creel"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

const inc = Task.sync("inc", (x: number) => x + 1, { pure: true })
const fresh = Task.sync("fresh", (x: number) => x + 1)
const add = Task.sync("add", (x: number, y: number) => x + y)
const total = Task.sync("total", (o: { readonly xs: ReadonlyArray<number> }) => o.xs.reduce((a, b) => a + b, 0))

/** Building asks nothing of the client unless a source does. */
const build = <A, E, R>(
  collection: Collection.Collection<A, E, R>
): Effect.Effect<Collection.Built> => collection[Collection.TypeId].build as Effect.Effect<Collection.Built>

const argsOf = (node: Graph.Node | undefined): ReadonlyArray<unknown> => {
  assert(node?._tag === "Call")
  return node.args
}

describe("Delayed.make", () => {
  it("gives pure calls equal keys for equal arguments, and others a key each", () => {
    const lazy = Delayed.make(inc)
    assert.strictEqual(lazy(1).key, lazy(1).key)
    assert.notStrictEqual(lazy(1).key, lazy(2).key)
    assert.strictEqual(lazy(lazy(1)).key, lazy(lazy(1)).key)
    assert.notStrictEqual(lazy(lazy(1)).key, lazy(lazy(2)).key)
    const other = Delayed.make(fresh)
    assert.notStrictEqual(other(1).key, other(1).key)
    assert.match(lazy(1).key, /^inc-[0-9a-z]{32}$/)
  })

  it("has a pure plain function where that is said, and its text counts", () => {
    const a = Delayed.make((x: number) => x + 1, { pure: true })
    const b = Delayed.make((x: number) => x + 2, { pure: true })
    assert.strictEqual(a(1).key, a(1).key)
    assert.notStrictEqual(a(1).key, b(1).key)
  })

  it("puts refs where lazy values stood, and leaves what holds none as it is", () => {
    const x = Delayed.make(fresh)(1)
    const plain = { deep: [1, 2] }
    const node = Delayed.make(Task.sync("t", (_: unknown, __: unknown) => 0))({ a: [x, { b: x }] }, plain).node
    const [first, second] = argsOf(node)
    assert.deepStrictEqual(first, { a: [Graph.ref(x.key), { b: Graph.ref(x.key) }] })
    assert.strictEqual(second, plain)
  })

  it("keeps cycles, holes and shared parts of what it copies", () => {
    const x = Delayed.make(fresh)(1)
    const shared = [x]

    const given: Record<string, unknown> = { shared, again: shared, holes: [1, , x] }
    given["self"] = given
    const [copy] = argsOf(Delayed.make(Task.sync("t", (_: unknown) => 0))(given).node) as [any]
    assert.notStrictEqual(copy, given)
    assert.strictEqual(copy.self, copy)
    assert.strictEqual(copy.shared, copy.again)
    assert.strictEqual(copy.holes.length, 3)
    assert.isFalse(1 in copy.holes)
    assert.strictEqual(given["self"], given)
    assert.strictEqual(shared[0], x)
  })

  it("does not throw for what cannot cross: that is found when it is submitted", () => {
    const lazy = Delayed.make(Task.sync("any", (_: unknown) => 0, { pure: true }))(new (class Odd {})())
    assert.match(lazy.key, /^any-/)
  })
})

describe("build", () => {
  it.effect("has each node once, however often it is used", () =>
    Effect.gen(function*() {
      const x = Delayed.make(inc)(1)
      const sum = Delayed.make(add)(x, Delayed.make(inc)(1))
      const { graph, outputs } = yield* build(sum)
      assert.deepStrictEqual(outputs, [sum.key])
      assert.deepStrictEqual(Array.from(graph.nodes.keys()).sort(), [sum.key, x.key].sort())
    }))

  it.effect("walks a chain of 100,000 and a fan of 100,000", () =>
    Effect.gen(function*() {
      const lazy = Delayed.make(fresh)
      let chain: Delayed.Delayed<number> = lazy(0)
      for (let i = 1; i < 100_000; i++) chain = lazy(chain)
      assert.strictEqual((yield* build(chain)).graph.nodes.size, 100_000)
      const fan = Delayed.make(total)({ xs: Array.from({ length: 100_000 }, (_, i) => lazy(i)) })
      assert.strictEqual((yield* build(fan)).graph.nodes.size, 100_001)
    }))

  it.effect("finds out what is later once, and again for each build", () =>
    Effect.gen(function*() {
      let runs = 0
      const later = internal.later(
        "source",
        Effect.sync(() => {
          runs++
          return Delayed.make(inc)(1)
        })
      )
      const sum = Delayed.make(add)(later, Delayed.make(fresh)(later))
      const { graph } = yield* build(sum)
      assert.strictEqual(runs, 1)
      assert.deepStrictEqual(graph.nodes.get("source"), { _tag: "Alias", of: Delayed.make(inc)(1).key })
      assert.strictEqual(graph.nodes.size, 4)
      yield* build(sum)
      assert.strictEqual(runs, 2)
    }))

  it.effect("shares what several lazy values stand on, within a build", () =>
    Effect.gen(function*() {
      let runs = 0
      const parts: Effect.Effect<ReadonlyArray<Delayed.Delayed<number>>, never, Client.Client | Scope.Scope> = Effect
        .sync(() => {
          runs++
          return [Delayed.make(fresh)(1), Delayed.make(fresh)(2)]
        })
      const at = (i: number) => internal.later(`part-${i}`, Effect.map(once(parts), (all) => all[i]!))
      const { graph } = yield* build(Delayed.make(add)(at(0), at(1)))
      assert.strictEqual(runs, 1)
      assert.strictEqual(graph.nodes.size, 5)
    }))

  it.effect("merges the graphs of other collections", () =>
    Effect.gen(function*() {
      const other: Collection.Collection<ReadonlyArray<number>> = {
        [Collection.TypeId]: {
          _A: (_) => _,
          _E: (_) => _,
          build: Effect.succeed({
            graph: { nodes: new Map([["a", Graph.call(inc, 1)], ["b", Graph.call(inc, 2)]]) },
            outputs: ["a", "b"],
            finish: { key: "all", node: Graph.call(add, Graph.ref("a"), Graph.ref("b")) },
            optimize: undefined
          }),
          rebuild: () => other
        }
      }
      const sum = Delayed.make(total)({ xs: other })
      const again = Delayed.make(total)({ xs: other })
      const { graph } = yield* build(Delayed.make(add)(sum, again))
      assert.strictEqual(graph.nodes.size, 3 + 1 + 2 + 1)
      const [ref] = sum.needs
      assert.deepStrictEqual(graph.nodes.get(ref!.key), { _tag: "Alias", of: "all" })
    }))

  it.effect("rebuilds to itself, standing on what it is given", () =>
    Effect.gen(function*() {
      const x = Delayed.make(add)(1, 2)
      const node: Graph.Node = { _tag: "Value", value: 3 }
      const rebuilt = x[Collection.TypeId].rebuild([{ key: x.key, node }])
      assert.isTrue(Delayed.isDelayed(rebuilt))
      const { graph, outputs } = yield* build(rebuilt)
      assert.deepStrictEqual(Array.from(graph.nodes), [[x.key, node]])
      assert.deepStrictEqual(outputs, [x.key])
    }))
})

describe("keys of lazy values", () => {
  it("say their numbers, one after the other, whatever their names are", () => {
    const numbers = ["inc", "a-b", ""].map((name) => Id.numberIn(`${internal.freshKey(name)}~a1b2c3`))
    assert.isAbove(numbers[0]!, 0)
    assert.deepStrictEqual(numbers, [numbers[0]!, numbers[0]! + 1, numbers[0]! + 2])
  })
})
