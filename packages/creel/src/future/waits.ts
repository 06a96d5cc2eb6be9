/**
 * Waiting for handles: for the Exit of one or of many, or for them to be done where they are. It owns what such a wait
 * asks of the client machine, and that inside an attempt it gives the slot away.
 */
import type * as Machine from "@creel/core/Client"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { AttemptBinding, ClientCore } from "../client/core.js"
import type { FutureError } from "../FutureError.js"
import { afterTurn, together } from "../internal/turns.js"
import type { Handle, Waiter, Watcher } from "./handle.js"

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
  if (!handle.isInterrupting) handle.core.step({ _tag: "Need", keys: [handle.row] })
  return Effect.sync(() => handle.removeWaiter(waiter))
}

/** Until all of these have an Exit here, or the first of them has failed. One wait, however many they are. */
export const bringing = (
  core: ClientCore,
  handles: ReadonlyArray<AnyHandle>,
  failFast: boolean
): Effect.Effect<void> => {
  if (handles.length === 0) return Effect.void
  for (const handle of handles) handle.observe()
  const { attempt } = handles[0]!.owner
  // A slot that is given away has to be waited for.
  if (attempt !== undefined && failFast && handles.some(hasFailed)) return Effect.void
  const wait = Effect.async<void>((resume) => new Bringing(handles, failFast, () => resume(Effect.void)).begin(core))
  return suspending(core, attempt, handles, wait)
}

/** Its failure is here. */
export const hasFailed = (handle: AnyHandle): boolean => handle.peek()?._tag === "Failure"

/** The one waiter of many handles. */
class Bringing implements Waiter {
  private missing: number
  private at = 0
  private over = false

  constructor(
    private readonly handles: ReadonlyArray<AnyHandle>,
    private readonly failFast: boolean,
    private readonly done: () => void
  ) {
    this.missing = handles.length
  }

  begin(core: ClientCore): Effect.Effect<void> | undefined {
    this.waitForSome(core)
    return this.over ? undefined : Effect.sync(() => this.stop())
  }

  private waitForSome(core: ClientCore): void {
    if (this.over) return
    const needs: Array<Machine.Row> = []
    const end = Math.min(this.handles.length, this.at + together)
    for (; this.at < end; this.at++) {
      const handle = this.handles[this.at]!
      const exit = handle.peek()
      if (exit !== undefined) this.settled(exit)
      else {
        handle.addWaiter(this)
        // One of another client is brought here by that one.
        if (handle.isInterrupting) continue
        if (handle.core === core) needs.push(handle.row)
        else handle.core.step({ _tag: "Need", keys: [handle.row] })
      }
      if (this.over) return
    }
    if (needs.length > 0) core.step({ _tag: "Need", keys: needs })
    if (this.at < this.handles.length) afterTurn(() => this.waitForSome(core))
  }

  settled(exit: Exit.Exit<unknown, unknown>): void {
    this.missing--
    if (this.over || (this.missing > 0 && !(this.failFast && Exit.isFailure(exit)))) return
    this.stop()
    this.done()
  }

  private stop(): void {
    this.over = true
    // What has settled has let go of its waiters.
    if (this.missing > 0) { for (const handle of this.handles) handle.removeWaiter(this) }
  }
}

/** Until so many of these are done (their values stay where they are). */
export const waiting = (
  core: ClientCore,
  handles: ReadonlyArray<AnyHandle>,
  count: number
): Effect.Effect<void> => {
  const wait = Effect.async<void>((resume) => new Waiting(handles, count, () => resume(Effect.void)).begin())
  return suspending(core, handles[0]?.owner.attempt, handles, wait)
}

/** The one watcher of many handles. What is done may fall back to pending. */
class Waiting implements Watcher {
  private done = 0
  /** What is watched and not done, and how often it is asked for. */
  private readonly open = new Map<AnyHandle, number>()
  private readonly watched = new Map<AnyHandle, number>()

  constructor(
    private readonly handles: ReadonlyArray<AnyHandle>,
    private readonly count: number,
    private readonly over: () => void
  ) {}

  begin(): Effect.Effect<void> | undefined {
    for (const handle of this.handles) {
      if (handle.done) this.done++
      else this.watched.set(handle, (this.watched.get(handle) ?? 0) + 1)
    }
    if (this.done >= this.count) return void this.over()
    for (const [handle, times] of this.watched) {
      this.open.set(handle, times)
      handle.watch(this)
    }
    return Effect.sync(() => this.stop())
  }

  changed(handle: AnyHandle): void {
    if (handle.done === !this.open.has(handle)) return
    const times = this.watched.get(handle) ?? 0
    if (handle.done) {
      this.open.delete(handle)
      this.done += times
    } else {
      this.open.set(handle, times)
      this.done -= times
    }
    if (this.done < this.count) return
    this.stop()
    this.over()
  }

  private stop(): void {
    for (const handle of this.watched.keys()) handle.unwatch(this)
  }
}
