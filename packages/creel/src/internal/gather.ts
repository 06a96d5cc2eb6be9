/**
 * Walks futures nested in arrays and plain records. Values of any other kind stay as they are.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { type Future, isFuture } from "../Future.js"
import type { Mode } from "../Gather.js"
import type { ClientCore } from "./clientCore.js"
import type { Handle } from "./handle.js"
import { bringing } from "./waits.js"

type AnyHandle = Handle<any, any>

const failureOf = Cause.failureOption

const isRecord = (u: unknown): u is Record<string, unknown> => {
  if (typeof u !== "object" || u === null) return false
  const proto: unknown = Object.getPrototypeOf(u)
  return proto === Object.prototype || proto === null
}

export const collect = (u: unknown, out: Array<Future.Any> = []): Array<Future.Any> => {
  if (isFuture(u)) out.push(u)
  else if (Array.isArray(u)) { for (const item of u) collect(item, out) }
  else if (isRecord(u)) { for (const key of Object.keys(u)) collect(u[key], out) }
  return out
}

const skipped = Symbol("skipped")

/** The same shape, with what `leaf` answers in each future's place; what is `skipped` is left out. */
const rebuild = (u: unknown, leaf: (future: Future.Any) => unknown): unknown => {
  if (isFuture(u)) return leaf(u)
  if (Array.isArray(u)) return u.map((item) => rebuild(item, leaf)).filter((item) => item !== skipped)
  if (!isRecord(u)) return u
  const out: Record<string, unknown> = {}
  for (const key of Object.keys(u)) {
    const value = rebuild(u[key], leaf)
    if (value !== skipped) {
      Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true })
    }
  }
  return out
}

export const gather = (core: ClientCore, futures: unknown, mode: Mode): Effect.Effect<unknown, unknown> =>
  Effect.suspend(() => {
    const handles = collect(futures) as Array<AnyHandle>
    const exits = mode === "default" ? firstFailure(core, handles) : awaitAll(core, handles)
    return Effect.flatMap(exits, (exits): Effect.Effect<unknown, unknown> => {
      const exitOf = (future: Future.Any) => exits.get(future as AnyHandle) ?? Exit.void
      switch (mode) {
        case "default":
          return Effect.succeed(rebuild(futures, (future) => Exit.getOrElse(exitOf(future), () => undefined)))
        case "skip":
          return Effect.succeed(rebuild(futures, (future) => Exit.getOrElse(exitOf(future), () => skipped)))
        case "either":
          return collapse(futures, exitOf, Either.right, Either.left)
        case "validate":
          return [...exits.values()].some(Exit.isFailure)
            ? Effect.flatMap(collapse(futures, exitOf, () => Option.none(), Option.some), Effect.fail)
            : Effect.succeed(rebuild(futures, (future) => Exit.getOrElse(exitOf(future), () => undefined)))
      }
    })
  })

type Exits = ReadonlyMap<AnyHandle, Exit.Exit<unknown, unknown>>

const awaitAll = (core: ClientCore, handles: ReadonlyArray<AnyHandle>): Effect.Effect<Exits> =>
  Effect.zipRight(
    bringing(core, handles, false),
    Effect.sync(() => new Map(handles.map((handle) => [handle, handle.peek() ?? Exit.void])))
  )

const firstFailure = (core: ClientCore, handles: ReadonlyArray<AnyHandle>): Effect.Effect<Exits, unknown> =>
  Effect.zipRight(
    bringing(core, handles, true),
    Effect.suspend((): Effect.Effect<Exits, unknown> => {
      const exits = new Map<AnyHandle, Exit.Exit<unknown, unknown>>()
      for (const handle of handles) {
        const exit = handle.peek()
        if (exit === undefined) continue
        if (Exit.isFailure(exit)) return exit
        exits.set(handle, exit)
      }
      return Effect.succeed(exits)
    })
  )

/** Typed failures in their places; a defect or an interruption is nobody's data and fails the whole. */
const collapse = (
  futures: unknown,
  exitOf: (future: Future.Any) => Exit.Exit<unknown, unknown>,
  onSuccess: (value: unknown) => unknown,
  onFailure: (error: unknown) => unknown
): Effect.Effect<unknown, unknown> => {
  for (const future of collect(futures)) {
    const exit = exitOf(future)
    if (Exit.isFailure(exit) && Option.isNone(Exit.causeOption(exit).pipe(Option.flatMap(failureOf)))) return exit
  }
  return Effect.succeed(rebuild(futures, (future) =>
    Exit.match(exitOf(future), {
      onSuccess,
      onFailure: (cause) => Option.match(failureOf(cause), { onNone: () => cause, onSome: onFailure })
    })))
}
