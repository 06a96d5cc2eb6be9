import { Delayed } from "@creel/collections"
import type { Collection, Future, Task } from "creel"
import type { Option } from "effect"
import { describe, expect, it } from "tstyche"

declare const inc: Task.Contract<[x: number], number>
declare const fails: Task.Contract<[x: number], string, "own">
declare const add: Task.Contract<[x: number, y: number], number>
declare const sum: Task.Contract<[xs: ReadonlyArray<number>, o: { readonly k: number }], number, "own">
declare const optional: Task.Contract<[x: number, y?: string], number>
declare const rest: Task.Contract<[x: number, ...ys: Array<string>], number>
declare const deep: Task.Contract<[o: { readonly a: { readonly b: { readonly c: number } } }], number>
declare const unknown: Task.Contract<[x: unknown], unknown>
declare const identity: <A>(a: A) => A

declare const ok: Delayed.Delayed<number>
declare const bad: Delayed.Delayed<number, "E1", "R1">
declare const text: Delayed.Delayed<string, "E2">
declare const future: Future.Future<number, "EF">
declare const numbers: Collection.Collection<ReadonlyArray<number>, "EC", "RC">
declare const inside: Option.Option<Delayed.Delayed<number>>

interface User {
  readonly name: string
  readonly age?: number
  readonly tags: ReadonlyArray<string>
  readonly at: readonly [x: number, y: string]
  readonly greet: () => string
}
declare const user: Delayed.Delayed<User, "EU">

describe("make", () => {
  it("adds nothing where nothing can fail", () => {
    expect(Delayed.make(inc)(1)).type.toBe<Delayed.Delayed<number>>()
    expect(Delayed.make(inc)(ok)).type.toBe<Delayed.Delayed<number>>()
  })

  it("adds the errors and the needs of what stands among the arguments", () => {
    expect(Delayed.make(fails)(1)).type.toBe<Delayed.Delayed<string, "own">>()
    expect(Delayed.make(inc)(bad)).type.toBe<Delayed.Delayed<number, "E1", "R1">>()
    expect(Delayed.make(inc)(future)).type.toBe<Delayed.Delayed<number, "EF">>()
    expect(Delayed.make(add)(bad, future)).type.toBe<Delayed.Delayed<number, "E1" | "EF", "R1">>()
    expect(Delayed.make(sum)([1, bad, ok, future], { k: 1 })).type.toBe<
      Delayed.Delayed<number, "own" | "E1" | "EF", "R1">
    >()
    expect(Delayed.make(sum)(numbers, { k: bad })).type.toBe<
      Delayed.Delayed<number, "own" | "EC" | "E1", "RC" | "R1">
    >()
    expect(Delayed.make(deep)({ a: { b: { c: bad } } })).type.toBe<Delayed.Delayed<number, "E1", "R1">>()
    expect(Delayed.make(unknown)({ a: [bad] })).type.toBe<Delayed.Delayed<unknown, "E1", "R1">>()
  })

  it("knows optional and rest parameters", () => {
    expect(Delayed.make(optional)(1)).type.toBe<Delayed.Delayed<number>>()
    expect(Delayed.make(optional)(1, text)).type.toBe<Delayed.Delayed<number, "E2">>()
    expect(Delayed.make(rest)(1, "a", text)).type.toBe<Delayed.Delayed<number, "E2">>()
  })

  it("knows plain functions", () => {
    expect(Delayed.make((x: number) => x + 1)(bad)).type.toBe<Delayed.Delayed<number, "E1", "R1">>()
    expect(Delayed.make(async (x: number) => String(x))(1)).type.toBe<Delayed.Delayed<string>>()
    expect(Delayed.make((x: number) => x + 1, { pure: true })(1)).type.toBe<Delayed.Delayed<number>>()
  })

  it("refuses what is no argument", () => {
    expect(Delayed.make(inc)).type.not.toBeCallableWith("x")
    expect(Delayed.make(inc)).type.not.toBeCallableWith(text)
    expect(Delayed.make(inc)).type.not.toBeCallableWith()
    expect(Delayed.make(inc)).type.not.toBeCallableWith(1, 2)
    expect(Delayed.make(sum)).type.not.toBeCallableWith([text], { k: 1 })
    expect(Delayed.make(sum)).type.not.toBeCallableWith(ok, { k: 1 })
    expect(Delayed.make(unknown as Task.Contract<[o: Option.Option<number>], number>)).type.not.toBeCallableWith(inside)
    expect(Delayed.make).type.not.toBeCallableWith(1)
  })
})

