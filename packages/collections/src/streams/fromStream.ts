/** From a stream: partitions go to the workers as they fill. */
import * as Client from "creel/Client"
import type { SubmitError } from "creel/FutureError"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Sack from "../bag/state.js"
import type { FromStreamOptions } from "../bag/streams.js"
import type * as Delayed from "../Delayed.js"
import { fromFuture } from "../delayed/delayed.js"
import { failedHere, known } from "./streamFailed.js"
import { whileHeld } from "./whileHeld.js"

/** On a worker, and no longer here. */
const sent = (chunk: Chunk.Chunk<unknown>): Effect.Effect<Delayed.Any, SubmitError, Client.Client | Scope.Scope> =>
  Effect.gen(function*() {
    const future = yield* Client.scatter(Chunk.toReadonlyArray(chunk))
    yield* Client.wait(future)
    return fromFuture(future)
  })

/** What the stream failed with, told from what became of a submission. */
type Trouble = { readonly _tag: "Stream"; readonly error: unknown } | {
  readonly _tag: "Submit"
  readonly error: SubmitError
}

const ofStream = (error: unknown): Trouble => ({ _tag: "Stream", error })

const ofSubmit = (error: SubmitError): Trouble => ({ _tag: "Submit", error })

const readAll = (stream: Stream.Stream<unknown, unknown, any>, size: number, ahead: number): Sack.Parts =>
  Effect.gen(function*() {
    const parts: Array<Delayed.Any> = []
    const exit = yield* Stream.mapError(stream, ofStream).pipe(
      Stream.grouped(size),
      Stream.mapEffect((chunk) => Effect.mapError(sent(chunk), ofSubmit), { concurrency: ahead }),
      Stream.runForEach((part) => Effect.sync(() => parts.push(part))),
      Effect.exit
    )
    if (Exit.isSuccess(exit)) return parts
    const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
    if (failure?._tag === "Submit") return yield* failure.error
    const future = yield* Client.submit(failedHere, yield* known(Cause.map(exit.cause, ({ error }) => error)))
    return [...parts, fromFuture(future)]
  })

export const fromStream = (
  stream: Stream.Stream<unknown, unknown, any>,
  options?: FromStreamOptions
): Sack.Sack => {
  const size = Math.max(1, Math.floor(options?.partitionSize ?? 1000))
  const ahead = Math.max(1, Math.floor(options?.ahead ?? 4))
  return Sack.of(whileHeld(readAll(stream, size, ahead)), { name: "stream" })
}
