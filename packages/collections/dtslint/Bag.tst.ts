import { Bag, Delayed } from "@creel/collections"
import type { Collection, Future } from "creel"
import { Task } from "creel"
import { type Cause, Effect, Order } from "effect"
import { describe, expect, it } from "tstyche"

declare const inc: Task.Contract<[x: number], number>
declare const fails: Task.Contract<[x: number], string, "own">
declare const wide: Task.Contract<[x: number | string], boolean, "wide">
declare const optional: Task.Contract<[x: number, y?: string], number>
declare const add: Task.Contract<[x: number, y: number], number, "add">
declare const even: Task.Contract<[x: number], boolean, "even">

declare const numbers: Bag.Bag<number>
declare const bad: Bag.Bag<number, "E1", "R1">
declare const mixed: Bag.Bag<number | string>
declare const pairs: Bag.Bag<readonly [number, string], "E1">
declare const lazy: Delayed.Delayed<number, "EL", "RL">
declare const future: Future.Future<number, "EF">

interface User {
  readonly name: string
  readonly age?: number
}
declare const users: Bag.Bag<User>

describe("constructors", () => {
  it("know what the elements are", () => {
    expect(Bag.fromIterable([1, 2])).type.toBe<Bag.Bag<number>>()
    expect(Bag.fromIterable(new Set(["a"]))).type.toBe<Bag.Bag<string>>()
    expect(Bag.range(0, 10)).type.toBe<Bag.Bag<number>>()
    expect(Bag.make("a", "b")).type.toBe<Bag.Bag<string>>()
    expect(numbers).type.toBeAssignableTo<Collection.Collection<ReadonlyArray<number>>>()
    expect(Bag.tasks.tasks.size).type.toBe<number>()
  })
})

describe("map", () => {
  it("infers the element in a pipe, and what comes out", () => {
    expect(numbers.pipe(Bag.map((x) => x + 1))).type.toBe<Bag.Bag<number>>()
    expect(numbers.pipe(Bag.map((x) => String(x)), Bag.map((s) => s.length))).type.toBe<Bag.Bag<number>>()
    expect(Bag.map(bad, (x) => String(x))).type.toBe<Bag.Bag<string, "E1", "R1">>()
    expect(users.pipe(Bag.map(({ name }) => name))).type.toBe<Bag.Bag<string>>()
    expect(numbers.pipe(Bag.map((x) => x > 1))).type.toBe<Bag.Bag<boolean>>()
  })

  it("adds the errors of tasks and of Effects", () => {
    expect(bad.pipe(Bag.map(inc))).type.toBe<Bag.Bag<number, "E1", "R1">>()
    expect(bad.pipe(Bag.map(fails))).type.toBe<Bag.Bag<string, "E1" | "own", "R1">>()
    expect(Bag.map(bad, wide)).type.toBe<Bag.Bag<boolean, "E1" | "wide", "R1">>()
    expect(numbers.pipe(Bag.map(wide))).type.toBe<Bag.Bag<boolean, "wide">>()
    expect(numbers.pipe(Bag.map(optional))).type.toBe<Bag.Bag<number>>()
    expect(numbers.pipe(Bag.map((x) => x > 0 ? Effect.succeed(x) : Effect.fail("low" as const)))).type.toBe<
      Bag.Bag<number, "low">
    >()
    expect(numbers.pipe(Bag.map(async (x) => String(x)))).type.toBe<Bag.Bag<string>>()
    expect(numbers.pipe(Bag.map(function*(x) {
      if (x > 3) yield* Effect.fail("high" as const)
      return { x }
    }))).type.toBe<Bag.Bag<{ x: number }, "high">>()
  })

  it("takes more arguments, lazy ones too", () => {
    expect(numbers.pipe(Bag.map((x, y) => x + y, 10))).type.toBe<Bag.Bag<number>>()
    expect(numbers.pipe(Bag.map((x, y) => x + y, lazy))).type.toBe<Bag.Bag<number, "EL", "RL">>()
    expect(numbers.pipe(Bag.map((x, { ys }) => x + ys[0]!, { ys: [lazy, future] }))).type.toBe<
      Bag.Bag<number, "EL" | "EF", "RL">
    >()
    expect(Bag.map(bad, (x, y) => x + y, future)).type.toBe<Bag.Bag<number, "E1" | "EF", "R1">>()
    expect(Bag.map(bad, add, 1)).type.toBe<Bag.Bag<number, "E1" | "add", "R1">>()
    expect(bad.pipe(Bag.map(add, lazy))).type.toBe<Bag.Bag<number, "E1" | "add" | "EL", "R1" | "RL">>()
    expect(numbers.pipe(Bag.map((x, ys) => x + ys.length, bad))).type.toBe<Bag.Bag<number, "E1", "R1">>()
  })

  it("refuses what does not fit", () => {
    expect(Bag.map).type.not.toBeCallableWith(users, inc)
    expect(Bag.map).type.not.toBeCallableWith(numbers, add)
    expect(Bag.map).type.not.toBeCallableWith(numbers, add, "1")
    expect(users.pipe).type.not.toBeCallableWith(Bag.map(inc))
  })
})

