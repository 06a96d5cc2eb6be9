/**
 * Running something in a fiber of its own. Owned here: that its interruption from inside is a failure to whoever waits,
 * not an interruption of them, and that whoever stops waiting need not wait for its end.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"

export const apart = <A, E, R>(run: Effect.Effect<A, E, R>): Effect.Effect<A, Cause.Cause<E>, R> =>
  Effect.flatMap(Effect.forkDaemon(run), (fiber) =>
    Fiber.await(fiber).pipe(
      Effect.flatMap((exit): Effect.Effect<A, Cause.Cause<E>> =>
        Exit.isSuccess(exit) ? Effect.succeed(exit.value) : Effect.fail(exit.cause)
      ),
      Effect.ensuring(Fiber.interruptFork(fiber))
    ))
