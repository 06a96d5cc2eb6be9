import { Delayed } from "@creel/collections"
import { assert, describe, it } from "@effect/vitest"
import { Client, Collection, LocalCluster, Task, TaskGroup } from "creel"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as fc from "fast-check"

const inc = Task.sync("inc", (x: number) => x + 1, { pure: true })
const add = Task.sync("add", (x: number, y: number) => x + y)
const total = Task.sync(
  "total",
  (o: { readonly xs: ReadonlyArray<number>; readonly more: readonly [number, { readonly y: number }] }) =>
    o.xs.reduce((a, b) => a + b, o.more[0] * o.more[1].y)
)
const picky = Task.make("picky", (x: number) => x % 5 === 0 ? Effect.fail(`not ${x}`) : Effect.succeed(x))

/** A step names earlier ones by how far back they are. */
type Step =
  | { readonly op: "value" | "constant"; readonly x: number }
  | { readonly op: "inc" | "map" | "picky" | "future" | "late" | "urgent"; readonly a: number }
  | { readonly op: "add" | "zipWith" | "pick" | "total"; readonly a: number; readonly b: number }

const back = fc.nat({ max: 8 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ op: fc.constantFrom("value" as const, "constant" as const), x: fc.integer({ min: -20, max: 20 }) }),
  fc.record({ op: fc.constantFrom(...(["inc", "map", "future", "late", "urgent"] as const)), a: back }),
  fc.record({ op: fc.constantFrom(...(["add", "zipWith", "pick", "total"] as const)), a: back, b: back }),
  fc.record({ op: fc.constant("picky" as const), a: back })
)

const at = <A>(made: ReadonlyArray<A>, far: number): A => made[Math.max(0, made.length - 1 - far)]!

type Outcome = Either.Either<number, string>

const two = (a: Outcome, b: Outcome, f: (a: number, b: number) => number): Outcome =>
  Either.flatMap(a, (x) => Either.map(b, (y) => f(x, y)))

const direct = (made: ReadonlyArray<Outcome>, step: Step): Outcome => {
  switch (step.op) {
    case "value":
    case "constant":
      return Either.right(step.x)
    case "inc":
      return Either.map(at(made, step.a), (x) => x + 1)
    case "map":
      return Either.map(at(made, step.a), (x) => x * 2)
    case "future":
    case "late":
    case "urgent":
      return at(made, step.a)
    case "picky":
      return Either.flatMap(at(made, step.a), (x) => x % 5 === 0 ? Either.left(`not ${x}`) : Either.right(x))
    case "add":
      return two(at(made, step.a), at(made, step.b), (x, y) => x + y)
    case "zipWith":
      return two(at(made, step.a), at(made, step.b), (x, y) => x - y)
    case "pick":
      return two(at(made, step.a), at(made, step.b), (_, y) => y)
    case "total":
      return two(at(made, step.a), at(made, step.b), (x, y) => x + y + 7 + x * y)
  }
}

type Lazy = Delayed.Delayed<number, string>

/** A collection of someone else's making. */
const foreign = (self: Lazy): Collection.Collection<number, string> => ({
  [Collection.TypeId]: self[Collection.TypeId]
})

const lazy = (made: ReadonlyArray<Lazy>, step: Step): Effect.Effect<Lazy, unknown, any> => {
  const one = (far: number) => at(made, far)
  switch (step.op) {
    case "value":
      return Effect.succeed(Delayed.value(step.x))
    case "constant":
      return Effect.succeed(Delayed.make((x: number) => x, { pure: true })(step.x))
    case "inc":
      return Effect.succeed(Delayed.make(inc)(one(step.a)))
    case "map":
      return Effect.succeed(one(step.a).pipe(Delayed.map((x) => x * 2)))
    case "future":
      return Effect.map(Client.compute(one(step.a)), Delayed.fromFuture)
    case "late":
      return Effect.succeed(Delayed.fromCollection(foreign(one(step.a))))
    case "urgent":
      return Effect.succeed(one(step.a).pipe(Delayed.with({ priority: 10 })))
    case "picky":
      return Effect.succeed(Delayed.make(picky)(one(step.a)))
    case "add":
      return Effect.succeed(Delayed.make(add)(one(step.a), foreign(one(step.b))))
    case "zipWith":
      return Effect.succeed(Delayed.zipWith(one(step.a), one(step.b), (x, y) => x - y))
    case "pick":
      return Effect.succeed(Delayed.get(Delayed.all({ a: one(step.a), b: one(step.b) }), "b"))
    case "total": {
      const [a, b] = [one(step.a), one(step.b)]
      return Effect.succeed(Delayed.make(total)({ xs: [a, 7, b], more: Delayed.all([a, { y: b }]) }))
    }
  }
}

describe("Delayed", () => {
  it.scopedLive("gives what the same calls give when they are made at once", () =>
    Effect.gen(function*() {
      const runtime = yield* Effect.runtime<Client.Client>()
      const property = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
        const expected: Array<Outcome> = [Either.right(1)]
        for (const step of steps) expected.push(direct(expected, step))
        const program = Effect.gen(function*() {
          const made: Array<Lazy> = [Delayed.value(1)]
          for (const step of steps) made.push(yield* lazy(made, step))
          const exit = yield* Effect.exit(Effect.flatten(Client.compute(made[made.length - 1]!)))
          const last = expected[expected.length - 1]!
          if (Either.isRight(last)) assert.deepStrictEqual(exit, Exit.succeed(last.right))
          else {
            // Of several inputs that fail any may be told.
            const failure = Exit.isFailure(exit) ? Cause.failureOption(exit.cause) : Option.none()
            const errors = expected.flatMap((each) => Either.isLeft(each) ? [each.left] : [])
            assert(Option.isSome(failure) && errors.includes(String(failure.value)), String(exit))
          }
        })
        return Effect.runPromise(Effect.provide(Effect.scoped(program), runtime) as Effect.Effect<void>)
      })
      yield* Effect.promise(() => fc.assert(property, { numRuns: 150 }))
    }).pipe(Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(inc, add, total, picky), workers: 2 }))))
})