describe("other operations on elements", () => {
  it("spreads with starmap", () => {
    expect(pairs.pipe(Bag.starmap((n, s) => s.repeat(n)))).type.toBe<Bag.Bag<string, "E1">>()
    expect(Bag.starmap(pairs, (n, s) => n + s.length)).type.toBe<Bag.Bag<number, "E1">>()
    expect(Bag.fromIterable([[1, 2]] as const).pipe(Bag.starmap(add))).type.toBe<Bag.Bag<number, "add">>()
  })

  it("filters, and narrows", () => {
    expect(bad.pipe(Bag.filter((x) => x > 1))).type.toBe<Bag.Bag<number, "E1", "R1">>()
    expect(bad.pipe(Bag.filter(even))).type.toBe<Bag.Bag<number, "E1" | "even", "R1">>()
    expect(numbers.pipe(Bag.filter((x) => Effect.succeed(x > 1)))).type.toBe<Bag.Bag<number>>()
    expect(mixed.pipe(Bag.filter((x): x is string => typeof x === "string"))).type.toBe<Bag.Bag<string>>()
    expect(mixed.pipe(Bag.remove((x): x is string => typeof x === "string"))).type.toBe<Bag.Bag<number>>()
    expect(Bag.filter(mixed, (x): x is string => typeof x === "string")).type.toBe<Bag.Bag<string>>()
    expect(Bag.remove(bad, even)).type.toBe<Bag.Bag<number, "E1" | "even", "R1">>()
    expect(Bag.filter).type.not.toBeCallableWith(numbers, (x: number) => x + 1)
    expect(Bag.filter).type.not.toBeCallableWith(numbers, inc)
  })

  it("plucks by name and place", () => {
    expect(users.pipe(Bag.pluck("name"))).type.toBe<Bag.Bag<string>>()
    expect(Bag.pluck(users, "name")).type.toBe<Bag.Bag<string>>()
    expect(users.pipe(Bag.pluck("age"))).type.toBe<Bag.Bag<number | undefined>>()
    expect(users.pipe(Bag.pluck("age", 0))).type.toBe<Bag.Bag<number>>()
    expect(Bag.pluck(users, "age", "none")).type.toBe<Bag.Bag<string | number>>()
    expect(pairs.pipe(Bag.pluck(1))).type.toBe<Bag.Bag<string, "E1">>()
    expect(Bag.pluck(pairs, 0)).type.toBe<Bag.Bag<number, "E1">>()
    expect(Bag.pluck).type.not.toBeCallableWith(users, "nope")
    expect(users.pipe).type.not.toBeCallableWith(Bag.pluck("nope"))
  })

  it("flattens, maps partitions, samples", () => {
    expect(Bag.fromIterable([[1], [2]]).pipe(Bag.flatten)).type.toBe<Bag.Bag<number>>()
    expect(Bag.fromIterable([new Set(["a"])]).pipe(Bag.flatten)).type.toBe<Bag.Bag<string>>()
    expect(Bag.flatten).type.not.toBeCallableWith(numbers)
    expect(bad.pipe(Bag.mapPartitions((xs) => Array.from(xs, String)))).type.toBe<Bag.Bag<string, "E1", "R1">>()
    expect(bad.pipe(Bag.mapPartitions((xs, n) => Array.from(xs).slice(n), lazy))).type.toBe<
      Bag.Bag<number, "E1" | "EL", "R1" | "RL">
    >()
    const whole = Task.sync("whole", (xs: Iterable<number>) => Array.from(xs, String))
    expect(bad.pipe(Bag.mapPartitions(whole))).type.toBe<Bag.Bag<string, "E1", "R1">>()
    expect(bad.pipe(Bag.randomSample(0.5, { seed: 1 }))).type.toBe<Bag.Bag<number, "E1", "R1">>()
  })
})

