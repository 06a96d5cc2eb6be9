/**
 * The state of one `AsCompleted`: who waits, who is done and not taken, what was taken last.
 *
 * 1. Each future added is in exactly one of `watching` and `ready` until it is taken.
 * 2. A taken future is released when the next one is taken, unless retained.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { AsCompleted } from "../AsCompleted.js"
import type { Future } from "../Future.js"
import type { ClientCore } from "./clientCore.js"
import type { Handle } from "./handle.js"
import { suspending } from "./waits.js"

type AnyHandle = Handle<any, any>

export class Completion<A, E> implements AsCompleted<A, E> {
  private readonly watching = new Map<symbol, { readonly handle: AnyHandle; readonly stop: () => void }>()
  private ready: Array<AnyHandle> = []
  /** How often each is in `watching` and `ready` together. */
  private readonly outstanding = new Map<AnyHandle, number>()
  private taken: Array<AnyHandle> = []
  private wake: Array<() => void> = []

  constructor(private readonly core: ClientCore) {}

  readonly add = (future: Future<A, E>): Effect.Effect<void> => Effect.sync(() => this.addNow(future))

  readonly update = (futures: Iterable<Future<A, E>>): Effect.Effect<void> =>
    Effect.sync(() => {
      for (const future of futures) this.addNow(future)
    })

  addNow(future: Future<A, E>): void {
    const handle = future as AnyHandle
    this.outstanding.set(handle, (this.outstanding.get(handle) ?? 0) + 1)
    if (handle.done || handle.released) return this.isReady(handle)
    const id = Symbol()
    const stop = handle.watch(() => {
      if (!handle.done) return
      stop()
      this.watching.delete(id)
      this.isReady(handle)
    })
    this.watching.set(id, { handle, stop })
  }

  private isReady(handle: AnyHandle): void {
    this.ready.push(handle)
    this.wakeAll()
  }

  private wakeAll(): void {
    const wake = this.wake
    this.wake = []
    for (const each of wake) each()
  }

  /** Waits for something to take. */
  private readonly some: Effect.Effect<void, Cause.NoSuchElementException> = Effect.suspend(() => {
    this.letGo()
    if (this.ready.length > 0) return Effect.void
    if (this.watching.size === 0) {
      return Effect.fail(new Cause.NoSuchElementException("no future is outstanding: add some before taking the next"))
    }
    const [first] = this.watching.values()
    // Only inside an attempt does it matter which futures are waited for.
    const handles = first?.handle.owner.attempt === undefined
      ? []
      : [...this.watching.values()].map((entry) => entry.handle)
    const wait = Effect.async<void>((resume) => {
      if (this.ready.length > 0) return resume(Effect.void)
      const wake = () => resume(Effect.void)
      this.wake.push(wake)
      return Effect.sync(() => {
        this.wake = this.wake.filter((each) => each !== wake)
      })
    })
    // Another fiber may have taken it meanwhile.
    return Effect.zipRight(suspending(this.core, handles[0]?.owner.attempt, handles, wait), this.some)
  })

  readonly take: Effect.Effect<Future<A, E>, Cause.NoSuchElementException> = Effect.map(
    Effect.suspend(() => this.some),
    () => this.shift(1)[0] as Handle<A, E>
  )

  readonly takeBatch: Effect.Effect<ReadonlyArray<Future<A, E>>, Cause.NoSuchElementException> = Effect.map(
    Effect.suspend(() => this.some),
    () => this.shift(this.ready.length)
  )

  private shift(count: number): Array<AnyHandle> {
    const taken = this.ready.splice(0, count)
    for (const handle of taken) {
      const times = (this.outstanding.get(handle) ?? 1) - 1
      if (times === 0) this.outstanding.delete(handle)
      else this.outstanding.set(handle, times)
    }
    this.taken = taken
    return taken
  }

  private letGo(): void {
    for (const handle of this.taken) {
      // Added twice, or again: not to be let go yet.
      if (!handle.retained && !this.outstanding.has(handle)) handle.core.release(handle)
    }
    this.taken = []
  }

  readonly stream: Stream.Stream<Future<A, E>> = Stream.repeatEffectOption(Effect.mapError(this.take, Option.none))

  readonly batches: Stream.Stream<ReadonlyArray<Future<A, E>>> = Stream.repeatEffectOption(
    Effect.mapError(this.takeBatch, Option.none)
  )

  readonly results = Stream.mapEffect(this.stream, (future) => Effect.flatten(future.await))

  readonly settled = Stream.mapEffect(this.stream, (future) => Effect.either(Effect.flatten(future.await)))

  readonly count: Effect.Effect<number> = Effect.sync(() => this.watching.size + this.ready.length)

  readonly isEmpty: Effect.Effect<boolean> = Effect.map(this.count, (count) => count === 0)

  readonly clear: Effect.Effect<void> = Effect.sync(() => this.forget())

  close(): void {
    this.forget()
    this.letGo()
  }

  private forget(): void {
    for (const { stop } of this.watching.values()) stop()
    this.watching.clear()
    this.outstanding.clear()
    this.ready = []
    // Who waits learns that nothing is outstanding.
    this.wakeAll()
  }

  toString(): string {
    return `AsCompleted(${this.watching.size} waiting, ${this.ready.length} done)`
  }

  toJSON(): unknown {
    return { _id: "AsCompleted", waiting: this.watching.size, done: this.ready.length }
  }

  [Inspectable.NodeInspectSymbol](): unknown {
    return this.toString()
  }
}
