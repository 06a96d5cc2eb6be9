/**
 * Waiting for handles: for the Exit of one or of many, or for them to be done where they are. It owns what such a wait
 * asks of the client machine, and that inside an attempt it gives the slot away.
 */
import type * as Id from "@creel/core/Id"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { FutureError } from "../FutureError.js"
import type { AttemptBinding, ClientCore } from "./clientCore.js"
import type { Handle, Waiter } from "./handle.js"

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
  const wait = Effect.async<Exit.Exit<A, E | FutureError>>((resume) =>
    settling(handle, (exit) => resume(Effect.succeed(exit)))
  )
  // One that is ending needs no slot to end: nothing is given away for it.
  return handle.isInterrupting ? wait : suspending(handle.core, handle.owner.attempt, [handle], wait)
}

/** Waits for a handle's Exit and ends as it says. */
export const joining = <A, E>(handle: Handle<A, E>): Effect.Effect<A, E | FutureError> => {
  const { attempt } = handle.owner
  if (attempt !== undefined) return Effect.flatten(awaiting(handle))
  return Effect.async<A, E | FutureError>((resume) => settling(handle, resume))
}

/** Calls back once, with the Exit; answers how to stop waiting. */
const settling = <A, E>(
  handle: Handle<A, E>,
  settled: (exit: Exit.Exit<A, E | FutureError>) => void
): Effect.Effect<void> | undefined => {
  const exit = handle.peek()
  if (exit !== undefined) return void settled(exit)
  const waiter = { settled }
  handle.addWaiter(waiter)
  if (!handle.isInterrupting) handle.core.step({ _tag: "Need", keys: [handle.row.key] })
  return Effect.sync(() => handle.removeWaiter(waiter))
}

/** Until all of these have an Exit here, or the first of them has failed. One wait, however many they are. */
export const bringing = (
  core: ClientCore,
  handles: ReadonlyArray<AnyHandle>,
  failFast: boolean
): Effect.Effect<void> => {
  const wait = Effect.async<void>((resume) => {
    const waiting: Array<AnyHandle> = []
    // One more, so that nothing is over before all were looked at.
    let missing = 1
    let over = false
    const stop = () => {
      over = true
      for (const handle of waiting) handle.removeWaiter(waiter)
    }
    const waiter: Waiter = {
      settled: (exit) => {
        missing--
        if (over || (missing > 0 && !(failFast && Exit.isFailure(exit)))) return
        // What has settled has let go of its waiters.
        if (missing > 0) stop()
        resume(Effect.void)
      }
    }
    const needs: Array<Id.Key> = []
    for (const handle of handles) {
      handle.observe()
      const exit = handle.peek()
      if (over) return
      if (exit !== undefined) {
        if (!failFast || Exit.isSuccess(exit)) continue
        stop()
        return resume(Effect.void)
      }
      missing++
      waiting.push(handle)
      handle.addWaiter(waiter)
      if (handle.isInterrupting) continue
      // One of another client is brought here by that one.
      if (handle.core === core) needs.push(handle.row.key)
      else handle.core.step({ _tag: "Need", keys: [handle.row.key] })
    }
    if (needs.length > 0) core.step({ _tag: "Need", keys: needs })
    if (over) return
    missing--
    if (missing === 0) return resume(Effect.void)
    return Effect.sync(stop)
  })
  return suspending(core, handles[0]?.owner.attempt, handles, wait)
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
  return suspending(core, handles[0]?.owner.attempt, handles, wait)
}
