/**
 * The state of one `AsCompleted`: who waits, who is done and not taken, what was taken last.
 *
 * 1. Each future added is, as often as it was added, in `watching` or in `ready` until it is taken.
 * 2. A taken future is released when the next one is taken, unless retained.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { AsCompleted } from "../AsCompleted.js"
import { handleOf } from "../client/ask.js"
import type { ClientCore } from "../client/core.js"
import type { Future } from "../Future.js"
import type { Handle, Watcher } from "./handle.js"
import { suspending } from "./waits.js"

type AnyHandle = Handle<any, any>

export class Completion<A, E> implements AsCompleted<A, E>, Watcher {
  /** Those that are not done, and how often each was added since it last was. */
  private readonly watching = new Map<AnyHandle, number>()
  /** The sum of those. */
  private waiting = 0
  /** Those from `head` on are done and not taken. */
  private ready: Array<AnyHandle> = []
  private head = 0
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
    const handle = handleOf("Client.asCompleted", future)
    this.outstanding.set(handle, (this.outstanding.get(handle) ?? 0) + 1)
    if (handle.done || handle.released) return this.isReady(handle, 1)
    const times = this.watching.get(handle)
    this.watching.set(handle, (times ?? 0) + 1)
    this.waiting++
    if (times === undefined) handle.watch(this)
  }

  changed(handle: AnyHandle): void {
    const times = this.watching.get(handle)
    if (times === undefined || !handle.done) return
    handle.unwatch(this)
    this.watching.delete(handle)
    this.waiting -= times
    this.isReady(handle, times)
  }

  private isReady(handle: AnyHandle, times: number): void {
    for (let n = 0; n < times; n++) this.ready.push(handle)
    if (this.wake.length > 0) this.wakeAll()
  }

  private wakeAll(): void {
    const wake = this.wake
    this.wake = []
    for (const each of wake) each()
  }

  /** Waits for something to take. */
  private readonly some: Effect.Effect<void, Cause.NoSuchElementException> = Effect.suspend(() => {
    this.letGo()
    if (this.ready.length > this.head) return Effect.void
    if (this.watching.size === 0) {
      return Effect.fail(new Cause.NoSuchElementException("no future is outstanding: add some before taking the next"))
    }
    const [first] = this.watching.keys()
    // Only inside an attempt does it matter which futures are waited for.
    const handles = first?.owner.attempt === undefined ? [] : [...this.watching.keys()]
    const wait = Effect.async<void>((resume) => {
      if (this.ready.length > this.head) return resume(Effect.void)
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
    () => this.shift(this.ready.length - this.head)
  )

  private shift(count: number): Array<AnyHandle> {
    const taken = this.ready.slice(this.head, this.head + count)
    this.head += count
    // Cut now and then, so that taking one costs no more where many are ready.
    if (this.head * 2 > this.ready.length) {
      this.ready.splice(0, this.head)
      this.head = 0
    }
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

  readonly count: Effect.Effect<number> = Effect.sync(() => this.outstandingCount)

  readonly isEmpty: Effect.Effect<boolean> = Effect.map(this.count, (count) => count === 0)

  readonly clear: Effect.Effect<void> = Effect.sync(() => this.forget())

  private get outstandingCount(): number {
    return this.waiting + this.ready.length - this.head
  }

  close(): void {
    this.forget()
    this.letGo()
  }

  private forget(): void {
    for (const handle of this.watching.keys()) handle.unwatch(this)
    this.watching.clear()
    this.waiting = 0
    this.outstanding.clear()
    this.ready = []
    this.head = 0
    // Who waits learns that nothing is outstanding.
    this.wakeAll()
  }

  toString(): string {
    return `AsCompleted(${this.waiting} waiting, ${this.ready.length - this.head} done)`
  }

  toJSON(): unknown {
    return { _id: "AsCompleted", waiting: this.waiting, done: this.ready.length - this.head }
  }

  [Inspectable.NodeInspectSymbol](): unknown {
    return this.toString()
  }
}
