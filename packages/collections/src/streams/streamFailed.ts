/** The task that stands for a stream's failure: on the workers it is a number, and here what the stream failed with. */
import * as Task from "creel/Task"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as GlobalValue from "effect/GlobalValue"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/** What streams failed with, by number. What a stream fails with need not cross: who reads it is who is told. */
const failures = GlobalValue.globalValue(
  Symbol.for("@creel/collections/Bag/failures"),
  () => ({ next: 0, known: new Map<number, Cause.Cause<unknown>>() })
)

/** What crosses instead. */
class StreamFailed extends Schema.TaggedError<StreamFailed>("@creel/collections/StreamFailed")("StreamFailed", {
  number: Schema.Number,
  detail: Schema.String
}) {
  override get message(): string {
    return `the stream of the bag failed: ${this.detail}`
  }
}

/** Fails, as a partition that could not be made. */
export const failed = Task.make("creel/bag/failed", (failure: StreamFailed) => Effect.fail(failure), {
  args: [StreamFailed],
  error: StreamFailed
})

/** Here, the failure is what it was. */
export const failedHere: typeof failed = Object.assign(Object.create(Object.getPrototypeOf(failed)), failed, {
  decodeCause: (payload: Parameters<typeof failed.decodeCause>[0]) =>
    Cause.flatMap(
      failed.decodeCause(payload),
      (failure) => failures.known.get(failure.number) ?? Cause.fail(failure)
    )
})

/** Known for as long as anyone could ask: the scope has the futures too. */
export const known = (cause: Cause.Cause<unknown>): Effect.Effect<StreamFailed, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const number = failures.next++
      failures.known.set(number, cause)
      return new StreamFailed({ number, detail: Cause.pretty(cause).split("\n", 1)[0]! })
    }),
    ({ number }) => Effect.sync(() => failures.known.delete(number))
  )
