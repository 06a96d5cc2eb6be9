// A replica that is told to end says so first, and only then stops to listen.
import { HttpServerResponse } from "@effect/platform"
import type { HttpApp } from "@effect/platform"
import { Context, Deferred, Effect, Layer } from "effect"
import { settings } from "./settings.js"

export class Leaving extends Context.Tag("service/Leaving")<Leaving, {
  readonly isLeaving: Effect.Effect<boolean>
  readonly begin: Effect.Effect<void>
  /** Somebody who chooses between replicas knows it now. */
  readonly told: Effect.Effect<void>
  readonly untilTold: Effect.Effect<void>
}>() {
  static readonly layer = Layer.effect(
    Leaving,
    Effect.gen(function*() {
      const leaving = yield* Deferred.make<void>()
      const told = yield* Deferred.make<void>()
      return {
        isLeaving: Deferred.isDone(leaving),
        begin: Deferred.succeed(leaving, undefined),
        told: Deferred.succeed(told, undefined),
        untilTold: Deferred.await(told)
      }
    })
  )
}

/** While it leaves, no connection is kept for a next request. */
export const closing = <E, R>(app: HttpApp.Default<E, R>) =>
  Effect.gen(function*() {
    const response = yield* app
    const { isLeaving } = yield* Leaving
    return (yield* isLeaving) ? HttpServerResponse.setHeader(response, "connection", "close") : response
  })

/** To be the last that is built: what closes last to first begins here. */
export const announced = Layer.scopedDiscard(Effect.gen(function*() {
  const { begin, untilTold } = yield* Leaving
  const { drainWithin } = yield* settings
  yield* Effect.addFinalizer(() =>
    begin.pipe(
      Effect.zipRight(Effect.log("leaving: no more requests, please")),
      Effect.zipRight(Effect.timeoutOption(Effect.interruptible(untilTold), drainWithin))
    )
  )
}))
