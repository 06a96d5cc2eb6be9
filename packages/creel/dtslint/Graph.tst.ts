import { describe, expect, it } from "tstyche"
import type { Future } from "../src/Future.js"
import * as Graph from "../src/Graph.js"
import type { Contract } from "../src/Task.js"

declare const inc: Contract<[x: number], number>
declare const fails: Contract<[x: number], string, "own">
declare const sum: Contract<[xs: ReadonlyArray<number>, o: { readonly k: number }], number, "sum">
declare const size: Contract<[s: string], number, "size">
declare const anything: Contract<[x: unknown], boolean>
declare const identity: <A>(a: A) => A
declare const bad: Future<number, "E1">
declare const key: string

describe("make", () => {
  it("knows what each key gives", () => {
    const graph = Graph.make({
      x: Graph.call(inc, 1),
      y: Graph.call(inc, Graph.ref("x")),
      z: Graph.value("text"),
      f: Graph.held(bad)
    })
    expect<Graph.Graph.All<typeof graph>>().type.toBe<{
      readonly x: Future<number>
      readonly y: Future<number>
      readonly z: Future<"text">
      readonly f: Future<number, "E1">
    }>()
    expect<Graph.Graph.Outputs<typeof graph>>().type.toBe<{
      readonly y: Future<number>
      readonly z: Future<"text">
      readonly f: Future<number, "E1">
    }>()
    expect(graph).type.toBeAssignableTo<Graph.Graph.Any>()
    expect(graph).type.toBeAssignableTo<Graph.Graph>()
  })

  it("adds up the errors of what a key stands on", () => {
    const graph = Graph.make({
      a: Graph.call(fails, 1),
      b: Graph.call(size, Graph.ref("a")),
      c: Graph.call(inc, bad),
      d: Graph.call(sum, [1, Graph.ref("b"), Graph.ref("c")], { k: Graph.ref("b") }),
      e: Graph.alias("d"),
      f: Graph.call(inc, 1)
    })
    type All = Graph.Graph.All<typeof graph>
    expect<All["b"]>().type.toBe<Future<number, "own" | "size">>()
    expect<All["c"]>().type.toBe<Future<number, "E1">>()
    expect<All["d"]>().type.toBe<Future<number, "own" | "size" | "E1" | "sum">>()
    expect<All["e"]>().type.toBe<Future<number, "own" | "size" | "E1" | "sum">>()
    expect<All["f"]>().type.toBe<Future<number>>()
    expect<keyof Graph.Graph.Outputs<typeof graph>>().type.toBe<"e" | "f">()
  })

  it("takes plain functions", () => {
    const graph = Graph.make({
      x: Graph.call((a: number, b: string) => `${a}${b}`, 1, "b"),
      y: Graph.call((a: string) => a.length, Graph.ref("x")),
      z: Graph.call(async (a: number) => a, Graph.ref("y"))
    })
    type All = Graph.Graph.All<typeof graph>
    expect<All["y"]>().type.toBe<Future<number>>()
    expect<All["z"]>().type.toBe<Future<number>>()
  })

  it("refuses a ref to what gives something else, or is not there", () => {
    expect(Graph.make).type.not.toBeCallableWith({ x: Graph.call(inc, 1), y: Graph.call(size, Graph.ref("x")) })
    expect(Graph.make).type.not.toBeCallableWith({
      x: Graph.value("a"),
      y: Graph.call(sum, [Graph.ref("x")], { k: 1 })
    })
    expect(Graph.make).type.not.toBeCallableWith({ x: Graph.call(inc, Graph.ref("nowhere")) })
    expect(Graph.make).type.not.toBeCallableWith({ x: Graph.alias("nowhere") })
    expect(Graph.make).type.toBeCallableWith({ x: Graph.value("a"), y: Graph.call(anything, [Graph.ref("x")]) })
  })

  it("takes keys that are known at run time", () => {
    const graph = Graph.make({ x: Graph.call(inc, Graph.ref<number, "EX">(key)), y: Graph.call(fails, 1) })
    type All = Graph.Graph.All<typeof graph>
    expect<All["x"]>().type.toBe<Future<number, "EX" | "own">>()
    expect(Graph.call).type.not.toBeCallableWith(inc, Graph.ref<string, never>(key))
    expect<Graph.Graph.Outputs<typeof graph>>().type.toBe<{
      readonly x?: Future<number, "EX" | "own">
      readonly y?: Future<string, "own">
    }>()
    const many = Graph.make({} as { readonly [key: string]: Graph.Call<number, "own"> })
    expect<Graph.Graph.All<typeof many>>().type.toBe<{ readonly [key: string]: Future<number, "own"> }>()
    expect(Graph.fromIterable([["x", Graph.call(inc, 1)]])).type.toBe<Graph.Graph>()
  })

  it("stands circles", () => {
    const graph = Graph.make({ a: Graph.call(inc, Graph.ref("b")), b: Graph.call(inc, Graph.ref("a")) })
    expect<Graph.Graph.All<typeof graph>["a"]>().type.toBe<Future<number>>()
  })
})

describe("call", () => {
  it("refuses what is no argument", () => {
    expect(Graph.call).type.not.toBeCallableWith(inc, "x")
    expect(Graph.call).type.not.toBeCallableWith(inc)
    expect(Graph.call).type.not.toBeCallableWith(inc, 1, 2)
    expect(Graph.call).type.not.toBeCallableWith(sum, [1, "x"], { k: 1 })
    expect(Graph.call(inc, bad)).type.toBe<Graph.Call<number, "E1", never>>()
  })
})

describe("merge", () => {
  it("knows what each key gives, and no longer which are named", () => {
    const graph = Graph.merge(Graph.make({ x: Graph.call(inc, 1) }), Graph.make({ y: Graph.call(fails, 1) }))
    expect<Graph.Graph.All<typeof graph>["x"]>().type.toBe<Future<number>>()
    expect<Graph.Graph.All<typeof graph>["y"]>().type.toBe<Future<string, "own">>()
    expect<Graph.Graph.Outputs<typeof graph>["y"]>().type.toBe<Future<string, "own"> | undefined>()
  })
})
