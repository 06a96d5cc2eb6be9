// Tells whether the exercise is solved, and if not, what is missing. It runs the answer on a cluster of fibers and on a
// test's clock, where twelve seconds pass in no time: an answer that waits where it need not is found out.
import { Client, type Future, LocalCluster, TaskGroup } from "creel"
import { Cause, Chunk, Effect, Fiber, Option, type Scope, Stream, TestClock, TestContext } from "effect"
import { add, dec, inc } from "../tasks.js"

export type Verdict =
  | { readonly _tag: "Solved" }
  | { readonly _tag: "Unsolved"; readonly hint: string }

export type Answer = Effect.Effect<Future.Future<number, unknown>, unknown, Client.Client | Scope.Scope>

const solved: Verdict = { _tag: "Solved" }
const unsolved = (hint: string): Verdict => ({ _tag: "Unsolved", hint })

const nameOf = (future: Future.Future.Any) => future.key.split("-")[0]

/** What comes of it within so many seconds of the test's clock. */
const within = <A, E, R>(seconds: number, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.timeoutOption(effect, `${seconds} seconds`))
    yield* TestClock.adjust(`${seconds} seconds`)
    return yield* Fiber.join(fiber)
  })

const judge = (answer: Answer) =>
  Effect.gen(function*() {
    const answered = yield* within(1, answer)
    if (Option.isNone(answered)) {
      return unsolved("it waits for a value before it answers: pass the futures themselves to add, and join nothing")
    }
    const total = answered.value
    if (nameOf(total) !== "add") {
      return unsolved(`it answers a future of ${nameOf(total)}: submit add with x and y, and answer that one`)
    }
    const groups = Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(Client.progress([total]), 1))).flat()
    for (const input of ["inc", "dec"]) {
      if (!groups.some(({ group }) => group === input)) {
        return unsolved(`add does not depend on ${input}: give it the future that submitting ${input} answered`)
      }
    }
    const value = yield* within(12, total)
    if (Option.isNone(value)) {
      return unsolved("the total takes longer than twelve seconds: submit inc and dec before waiting for either")
    }
    return value.value === 3 ? solved : unsolved(`the total is ${value.value}, and (1 + 1) + (2 - 1) is 3`)
  })

export const examine = (answer: Answer): Effect.Effect<Verdict> =>
  judge(answer).pipe(
    Effect.scoped,
    Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(inc, dec, add), workers: 4 })),
    Effect.catchAllCause((cause) => Effect.succeed(unsolved(`it fails: ${Cause.pretty(cause)}`))),
    Effect.provide(TestContext.TestContext)
  )
