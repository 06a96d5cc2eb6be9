/**
 * Handles that were interrupted and have no Exit yet. It owns how long they wait: until nothing that their want kept
 * going runs any more, for the grace period at most.
 */
import type * as Id from "@creel/core/Id"
import type * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import type { Handle } from "./handle.js"

/** An interrupted handle, and what ends its waiting if nothing else does. */
export interface Ending {
  readonly key: Id.Key
  readonly want: number
  readonly handle: Handle<any, any>
  limit: Limit | undefined
}

/** One timer for all that were interrupted together. */
interface Limit {
  /** How many still wait. */
  left: number
  readonly timer: Fiber.RuntimeFiber<void>
}

export class Endings {
  private readonly byKey = new Map<Id.Key, Array<Ending>>()

  constructor(
    private readonly world: {
      readonly clock: Clock.Clock
      readonly runtime: Runtime.Runtime<never>
      readonly grace: Duration.Duration
    }
  ) {}

  add(key: Id.Key, want: number, handle: Handle<any, any>): Ending {
    const entry: Ending = { key, want, handle, limit: undefined }
    const list = this.byKey.get(key)
    if (list === undefined) this.byKey.set(key, [entry])
    else list.push(entry)
    return entry
  }

  /** The grace period begins. */
  limit(entries: ReadonlyArray<Ending>): void {
    const over = () => {
      for (const { key, want } of entries) this.end(key, want)
    }
    const timer = Runtime.runFork(this.world.runtime)(
      Effect.zipRight(this.world.clock.sleep(this.world.grace), Effect.sync(over)),
      { immediate: false }
    )
    const limit: Limit = { left: entries.length, timer }
    for (const entry of entries) entry.limit = limit
  }

  /** Nothing that this want kept going runs any more, or nobody waits for that any longer. */
  end(key: Id.Key, want: number): void {
    const list = this.byKey.get(key)
    if (list === undefined) return
    const rest = list.filter((entry) => entry.want > want)
    if (rest.length === 0) this.byKey.delete(key)
    else this.byKey.set(key, rest)
    for (const entry of list) {
      if (entry.want > want) continue
      if (entry.limit !== undefined && --entry.limit.left === 0) entry.limit.timer.unsafeInterruptAsFork(FiberId.none)
      entry.handle.finishInterrupt()
    }
  }

  endAll(): void {
    for (const key of [...this.byKey.keys()]) this.end(key, Infinity)
  }
}
