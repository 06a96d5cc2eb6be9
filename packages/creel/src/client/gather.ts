/**
 * Walks futures nested in arrays and plain records. Values of any other kind stay as they are.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { type Future, isFuture } from "../Future.js"
import { Handle } from "../future/handle.js"
import { bringing, hasFailed } from "../future/waits.js"
import type { Mode } from "../Gather.js"
import type { ClientCore } from "./core.js"
import { shown } from "./wrongOptions.js"

type AnyHandle = Handle<any, any>

const isLeaf = (u: unknown): u is AnyHandle => u instanceof Handle || isFuture(u)

const isRecord = (u: unknown): u is Record<string, unknown> => {
  if (typeof u !== "object" || u === null) return false
  const proto: unknown = Object.getPrototypeOf(u)
  return proto === Object.prototype || proto === null
}

/** No data is nested so deep; what is goes round in a circle. */
const maxDepth = 1000

export const collect = (u: unknown, out: Array<Future.Any> = [], depth = 0): Array<Future.Any> => {
  if (depth > maxDepth) {
    throw new Cause.IllegalArgumentException(
      `Client.gather: futures are looked for ${maxDepth} levels deep, and this goes on below: it contains itself, or is no data`
    )
  }
  if (isLeaf(u)) out.push(u)
  else if (Array.isArray(u)) { for (const item of u) collect(item, out, depth + 1) }
  else if (isRecord(u)) { for (const key of Object.keys(u)) collect(u[key], out, depth + 1) }
  return out
}

const modes: ReadonlyArray<Mode> = ["default", "either", "validate", "skip"]

const skipped = Symbol("skipped")

/** The same shape, with what `leaf` answers in each future's place; what is `skipped` is left out. */
const rebuild = (u: unknown, leaf: (handle: AnyHandle) => unknown): unknown => {
  if (isLeaf(u)) return leaf(u)
  if (Array.isArray(u)) {
    const out: Array<unknown> = []
    for (let i = 0; i < u.length; i++) {
      const item: unknown = u[i]
      // A hole stays one, so that what comes after it stays in its place.
      if (item === undefined && !(i in u)) {
        out.length++
        continue
      }
      const value = rebuild(item, leaf)
      if (value !== skipped) out.push(value)
    }
    return out
  }
  if (!isRecord(u)) return u
  const out: Record<string, unknown> = {}
  for (const key of Object.keys(u)) {
    const value = rebuild(u[key], leaf)
    if (value === skipped) continue
    // A key like `__proto__` is a key too.
    if (key in out) Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true })
    else out[key] = value
  }
  return out
}

type AnyExit = Exit.Exit<unknown, unknown>

/** They have been brought: each has its Exit. */
const exitOf = (handle: AnyHandle): AnyExit => handle.peek() ?? Exit.void

const valueOf = (handle: AnyHandle): unknown => {
  const exit = exitOf(handle)
  return exit._tag === "Success" ? exit.value : undefined
}

const valueOrSkipped = (handle: AnyHandle): unknown => {
  const exit = exitOf(handle)
  return exit._tag === "Success" ? exit.value : skipped
}

export const gather = (core: ClientCore, futures: unknown, mode: Mode): Effect.Effect<unknown, unknown> =>
  Effect.suspend(() => {
    if (!modes.includes(mode)) {
      return Effect.dieMessage(`Client.gather: mode is ${shown(mode)}, and has to be one of ${modes.join(", ")}`)
    }
    const handles = collect(futures) as Array<AnyHandle>
    return Effect.flatMap(bringing(core, handles, mode === "default"), () => answer(futures, handles, mode))
  })

const answer = (
  futures: unknown,
  handles: ReadonlyArray<AnyHandle>,
  mode: Mode
): Effect.Effect<unknown, unknown> => {
  switch (mode) {
    case "default": {
      const failed = handles.find(hasFailed)
      return failed === undefined ? Effect.succeed(rebuild(futures, valueOf)) : exitOf(failed)
    }
    case "skip":
      return Effect.succeed(rebuild(futures, valueOrSkipped))
    case "either":
      return collapse(futures, handles, Either.right, Either.left)
    case "validate":
      return handles.some(hasFailed)
        ? Effect.flatMap(collapse(futures, handles, () => Option.none(), Option.some), Effect.fail)
        : Effect.succeed(rebuild(futures, valueOf))
  }
}

/** Typed failures in their places; a defect or an interruption is nobody's data and fails the whole. */
const collapse = (
  futures: unknown,
  handles: ReadonlyArray<AnyHandle>,
  onSuccess: (value: unknown) => unknown,
  onFailure: (error: unknown) => unknown
): Effect.Effect<unknown, unknown> => {
  for (const handle of handles) {
    const exit = exitOf(handle)
    if (Exit.isFailure(exit) && Option.isNone(Cause.failureOption(exit.cause))) return exit
  }
  return Effect.succeed(rebuild(futures, (handle) =>
    Exit.match(exitOf(handle), {
      onSuccess,
      onFailure: (cause) => Option.match(Cause.failureOption(cause), { onNone: () => cause, onSome: onFailure })
    })))
}
