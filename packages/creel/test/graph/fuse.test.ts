import { assert, describe, it } from "@effect/vitest"
import { Graph, Task } from "creel"
import { Schedule } from "effect"
import { node } from "../utils/graphs.js"

const f = node("f")
const calling = (task: Graph.Call["task"]) => (...needs: ReadonlyArray<string>) =>
  Graph.callOf(task, needs.map((key) => Graph.ref(key)))
const call = calling(f)

type Nodes = { readonly [key: string]: Graph.Node }

const graphOf = (nodes: Nodes) => Graph.fromIterable(Object.entries(nodes))

/** Each node with the steps that are in it. */
const steps = (graph: Graph.Graph): { readonly [key: string]: string } =>
  Object.fromEntries(
    Array.from(graph.nodes, ([key, node]) => [key, node._tag === "Fused" ? node.steps.map((s) => s.key).join("") : key])
  )

const fused = (nodes: Nodes, keep: string, options?: Graph.FuseOptions) =>
  steps(Graph.fuse(graphOf(nodes), keep, options))

describe("fuse", () => {
  it("makes one node of a chain, and leaves what is kept or used by others", () => {
    const chain = { a: call(), b: call("a"), c: call("b"), d: call("c") }
    assert.deepStrictEqual(fused(chain, "d"), { d: "abcd" })
    assert.deepStrictEqual(fused(chain, "bd"), { b: "ab", d: "cd" })
    assert.deepStrictEqual(fused({ ...chain, e: call("b") }, "de"), { b: "ab", d: "cd", e: "e" })
    assert.deepStrictEqual(fused({ ...chain, e: Graph.alias("b") }, "de"), { b: "ab", d: "cd", e: "e" })
    assert.deepStrictEqual(fused(chain, "d", { maxHeight: 2 }), { b: "ab", d: "cd" })
    assert.deepStrictEqual(fused(chain, "d", { when: (_, into) => into.args.length > 5 }), {
      a: "a",
      b: "b",
      c: "c",
      d: "d"
    })
  })

  it("goes on across fused nodes", () => {
    const once = Graph.fuse(graphOf({ a: call(), b: call("a"), c: call("b"), d: call("c") }), ["b", "d"])
    assert.deepStrictEqual(steps(Graph.fuse(once, ["d"])), { d: "abcd" })
  })

  it("does not put in a row what could run side by side, unless it is told to", () => {
    const two = { a: call(), b: call("a"), c: call(), d: call("c"), e: call("b", "d") }
    assert.deepStrictEqual(fused(two, "e"), { b: "ab", d: "cd", e: "e" })
    assert.deepStrictEqual(fused(two, "e", { aveWidth: 2 }), { e: "abcde" })
    assert.deepStrictEqual(fused(two, "e", { aveWidth: 2, maxWidth: 1 }), { b: "ab", d: "cd", e: "e" })
    assert.deepStrictEqual(fused(two, "e", { aveWidth: 2, maxHeight: 2 }), { b: "ab", d: "cd", e: "e" })
    const wide = Object.fromEntries(Array.from("abcdefgh", (key) => [key, call()]))
    assert.strictEqual(Object.keys(fused({ ...wide, z: call(..."abcdefgh") }, "z", { aveWidth: 4 })).length, 9)
    assert.strictEqual(Object.keys(fused({ ...wide, z: call(..."abcdefgh") }, "z", { aveWidth: 5 })).length, 1)
  })

  it("makes nothing wait for what it does not need", () => {
    const model = { m: call(), x: call(), y: call("x", "m"), other: call("m") }
    assert.deepStrictEqual(fused(model, ["y", "other"].join("")), { m: "m", x: "x", y: "y", other: "other" })
    // What waits for it anyway waits no longer; a value is there already.
    assert.deepStrictEqual(fused({ m: call(), x: call("m"), y: call("x", "m") }, "y"), { m: "m", y: "xy" })
    const v = Graph.value(new Array(1000).fill(0))
    assert.deepStrictEqual(fused({ v, x: call(), y: call("x", "v") }, "y"), { v: "v", y: "xy" })
    const held = Graph.held({} as never)
    assert.deepStrictEqual(fused({ v: held, x: call(), y: call("x", "v") }, "y"), { v: "v", x: "x", y: "y" })
  })

  it("keeps calls apart that ask for different things", () => {
    const pair = (one: Task.Contract.Any, two: Task.Contract.Any) =>
      Object.keys(fused({ a: calling(one)(), b: calling(two)("a") }, "b")).length
    const g = node("g")
    const asks = (options: Task.SubmitOptions) => Task.with(g, options)
    assert.strictEqual(pair(f, g), 1)
    for (
      const options of [{ workers: "a" }, { resources: { gpu: 1 } }, { priority: 1 }] satisfies Array<
        Task.SubmitOptions
      >
    ) {
      assert.strictEqual(pair(f, asks(options)), 2)
      assert.strictEqual(pair(asks(options), f), 2)
      assert.strictEqual(pair(asks(options), asks(options)), 1)
    }
    assert.strictEqual(pair(asks({ workers: ["a", "b"] }), asks({ workers: ["b", "a"] })), 1)
    assert.strictEqual(pair(asks({ workers: "a" }), asks({ workers: "a", allowOtherWorkers: true })), 2)
    assert.strictEqual(pair(f, node("h", { slots: 4 })), 2)
    assert.strictEqual(pair(f, node("h", { slots: "cpu" })), 1)
    // Said of one task alone.
    for (const options of [{ key: "k" }, { timeout: 1 }, { retry: { times: 1 } }] satisfies Array<Task.SubmitOptions>) {
      assert.strictEqual(pair(f, asks(options)), 2)
      assert.strictEqual(pair(asks(options), asks(options)), 2)
    }
    const tried = Task.sync("tried", () => 1, { retry: { schedule: Schedule.recurs(3) } })
    assert.strictEqual(pair(tried, tried), 2)
    assert.strictEqual(pair(f, tried), 2)
  })

  it("leaves alone what was fused by hand of calls that ask for different things", () => {
    const by = (first: Graph.Node): Graph.Fused => {
      assert(first._tag === "Call")
      return { _tag: "Fused", steps: [{ key: "x", call: first }, { key: "b", call: call("x", "a") }] }
    }
    const timed = calling(Task.with(f, { timeout: 1 }))
    assert.deepStrictEqual(fused({ a: call(), b: by(call()), c: call("b") }, "c"), { c: "axbc" })
    assert.deepStrictEqual(fused({ a: call(), b: by(timed()), c: call("b") }, "c"), { a: "a", b: "xb", c: "c" })
  })

  it("takes plain functions with tasks of their kind", () => {
    const plain = (x: number) => x + 1
    const waits = async (x: number) => x + 1
    const pair = (one: Graph.Call["task"], two: Graph.Call["task"]) =>
      Object.keys(fused({ a: calling(one)(), b: calling(two)("a") }, "b")).length
    assert.strictEqual(pair(plain, plain), 1)
    assert.strictEqual(pair(plain, f), 1)
    assert.strictEqual(pair(waits, waits), 1)
    assert.strictEqual(pair(waits, plain), 2)
  })

  it("takes what is long, and says what is long enough", () => {
    const long = Graph.fromIterable(
      Array.from({ length: 100_000 }, (_, i) => [`${i}`, i === 0 ? call() : call(`${i - 1}`)] as const)
    )
    assert.strictEqual(Graph.fuse(long, ["99999"]).nodes.size, 1000)
    assert.strictEqual(Graph.fuse(long, ["99999"], { maxHeight: Infinity }).nodes.size, 1)
  })
})

