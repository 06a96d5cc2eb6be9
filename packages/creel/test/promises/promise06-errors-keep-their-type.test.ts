import { assert, describe, it } from "@effect/vitest"
import { Client, FutureError, Task } from "creel"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { boom, inc, on } from "../LocalCluster.fixture.js"

class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { id: Schema.Number, at: Schema.DateFromSelf }) {}
class Busy extends Schema.TaggedError<Busy>()("Busy", { seconds: Schema.Number }) {}

const find = Task.make(
  "find",
  (id: number): Effect.Effect<number, NotFound | Busy> =>
    id === 0
      ? Effect.fail(new NotFound({ id, at: new Date(0) }))
      : id === 1
      ? Effect.fail(new Busy({ seconds: 3 }))
      : Effect.succeed(id),
  { error: Schema.Union(NotFoundWire(), Busy) }
)

function NotFoundWire() {
  return Schema.transform(
    Schema.Struct({ _tag: Schema.Literal("NotFound"), id: Schema.Number, at: Schema.Date }),
    Schema.typeSchema(NotFound),
    {
      strict: true,
      decode: ({ at, id }) => new NotFound({ id, at }),
      encode: ({ at, id }) => ({ _tag: "NotFound" as const, id, at })
    }
  )
}

const dies = Task.make("dies", (x: number) =>
  Effect.sync((): number => {
    throw new TypeError(`no ${x}`)
  }))

describe("promise 6: errors keep their type", () => {
  it.scoped("a typed failure arrives as that type, through its Schema", () =>
    Effect.gen(function*() {
      const missing = yield* Effect.flip(yield* Client.submit(find, 0))
      assert.isTrue(missing instanceof NotFound)
      assert.deepStrictEqual((missing as NotFound).at, new Date(0))
      const seconds = yield* (yield* Client.submit(find, 1)).pipe(
        Effect.catchTag("Busy", (busy) => Effect.succeed(busy.seconds))
      )
      assert.strictEqual(seconds, 3)
    }).pipe(on({}, find)))

  it.scoped("also from an input's task, whose Schema decodes it", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(find, 0)
      const y = yield* Client.submit(inc, x)
      const error = yield* Effect.flip(y)
      assert.isTrue(error instanceof NotFound)
    }).pipe(on({}, find, inc)))

  it.scoped("a defect arrives as a defect, with the remote stack", () =>
    Effect.gen(function*() {
      const exit = yield* (yield* Client.submit(dies, 7)).await
      assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause))
      const [defect] = Exit.isFailure(exit) ? Chunk.toReadonlyArray(Cause.defects(exit.cause)) : []
      assert.strictEqual((defect as Error).message, "no 7")
      assert.include((defect as Error).stack, "promise06")
    }).pipe(on({}, dies)))

  it.scoped("a defect that names itself as its cause, has getters that throw, or is very long, arrives as one too", () =>
    Effect.gen(function*() {
      const odd: Record<string, () => never> = {
        circle: () => {
          const error = new Error("circle")
          throw Object.assign(error, { cause: error })
        },
        getter: () => {
          throw Object.defineProperty(new Error("getter"), "stack", {
            get: () => {
              throw new Error("no stack")
            }
          })
        },
        long: () => {
          throw new RangeError(`long ${"x".repeat(1_000_000)}`)
        },
        text: () => {
          throw `text ${"x".repeat(1_000_000)}`
        }
      }
      const throws = Task.sync("throws", (which: string): number => odd[which]!())
      yield* Effect.forEach(Object.keys(odd), (which) =>
        Effect.gen(function*() {
          const exit = yield* (yield* Client.submit(throws, which)).await
          assert.isTrue(Exit.isFailure(exit) && Cause.isDie(exit.cause), which)
          const [defect] = Exit.isFailure(exit) ? Chunk.toReadonlyArray(Cause.defects(exit.cause)) : []
          assert.isTrue((defect instanceof Error ? defect.message : String(defect)).startsWith(which))
          if (which === "long") assert.strictEqual((defect as Error).name, "RangeError")
        })).pipe(on({}, throws))
    }))

  it.scoped("a typed error that is too large to be told says how large it is, and what to do", () =>
    Effect.gen(function*() {
      const fails = Task.make("fails", () => Effect.fail({ _tag: "Large", data: "x".repeat(100_000) }))
      const error = yield* Effect.flip(Client.run(fails).pipe(on({}, fails)))
      assert.isTrue(FutureError.isFutureError(error))
      assert.match(String(error), /NotEncodable.*100\d{3} bytes.*What to do: fail with/)
    }))

  it.scoped("a predicate of retries that throws grants none, and the failure stays what it was", () =>
    Effect.gen(function*() {
      const fails = Task.make("fails", () => Effect.fail("no"), {
        retry: {
          schedule: Schedule.forever,
          while: () => {
            throw new Error("in while")
          }
        }
      })
      assert.strictEqual(yield* Effect.flip(Client.run(fails).pipe(on({}, fails))), "no")
    }))

  it.scoped("parallel failures keep the shape of their Cause", () =>
    Effect.gen(function*() {
      const both = Task.make("both", () =>
        Effect.all([Effect.fail("left"), Effect.fail("right")], { concurrency: 2, mode: "validate" }).pipe(
          Effect.mapError(() =>
            "unused"
          ),
          Effect.zipRight(Effect.succeed(1)),
          Effect.catchAll(() => Effect.failCause(Cause.parallel(Cause.fail("left"), Cause.die(new Error("right")))))
        ) as Effect.Effect<number, string>)
      return yield* Effect.gen(function*() {
        const exit = yield* (yield* Client.submit(both)).await
        assert.isTrue(Exit.isFailure(exit))
        if (Exit.isFailure(exit)) {
          assert.deepStrictEqual(Chunk.toReadonlyArray(Cause.failures(exit.cause)), ["left"])
          assert.strictEqual(Chunk.toReadonlyArray(Cause.defects(exit.cause)).length, 1)
        }
      }).pipe(on({}, both))
    }))

  it.scoped("a dependent fails with the same failure and says which key is to blame", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(boom, "no")
      const y = yield* Client.submit(inc, x)
      const z = yield* Client.submit(inc, y)
      assert.strictEqual(yield* Effect.flip(z), "no")
      assert.include((yield* Client.explain(z)).summary, `because of ${x.key}`)
    }).pipe(on({}, boom, inc)))

  it.scoped("unrelated branches keep running", () =>
    Effect.gen(function*() {
      const futures = yield* Effect.all([
        Client.submit(inc, 1),
        Client.submit(boom, "a"),
        Client.submit(inc, 2),
        Client.submit(boom, "b")
      ])
      assert.deepStrictEqual(yield* Client.gather(futures, { mode: "skip" }), [2, 3])
    }).pipe(on({}, boom, inc)))
})
