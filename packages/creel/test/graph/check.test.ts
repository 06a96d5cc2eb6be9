import { assert, describe, it } from "@effect/vitest"
import { Graph, Task } from "creel"
import { Either } from "effect"

const inc = Task.sync("inc", (x: number) => x + 1)
const { call, ref } = Graph
const at = (key: string) => ref<number, never>(key)

const chain = (length: number, first: Graph.Node = call(inc, 0)) =>
  Graph.fromIterable(
    Array.from({ length }, (_, i) => [`x${i}`, i === 0 ? first : call(inc, at(`x${i - 1}`))] as const).reverse()
  )

const error = (graph: Graph.Graph, keep?: ReadonlyArray<string>) =>
  Either.getOrThrowWith(Either.flip(Graph.check(graph, keep)), () => new Error("nothing was found wrong"))

describe("check", () => {
  it("gives the graph back", () => {
    const graph = Graph.make({ x: call(inc, 1), y: Graph.alias("x"), z: Graph.value(1) })
    assert.strictEqual(Either.getOrThrow(Graph.check(graph)), graph)
    assert.isTrue(Either.isRight(Graph.check(chain(100_000))))
  })

  it("says who names what is missing", () => {
    const wrong = error(Graph.fromIterable([["x", call(inc, 1)], ["y", call(inc, at("nowhere"))]]))
    assert.strictEqual(wrong.reason, "MissingKey")
    assert.deepStrictEqual(wrong.keys, ["y", "nowhere"])
    assert.include(wrong.message, "node \"y\" names \"nowhere\"")
    const asked = error(chain(1), ["x0", "other"])
    assert.deepStrictEqual(asked.keys, ["other"])
    assert.include(asked.message, "no node \"other\"")
  })

  it("names the whole circle, and no more", () => {
    const wrong = error(Graph.fromIterable([
      ["in", call(inc, at("a"))],
      ["a", call(inc, at("b"))],
      ["b", Graph.alias("c")],
      ["c", call((xs: ReadonlyArray<number>) => xs[0], [1, at("a"), at("out")])],
      ["out", call(inc, 1)]
    ]))
    assert.strictEqual(wrong.reason, "Circle")
    assert.deepStrictEqual(wrong.keys, ["a", "b", "c"])
    assert.include(wrong.message, "\"a\" -> \"b\" -> \"c\" -> \"a\"")
    assert.deepStrictEqual(error(Graph.fromIterable([["a", call(inc, at("a"))]])).keys, ["a"])
    const long = error(chain(100_000, call(inc, at("x99999"))))
    assert.strictEqual(long.keys.length, 100_000)
    assert.isBelow(long.message.length, 1000)
  })
})

describe("cull", () => {
  it("keeps what is needed, in its order", () => {
    const graph = Graph.make({
      a: call(inc, 1),
      b: call(inc, ref("a")),
      c: call(inc, ref("a")),
      d: call(inc, ref("b")),
      e: Graph.alias("d")
    })
    assert.deepStrictEqual([...Graph.cull(graph, ["d"]).nodes.keys()], ["a", "b", "d"])
    assert.deepStrictEqual([...Graph.cull(graph, ["e"]).nodes.keys()], ["a", "b", "d", "e"])
    assert.deepStrictEqual([...Graph.cull(graph, []).nodes.keys()], [])
    assert.deepStrictEqual([...Graph.cull(["c"])(graph).nodes.keys()], ["a", "c"])
    assert.strictEqual(Graph.cull(graph, ["c", "e", "nowhere"]).nodes.size, 5)
    assert.strictEqual(Graph.cull(chain(100_000), ["x99998"]).nodes.size, 99_999)
  })
})

describe("merge", () => {
  it("takes the later, but never work for what is there", () => {
    const one = call(inc, 1)
    const two = call(inc, 2)
    const held = Graph.held({ key: "x" } as never)
    const merged = Graph.merge(
      Graph.make({ x: one, y: held, z: one }),
      Graph.make({ x: two, y: two }),
      Graph.make({ z: held })
    )
    assert.deepStrictEqual([...merged.nodes], [["x", two], ["y", held], ["z", held]])
    const again = Graph.held({ key: "again" } as never)
    assert.strictEqual(Graph.merge(merged, Graph.make({ y: again })).nodes.get("y"), again)
  })
})

describe("outputs", () => {
  it("are the keys that nobody names", () => {
    assert.deepStrictEqual(Graph.outputs(Graph.make({ a: call(inc, 1), b: call(inc, ref("a")), c: call(inc, 1) })), [
      "b",
      "c"
    ])
  })
})