describe("all", () => {
  it("has the values in their places, and every error", () => {
    expect(Delayed.all([ok, text])).type.toBe<Delayed.Delayed<[number, string], "E2">>()
    expect(Delayed.all({ a: bad, b: [future, 1] })).type.toBe<
      Delayed.Delayed<{ a: number; b: [number, 1] }, "E1" | "EF", "R1">
    >()
    expect(Delayed.all([] as ReadonlyArray<Delayed.Delayed<number, "E">>)).type.toBe<
      Delayed.Delayed<Array<number>, "E">
    >()
    expect(Delayed.all({ xs: numbers })).type.toBe<Delayed.Delayed<{ xs: ReadonlyArray<number> }, "EC", "RC">>()
  })
})

describe("map, zip, zipWith", () => {
  it("take tasks and plain functions, data first and last", () => {
    expect(Delayed.map(bad, fails)).type.toBe<Delayed.Delayed<string, "E1" | "own", "R1">>()
    expect(bad.pipe(Delayed.map(fails))).type.toBe<Delayed.Delayed<string, "E1" | "own", "R1">>()
    expect(Delayed.map(bad, (x) => x > 1)).type.toBe<Delayed.Delayed<boolean, "E1", "R1">>()
    expect(bad.pipe(Delayed.map((x) => x > 1))).type.toBe<Delayed.Delayed<boolean, "E1", "R1">>()
    expect(ok.pipe(Delayed.map(optional))).type.toBe<Delayed.Delayed<number>>()
    expect(ok.pipe(Delayed.map(async (x) => x + 1), Delayed.map(inc))).type.toBe<Delayed.Delayed<number>>()
    expect(Delayed.zip(ok, text)).type.toBe<Delayed.Delayed<[number, string], "E2">>()
    expect(bad.pipe(Delayed.zip(text))).type.toBe<Delayed.Delayed<[number, string], "E1" | "E2", "R1">>()
    expect(ok.pipe(Delayed.zipWith(text, (x, s) => s + x))).type.toBe<Delayed.Delayed<string, "E2">>()
    expect(ok.pipe(Delayed.zipWith(bad, add))).type.toBe<Delayed.Delayed<number, "E1", "R1">>()
    expect(Delayed.zipWith(ok, bad, add)).type.toBe<Delayed.Delayed<number, "E1", "R1">>()
    expect(Delayed.zipWith(ok, text, (x, s) => s.length + x)).type.toBe<Delayed.Delayed<number, "E2">>()
  })

  it("refuse functions of something else", () => {
    expect(Delayed.map).type.not.toBeCallableWith(text, inc)
    expect(Delayed.map).type.not.toBeCallableWith(ok, add)
    expect(Delayed.zipWith).type.not.toBeCallableWith(ok, text, add)
  })
})

describe("get", () => {
  it("picks fields and elements", () => {
    expect(Delayed.get(user, "name")).type.toBe<Delayed.Delayed<string, "EU">>()
    expect(Delayed.get(user, "age")).type.toBe<Delayed.Delayed<number | undefined, "EU">>()
    expect(user.pipe(Delayed.get("tags"), Delayed.get(0))).type.toBe<Delayed.Delayed<string | undefined, "EU">>()
    expect(user.pipe(Delayed.get("at"), Delayed.get(1))).type.toBe<Delayed.Delayed<string, "EU">>()
    expect(user.pipe(Delayed.get("tags"), Delayed.get("length"))).type.toBe<Delayed.Delayed<number, "EU">>()
  })

  it("refuses what is not there, and methods", () => {
    expect(Delayed.get).type.not.toBeCallableWith(user, "nothing")
    expect(Delayed.get).type.not.toBeCallableWith(user, "greet")
    expect(Delayed.get).type.not.toBeCallableWith(Delayed.get(user, "at"), 2)
    expect(Delayed.get).type.not.toBeCallableWith(Delayed.get(user, "tags"), "map")
  })
})

describe("Delayed", () => {
  it("is no Effect", () => {
    expect<{ readonly [Symbol.iterator]: unknown }>().type.not.toBeAssignableFrom<Delayed.Delayed<number>>()
    expect<PromiseLike<unknown>>().type.not.toBeAssignableFrom<Delayed.Delayed<number>>()
  })

  it("is covariant", () => {
    expect<Delayed.Delayed<number | string, "E1" | "E2", "R1">>().type.toBeAssignableFrom<typeof text>()
    expect<Collection.Collection<string, "E2">>().type.toBeAssignableFrom<typeof text>()
    expect<Delayed.Delayed<string>>().type.not.toBeAssignableFrom<typeof text>()
  })

  it("takes generic functions, as submit does", () => {
    expect(Delayed.make(identity)(1)).type.toBeAssignableTo<Delayed.Delayed<unknown, unknown>>()
  })
})