describe("inline", () => {
  const inlined = (nodes: Nodes, options?: Graph.InlineOptions) => steps(Graph.inline(graphOf(nodes), options))
  const args = (graph: Graph.Graph, key: string) => {
    const node = graph.nodes.get(key)
    assert(node?._tag === "Call")
    return node.args
  }

  it("follows aliases, and puts small values in their places", () => {
    const graph = Graph.inline(graphOf({
      a: call(),
      b: Graph.alias("a"),
      c: Graph.alias("b"),
      v: Graph.value({ x: [undefined] }),
      w: Graph.alias("v"),
      none: Graph.value(undefined),
      d: call("a", "b", "c", "v", "w", "none")
    }))
    const a = Graph.ref("a")
    assert.deepStrictEqual(args(graph, "d"), [a, a, a, { x: [undefined] }, { x: [undefined] }, undefined])
    assert.deepStrictEqual(graph.nodes.get("c"), Graph.alias("a"))
    assert.deepStrictEqual([...Graph.optimize(graph, ["d"]).nodes.keys()], ["d"])
  })

  it("leaves values that are large, or hold refs", () => {
    const large = [
      new Uint8Array(2000),
      "x".repeat(600),
      new Array(200).fill(0),
      new Map([[1, "x".repeat(600)]]),
      new Set(
        Array.from({ length: 200 }, (_, i) => i)
      )
    ]
    for (const value of [...large, { ref: Graph.ref("a") }]) {
      const graph = graphOf({ a: call(), v: Graph.value(value), b: call("v") })
      assert.strictEqual(Graph.inline(graph).nodes, graph.nodes)
    }
    const graph = graphOf({ v: Graph.value(large[0]), b: call("v") })
    assert.deepStrictEqual(args(Graph.inline(graph, { values: 3000 }), "b"), [large[0]])
    assert.deepStrictEqual(args(Graph.inline(graph, { keys: ["v"] }), "b"), [large[0]])
    const circle: Array<unknown> = []
    circle.push(circle)
    assert.deepStrictEqual(args(Graph.inline(graphOf({ v: Graph.value(circle), b: call("v") })), "b"), [circle])
  })

  it("does a cheap call once for each user", () => {
    const nodes = { a: call(), c: call("a"), x: call("c"), y: call("c", "c"), z: call("x", "y") }
    assert.deepStrictEqual(inlined(nodes, { keys: ["c"] }), { a: "a", c: "c", x: "cx", y: "cy", z: "z" })
    const cheap = (_: Graph.Call, key: string) => key === "c" || key === "a"
    assert.deepStrictEqual(inlined(nodes, { cheap }), { a: "a", c: "ac", x: "acx", y: "acy", z: "z" })
    assert.deepStrictEqual(steps(Graph.optimize(graphOf(nodes), ["z"], { cheap })), { x: "acx", y: "acy", z: "z" })
    // A call that would bring too many along stays; what it brings does not.
    assert.deepStrictEqual(inlined(nodes, { cheap, maxSteps: 1 }), { a: "a", c: "ac", x: "x", y: "y", z: "z" })
  })

  it("does one step once where it comes by two ways", () => {
    const cheap = (_: Graph.Call, key: string) => key !== "z"
    const nodes = { a: call(), b: call("a"), c: call("a"), z: call("b", "c", "a") }
    assert.deepStrictEqual(steps(Graph.optimize(graphOf(nodes), ["z"], { cheap })), { z: "abcz" })
  })

  it("puts calls only where they may run", () => {
    const here = calling(Task.with(f, { workers: "a" }))
    const timed = calling(Task.with(f, { timeout: 1 }))
    const cheap = (_: Graph.Call, key: string) => key === "c"
    assert.deepStrictEqual(inlined({ c: call(), x: here("c"), y: timed("c") }, { cheap }), { c: "c", x: "cx", y: "y" })
    assert.deepStrictEqual(inlined({ c: here(), x: here("c"), y: call("c") }, { cheap }), { c: "c", x: "cx", y: "y" })
    assert.deepStrictEqual(inlined({ c: timed(), x: call("c") }, { cheap }), { c: "c", x: "x" })
  })

  it("stays small where everything is cheap", () => {
    const nodes = Array.from(
      { length: 5000 },
      (_, i) => [`${i}`, call(...[i - 1, i - 2, i - 3].filter((j) => j >= 0).map(String))] as const
    )
    const graph = Graph.inline(Graph.fromIterable(nodes), { cheap: () => true })
    let most = 0
    for (const node of graph.nodes.values()) most = Math.max(most, node._tag === "Fused" ? node.steps.length : 1)
    assert.isAtMost(most, 3 * 16 + 1)
  })
})
