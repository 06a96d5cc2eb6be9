/** What programs without types get, which give what types refuse: a sentence; no hang, no crash of anything else. */
import { assert, describe, it } from "@effect/vitest"
import { Client, FutureError, LocalCluster, Task } from "creel"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { inc, on } from "./LocalCluster.fixture.js"

const refusal = <A, R>(effect: Effect.Effect<A, FutureError.SubmitError, R>) =>
  Effect.map(Effect.flip(effect), (error) => {
    assert.isTrue(FutureError.isSubmitError(error))
    assert.include(error.message, "What to do:")
    return error
  })

const stillWorks = Effect.map(Client.run(inc, 1), (two) => assert.strictEqual(two, 2))

describe("what programs without types get", () => {
  it.scoped("options of another type than theirs, as programs without types have them: BadOption, and others go on", () =>
    Effect.gen(function*() {
      const told = (options: object, option: string) =>
        Effect.gen(function*() {
          for (
            const submitted of [
              Effect.asVoid(Client.submit(inc.pipe(Task.with(options)), 1)),
              Effect.asVoid(Client.map(inc, [1]).pipe(Client.withOptions(options)))
            ]
          ) {
            const error = yield* refusal(submitted)
            assert.strictEqual(error.reason, "BadOption")
            assert.include(error.message, option)
          }
          yield* stillWorks
        })
      yield* told({ workers: 5 }, "workers")
      yield* told({ workers: [5] }, "workers")
      yield* told({ workers: "" }, "workers")
      yield* told({ key: 5 }, "key")
      yield* told({ group: {} }, "group")
      yield* told({ resources: "gpu" }, "resources")
      yield* told({ timeout: "soon" }, "timeout")
      yield* told({ retry: 3 }, "retry")
      yield* told({ retry: { times: 1, delay: "soon" } }, "retry.delay")
      yield* told({ retry: { times: 1, tags: "A" } }, "retry.tags")
      for (const workers of [5, [5], {}] as Array<never>) {
        assert.strictEqual((yield* refusal(Client.scatter(1, { workers }))).reason, "BadOption")
        yield* stillWorks
      }
    }).pipe(on({}, inc)))

  it.scoped("a map that would submit nothing, or over nothing that can be gone through; what cannot be scattered apart", () =>
    Effect.gen(function*() {
      for (const batchSize of [0, -1, Number.NaN]) {
        const error = yield* refusal(Client.map(inc, [1]).pipe(Client.withOptions({ batchSize })))
        assert.include(error.message, "batchSize")
      }
      for (const column of [undefined, 5, {}] as Array<never>) {
        assert.strictEqual((yield* refusal(Client.map(inc, column))).reason, "BadOption")
      }
      // Its parts would be lost without a word.
      for (const values of [new Set([1]), new Map([[1, 2]]), 5] as Array<never>) {
        assert.strictEqual((yield* refusal(Client.scatterAll(values))).reason, "BadOption")
      }
    }).pipe(on({}, inc)))

  it.scoped("what is no future where one belongs, and counts and modes that mean nothing: a defect that says so", () =>
    Effect.gen(function*() {
      const told = <A, E, R>(asked: Effect.Effect<A, E, R>, ...parts: ReadonlyArray<string>) =>
        Effect.map(Effect.exit(asked), (exit) => {
          assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause), "it is no defect")
          for (const part of parts) assert.include(String(exit), part)
        })
      const future = yield* Client.submit(inc, 1)
      for (const none of [5, undefined, { future }, [1], [[future]]] as Array<never>) {
        for (const name of ["wait", "cancel", "whoHas", "replicate", "rebalance"] as const) {
          if (name === "rebalance" && none === undefined) continue
          yield* told(Client[name](none), `Client.${name}`, "where a Future belongs")
        }
        if (!Array.isArray(none)) yield* told(Client.explain(none), "where a Future belongs")
      }
      yield* told(Client.asCompleted([1] as never), "where a Future belongs")
      yield* told(Client.wait(future, { until: "some" as never }), "until", "some")
      yield* told(Client.wait(future, { until: Number.NaN }), "until")
      yield* told(Client.replicate(future, { copies: 0 }), "copies")
      yield* told(Client.replicate(future, { workers: "worker-0" as never }), "workers")
      yield* told(Client.gather(future, { mode: "some" as never }), "mode")
      const circle: Array<unknown> = [future]
      circle.push(circle)
      yield* told(Client.gather(circle as ReadonlyArray<unknown>), "contains itself")
      yield* stillWorks
    }).pipe(on({}, inc)))

  it.scoped("a client with numbers that cannot be meant does not come up", () =>
    Effect.gen(function*() {
      for (const options of [{ outboxMax: Number.NaN }, { outboxMax: 0 }, { io: 0 }, { grace: "soon" as never }]) {
        const exit = yield* Effect.exit(Layer.build(LocalCluster.layer(options)))
        assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
        assert.include(String(exit), Object.keys(options)[0]!)
      }
    }))
})
