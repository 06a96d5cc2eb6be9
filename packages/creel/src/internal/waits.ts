/**
 * Waiting for handles: for the Exit of one or of many, or for them to be done where they are. It owns what such a wait
 * asks of the client machine, and that inside an attempt it gives the slot away.
 */
import type * as Machine from "@creel/core/Client"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { FutureError } from "../FutureError.js"
import type { AttemptBinding, ClientCore } from "./clientCore.js"
import type { Handle } from "./handle.js"

type AnyHandle = Handle<any, any>

/** Inside an attempt, waiting for what is not done yet gives the slot away. */
export const suspending = <A>(
  core: ClientCore,
  attempt: AttemptBinding | undefined,
  handles: ReadonlyArray<AnyHandle>,
  wait: Effect.Effect<A>
): Effect.Effect<A> => {
  if (attempt === undefined) return wait
  return Effect.suspend(() => {
    const on = handles.filter((handle) => !handle.done).map((handle) => handle.row.key)
    if (on.length === 0) return wait
    // What it waits for must be known before it is said to wait: a circle is seen then or never.
    core.flush()
    attempt.suspend(on)
    return Effect.onExit(wait, () => attempt.resume)
  })
}

/** Waits for a handle's Exit: the value is brought here. */
export const awaiting = <A, E>(handle: Handle<A, E>): Effect.Effect<Exit.Exit<A, E | FutureError>> => {
  const wait = Effect.async<Exit.Exit<A, E | FutureError>>((resume) => {
    const exit = handle.peek()
    if (exit !== undefined) return resume(Effect.succeed(exit))
    const remove = handle.addWaiter((exit) => resume(Effect.succeed(exit)))
    if (!handle.isInterrupting) handle.core.step({ _tag: "Need", key: handle.row.key })
    return Effect.sync(remove)
  })
  // One that is ending needs no slot to end: nothing is given away for it.
  return handle.isInterrupting ? wait : suspending(handle.core, handle.attempt, [handle], wait)
}

/** Until all of these have an Exit here, or the first of them has failed. One wait, however many they are. */
export const bringing = (
  core: ClientCore,
  handles: ReadonlyArray<AnyHandle>,
  failFast: boolean
): Effect.Effect<void> => {
  const wait = Effect.async<void>((resume) => {
    let missing = 0
    const removes: Array<() => void> = []
    const over = () => {
      for (const remove of removes) remove()
      resume(Effect.void)
    }
    const needs: Array<Machine.Event> = []
    for (const handle of handles) {
      handle.observe()
      const exit = handle.peek()
      if (exit !== undefined) {
        if (failFast && Exit.isFailure(exit)) return over()
        continue
      }
      missing++
      removes.push(handle.addWaiter((exit: Exit.Exit<unknown, unknown>) => {
        if (--missing === 0 || (failFast && Exit.isFailure(exit))) over()
      }))
      if (handle.isInterrupting) continue
      // One of another client is brought here by that one.
      if (handle.core === core) needs.push({ _tag: "Need", key: handle.row.key })
      else handle.core.step({ _tag: "Need", key: handle.row.key })
    }
    if (missing === 0) return over()
    core.stepAll(needs)
    return Effect.sync(() => {
      for (const remove of removes) remove()
    })
  })
  return suspending(core, handles[0]?.attempt, handles, wait)
}

/** Until so many of these are done (their values stay where they are). */
export const waiting = (
  core: ClientCore,
  handles: ReadonlyArray<AnyHandle>,
  count: number
): Effect.Effect<void> => {
  const wait = Effect.async<void>((resume) => {
    let done = 0
    for (const handle of handles) if (handle.done) done++
    if (done >= count) return resume(Effect.void)
    const open = new Set<AnyHandle>()
    const stops: Array<() => void> = []
    const stop = () => {
      for (const each of stops) each()
    }
    for (const handle of handles) {
      if (handle.done) continue
      open.add(handle)
      stops.push(handle.watch(() => {
        if (handle.done === !open.has(handle)) return
        if (handle.done) {
          open.delete(handle)
          done++
        } else {
          open.add(handle)
          done--
        }
        if (done >= count) {
          stop()
          resume(Effect.void)
        }
      }))
    }
    return Effect.sync(stop)
  })
  return suspending(core, handles[0]?.attempt, handles, wait)
}
