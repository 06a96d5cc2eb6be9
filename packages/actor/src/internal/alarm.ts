/**
 * One sleeping fiber at most, for a deadline that moves. A deadline that moves
 * later leaves the sleeper as it is: whoever it wakes looks again. So one that
 * moves with every message costs nothing.
 */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"

export class Alarm {
  private sleeper: { readonly at: number; readonly fiber: Fiber.RuntimeFiber<void> } | undefined = undefined

  constructor(
    private readonly runtime: Runtime.Runtime<never>,
    private readonly clock: Clock.Clock,
    private readonly ring: () => void
  ) {}

  /** Rings at `at` (epoch milliseconds) or before; `undefined` and infinity ask for nothing. */
  set(at: number | undefined): void {
    if (at === undefined || !(at < Infinity)) return
    if (this.sleeper !== undefined && this.sleeper.at <= at) return
    this.clear()
    const wait = Duration.millis(Math.max(0, at - this.clock.unsafeCurrentTimeMillis()))
    const sleep = Effect.map(this.clock.sleep(wait), () => {
      this.sleeper = undefined
      this.ring()
    })
    // Not at once: a sleep of nothing must not ring before this line is done.
    this.sleeper = { at, fiber: Runtime.runFork(this.runtime)(sleep, { immediate: false }) }
  }

  clear(): void {
    this.sleeper?.fiber.unsafeInterruptAsFork(FiberId.none)
    this.sleeper = undefined
  }
}
