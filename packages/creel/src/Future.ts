/**
 * Handles on work: what `submit` returns. A Future is a Fiber: `yield*` joins it, `Fiber.interrupt` ends it,
 * `Effect.race`, `Effect.all` and `Effect.timeout` take it.
 *
 * Two things a local fiber does do not cross: FiberRefs changed by the task do not come back (`inheritAll` does
 * nothing), and a Future has no `children` here. What needs a `RuntimeFiber` takes `Future.fork(future)`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Predicate from "effect/Predicate"
import * as Scope from "effect/Scope"
import type { Handle } from "./future/handle.js"
import { waiting } from "./future/waits.js"
import type { FutureError } from "./FutureError.js"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("creel/Future")

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * Where a future stands, as far as this client knows: `pending` until somebody holds its value or it has failed;
 * `finished` may fall back to `pending` when the last holder dies before the value was brought here.
 *
 * @since 0.1.0
 * @category models
 */
export type Status = "pending" | "finished" | "error" | "cancelled" | "lost"

/**
 * A value that is computed somewhere: a `Fiber` whose own errors `E` are read from the phantom, so that `FutureError`
 * is not counted among them. It belongs to the Scope it was submitted in.
 *
 * @since 0.1.0
 * @category models
 */
export interface Future<out A, out E = never> extends Fiber.Fiber<A, E | FutureError>, Disposable {
  readonly key: string
  readonly status: Status
  /** The kind of value, once somebody holds it: `number`, `Array(3)`. */
  readonly type: string | undefined
  /** Bytes of the encoded value, once somebody holds it. */
  readonly size: number | undefined
  readonly [TypeId]: {
    readonly _A: (_: never) => A
    readonly _E: (_: never) => E
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export declare namespace Future {
  /**
   * @since 0.1.0
   * @category models
   */
  export type Any = Future<unknown, unknown>

  /**
   * @since 0.1.0
   * @category models
   */
  export type Success<F> = F extends Future<infer A, unknown> ? A : never

  /**
   * @since 0.1.0
   * @category models
   */
  export type Error<F> = F extends Future<unknown, infer E> ? E : never
}

/**
 * @since 0.1.0
 * @category guards
 */
export const isFuture = (u: unknown): u is Future<unknown, unknown> => Predicate.hasProperty(u, TypeId)

// Every Future is a Handle: nothing else can be made by a user.
const handle = <A, E>(future: Future<A, E>): Handle<A, E> => future as Handle<A, E>

/**
 * Where a future stands, at once: what this client knows. `Client.explain` tells more.
 *
 * @since 0.1.0
 * @category getters
 */
export const status = (future: Future.Any): Status => future.status

/**
 * Makes the current Scope the future's owner, instead of the one it was submitted in.
 *
 * @example
 * ```ts
 * import { Client, Future, Task } from "creel"
 * import { Effect, Scope } from "effect"
 *
 * const double = Task.sync("double", (x: number) => x * 2)
 *
 * const outer = Effect.gen(function*() {
 *   const scope = yield* Effect.scope
 *   // The inner scope closes and lets go of what it owns; the future stays with the outer one.
 *   return yield* Effect.scoped(
 *     Effect.gen(function*() {
 *       const future = yield* Client.submit(double, 21)
 *       return yield* Future.retain(future).pipe(Effect.provideService(Scope.Scope, scope))
 *     })
 *   )
 * })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const retain = <A, E>(future: Future<A, E>): Effect.Effect<Future<A, E>, never, Scope.Scope> =>
  Effect.map(Scope.Scope, (scope) => {
    handle(future).core.retain(handle(future), scope)
    return future
  })

/**
 * This handle no longer counts. It never stops work that another handle, another client or an unfinished task wants;
 * work that nobody wants any more is stopped, values nobody wants are dropped. Joining it afterwards answers the Exit
 * that was here already, or fails with `FutureError` `Released`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const release = (future: Future.Any): Effect.Effect<void> =>
  Effect.sync(() => handle(future).core.release(handle(future)))

/**
 * Stops the task for everyone who may not object: see `Client.cancel`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const cancel = (
  future: Future.Any,
  options?: { readonly reason?: string | undefined; readonly force?: boolean | undefined }
): Effect.Effect<void> => Effect.sync(() => handle(future).core.cancel([handle(future)], options ?? {}))

/**
 * Tries a failed future again, from the first failure it is blamed on, and answers a new Future of the same key, owned
 * by the current Scope. A future that has not failed is not run again: its new handle is simply another one.
 *
 * @since 0.1.0
 * @category combinators
 */
export const retry = <A, E>(future: Future<A, E>): Effect.Effect<Future<A, E>, never, Scope.Scope> =>
  Effect.map(Scope.Scope, (scope) => handle(future).core.retry(handle(future), scope))

/**
 * A `RuntimeFiber` that joins the future, for `FiberSet`, `FiberMap` and `Fiber.status`. Interrupting that fiber
 * interrupts the future.
 *
 * @since 0.1.0
 * @category combinators
 */
export const fork = <A, E>(
  future: Future<A, E>
): Effect.Effect<Fiber.RuntimeFiber<A, E | FutureError>, never, Scope.Scope> =>
  // The fiber begins uninterruptible: interrupted before its first step, it must still end the future.
  Effect.uninterruptibleMask((restore) =>
    Effect.forkScoped(
      Effect.onInterrupt(restore(Effect.flatten(future.await)), (ids) =>
        Effect.forEach(ids, (id) => future.interruptAsFork(id), { discard: true }).pipe(Effect.zipRight(future.await)))
    )
  )

/**
 * Waits until the future is done, without bringing its value here.
 *
 * @since 0.1.0
 * @category combinators
 */
export const done = (future: Future.Any): Effect.Effect<Status> =>
  Effect.suspend(() => Effect.map(waiting(handle(future).core, [handle(future)], 1), () => future.status))
