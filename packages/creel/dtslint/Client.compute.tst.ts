import type { Effect, Scope } from "effect"
import { describe, expect, it } from "tstyche"
import * as Callable from "../src/Callable.js"
import * as Client from "../src/Client.js"
import type * as Collection from "../src/Collection.js"
import type { Future } from "../src/Future.js"
import type { SubmitError } from "../src/FutureError.js"
import * as Graph from "../src/Graph.js"
import type { Contract } from "../src/Task.js"
import * as Task from "../src/Task.js"

declare const inc: Contract<[x: number], number>
declare const fails: Contract<[x: number], string, "own">
declare const table: Collection.Collection<number, "E", "R">

const graph = Graph.make({ x: Graph.call(inc, 1), y: Graph.call(fails, Graph.ref("x")) })

describe("Client.compute", () => {
  it("of a collection gives the future of its value, and needs what it needs", () => {
    expect(Client.compute(table)).type.toBe<
      Effect.Effect<Future<number, "E">, SubmitError, Scope.Scope | "R" | Client.Client>
    >()
  })

  it("of a graph gives a record of futures", () => {
    expect(Client.compute(graph, { priority: 1 })).type.toBe<
      Effect.Effect<{ readonly y: Future<string, "own"> }, SubmitError, Scope.Scope | Client.Client>
    >()
    expect(Client.compute(graph, { outputs: ["x"] })).type.toBe<
      Effect.Effect<{ readonly x: Future<number> }, SubmitError, Scope.Scope | Client.Client>
    >()
    expect(Client.compute).type.not.toBeCallableWith(graph, { outputs: ["z"] })
    expect(Client.compute).type.not.toBeCallableWith(17)
    expect(Client.compute).type.not.toBeCallableWith(table, { key: "x" })
  })
})

describe("Client.persist", () => {
  it("gives the same type", () => {
    expect(Client.persist(table)).type.toBe<
      Effect.Effect<typeof table, SubmitError, Scope.Scope | "R" | Client.Client>
    >()
    expect(Client.persist(graph)).type.toBe<
      Effect.Effect<typeof graph, SubmitError, Scope.Scope | Client.Client>
    >()
  })
})

describe("Callable", () => {
  it("knows what the function takes, gives and fails with", () => {
    expect(Callable.make(fails)).type.toBe<ReturnType<typeof Callable.make<[x: number], string, "own">>>()
    expect(Callable.contract(inc, [])).type.toBe<Contract<[x: number], number>>()
  })

  it("Known is provided by every worker", () => {
    const task = Task.make("t", function*(f: Callable.Wire) {
      const known = yield* Task.Known
      return yield* known.resolve<[number], string, "E">(f).run(1)
    })
    expect(task).type.toBe<Task.Task<[f: Callable.Wire], string, "E">>()
  })
})