describe("reductions", () => {
  it("are lazy values of their types", () => {
    expect(bad.pipe(Bag.sum)).type.toBe<Delayed.Delayed<number, "E1", "R1">>()
    expect(Bag.sum(bad, { splitEvery: 4 })).type.toBe<Delayed.Delayed<number, "E1", "R1">>()
    expect(users.pipe(Bag.count)).type.toBe<Delayed.Delayed<number>>()
    expect(Bag.sum).type.not.toBeCallableWith(users)
    expect(bad.pipe(Bag.mean)).type.toBe<Delayed.Delayed<number, "E1" | Cause.NoSuchElementException, "R1">>()
    expect(Bag.std(numbers, { ddof: 1 })).type.toBe<Delayed.Delayed<number, Cause.NoSuchElementException>>()
    expect(numbers.pipe(Bag.map(inc), Bag.filter((x) => x % 2 === 0), Bag.sum)).type.toBe<Delayed.Delayed<number>>()
  })

  it("order, ask and rank", () => {
    expect(numbers.pipe(Bag.min(Order.number))).type.toBe<Delayed.Delayed<number, Cause.NoSuchElementException>>()
    expect(bad.pipe(Bag.max(add))).type.toBe<
      Delayed.Delayed<number, "E1" | "add" | Cause.NoSuchElementException, "R1">
    >()
    expect(users.pipe(Bag.max((a, b) => a.name < b.name ? -1 : 1))).type.toBe<
      Delayed.Delayed<User, Cause.NoSuchElementException>
    >()
    expect(users.pipe(Bag.any((u) => u.name === ""))).type.toBe<Delayed.Delayed<boolean>>()
    expect(Bag.all(bad, even)).type.toBe<Delayed.Delayed<boolean, "E1" | "even", "R1">>()
    expect(bad.pipe(Bag.topk(3))).type.toBe<Delayed.Delayed<ReadonlyArray<number>, "E1", "R1">>()
    expect(users.pipe(Bag.topk(3, (u) => u.age ?? 0))).type.toBe<Delayed.Delayed<ReadonlyArray<User>>>()
    expect(Bag.topk(bad, 3, fails)).type.toBe<Delayed.Delayed<ReadonlyArray<number>, "E1" | "own", "R1">>()
    expect(Bag.topk).type.not.toBeCallableWith(users, 3)
  })

  it("fold", () => {
    expect(numbers.pipe(Bag.fold(0, (a, b) => a + b))).type.toBe<Delayed.Delayed<number>>()
    expect(bad.pipe(Bag.fold(0, add))).type.toBe<Delayed.Delayed<number, "E1" | "add", "R1">>()
    expect(users.pipe(Bag.fold(0, (n, u) => n + u.name.length, (a, b) => a + b))).type.toBe<Delayed.Delayed<number>>()
    expect(Bag.fold(users, "", (s, u) => s + u.name, (a, b) => a + b)).type.toBe<Delayed.Delayed<string>>()
    expect(Bag.fold(bad, 0, (a, b) => Effect.succeed(a + b), add)).type.toBe<
      Delayed.Delayed<number, "E1" | "add", "R1">
    >()
    expect(Bag.fold).type.not.toBeCallableWith(
      users,
      0,
      (n: number, u: User) => u.name,
      (a: number, b: number) => a + b
    )
  })

  it("reduce partitions", () => {
    expect(
      users.pipe(Bag.reduction((xs) => Array.from(xs).length, (pieces) => pieces.reduce((a, b) => a + b)))
    ).type.toBe<Delayed.Delayed<number>>()
    expect(
      Bag.reduction(bad, (xs) => Array.from(xs, String), (pieces) => pieces.flat())
    ).type.toBe<Delayed.Delayed<Array<string>, "E1", "R1">>()
  })

  it("count and tell apart", () => {
    expect(bad.pipe(Bag.frequencies)).type.toBe<Bag.Bag<readonly [element: number, count: number], "E1", "R1">>()
    expect(mixed.pipe(Bag.frequencies, Bag.topk(2, ([, n]) => n))).type.toBe<
      Delayed.Delayed<ReadonlyArray<readonly [element: string | number, count: number]>>
    >()
    expect(bad.pipe(Bag.distinct)).type.toBe<Bag.Bag<number, "E1", "R1">>()
    expect(users.pipe(Bag.distinctBy((u) => u.name))).type.toBe<Bag.Bag<User>>()
    expect(Bag.distinctBy(bad, fails)).type.toBe<Bag.Bag<number, "E1" | "own", "R1">>()
  })
})

describe("Delayed", () => {
  it("goes on from a bag", () => {
    expect(bad.pipe(Bag.sum, Delayed.map((x) => x + 1))).type.toBe<Delayed.Delayed<number, "E1", "R1">>()
  })
})
