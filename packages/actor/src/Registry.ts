/**
 * Names for what runs now. A name belongs to the Scope it was registered in
 * and is free again when that closes, so a supervised child that registers
 * itself in its `start` is found under the same name in every life.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Types from "effect/Types"
import { NameTaken, NameUnknown } from "./ActorError.js"

/**
 * A name with the type of what it stands for. The key itself is the identity:
 * another key of the same name competes for the name and finds nothing.
 *
 * @since 0.1.0
 * @category models
 */
export interface Key<in out A> {
  readonly name: string
  readonly _A?: Types.Invariant<A> | undefined
}

/**
 * Makes a key, to be shared by who registers and who looks up.
 *
 * @example
 * ```ts
 * import { MachineActor, Registry } from "@creel/actor"
 * import { Effect } from "effect"
 *
 * const Scheduler = Registry.key<MachineActor.MachineRef<string, unknown>>("scheduler")
 *
 * export const program = Effect.flatMap(Registry.lookup(Scheduler), (scheduler) =>
 *   Effect.sync(() => scheduler.tell("WorkerJoined")))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const key = <A>(name: string): Key<A> => ({ name })

/**
 * Who runs under which name.
 *
 * @since 0.1.0
 * @category models
 */
export class Registry extends Context.Tag("@creel/actor/Registry")<Registry, {
  /** Takes the name until the Scope closes. */
  readonly register: <A>(key: Key<A>, value: A) => Effect.Effect<void, NameTaken, Scope.Scope>
  /** What is registered now. Do not keep it longer than needed: a restart registers another. */
  readonly lookup: <A>(key: Key<A>) => Effect.Effect<A, NameUnknown>
  /** All names in use, sorted. */
  readonly names: Effect.Effect<ReadonlyArray<string>>
}>() {}

/**
 * Makes an empty registry.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Registry["Type"]> = Effect.sync(() => {
  const holders = new Map<string, { readonly key: unknown; readonly value: unknown }>()
  const take = <A>(key: Key<A>, value: A) =>
    Effect.suspend(() => {
      if (holders.has(key.name)) return Effect.fail(new NameTaken({ name: key.name }))
      holders.set(key.name, { key, value })
      return Effect.void
    })
  return {
    register: (key, value) =>
      Effect.acquireRelease(take(key, value), () => Effect.sync(() => void holders.delete(key.name))),
    lookup: <A>(key: Key<A>) =>
      Effect.suspend(() => {
        const holder = holders.get(key.name)
        return holder === undefined || holder.key !== key
          ? Effect.fail(new NameUnknown({ name: key.name }))
          // Registered under this very key.
          : Effect.succeed(holder.value as A)
      }),
    names: Effect.sync(() => Array.from(holders.keys()).sort())
  }
})

/**
 * A registry for all that is built on this Layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Registry> = Layer.effect(Registry, make)

/**
 * Takes the name until the Scope closes; fails if it is taken.
 *
 * @since 0.1.0
 * @category combinators
 */
export const register = <A>(key: Key<A>, value: A): Effect.Effect<void, NameTaken, Registry | Scope.Scope> =>
  Effect.flatMap(Registry, (registry) => registry.register(key, value))

/**
 * What is registered under this key now.
 *
 * @since 0.1.0
 * @category combinators
 */
export const lookup = <A>(key: Key<A>): Effect.Effect<A, NameUnknown, Registry> =>
  Effect.flatMap(Registry, (registry) => registry.lookup(key))
