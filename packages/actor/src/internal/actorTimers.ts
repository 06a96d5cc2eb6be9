/** The timers of one life of an actor. See `Timers` for what is promised. */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"

interface Timer {
  /** Its last message waits in the mailbox. */
  pending: boolean
  fiber: Fiber.RuntimeFiber<unknown, unknown> | undefined
}

/** Puts a timer's message in the mailbox; `claim` is asked when its turn comes, and says whether it still counts. */
export type Deliver = (claim: () => boolean) => void

export class ActorTimers {
  private readonly timers = new Map<string, Timer>()

  constructor(private readonly scope: Scope.Scope) {}

  readonly isActive = (name: string): Effect.Effect<boolean> => Effect.sync(() => this.timers.has(name))

  readonly cancel = (name: string): Effect.Effect<void> =>
    Effect.suspend(() => {
      const timer = this.timers.get(name)
      this.timers.delete(name)
      return timer?.fiber === undefined ? Effect.void : Fiber.interruptFork(timer.fiber)
    })

  once(name: string, delay: Duration.DurationInput, deliver: Deliver): Effect.Effect<void> {
    return this.set(name, (timer) =>
      Effect.delay(
        Effect.sync(() => deliver(() => this.isCurrent(name, timer) && this.timers.delete(name))),
        delay
      ))
  }

  every(name: string, interval: Duration.DurationInput, deliver: Deliver): Effect.Effect<void> {
    const fire = (timer: Timer) =>
      Effect.sync(() => {
        if (timer.pending) return
        timer.pending = true
        deliver(() => {
          timer.pending = false
          return this.isCurrent(name, timer)
        })
      })
    return this.set(name, (timer) => Effect.forever(Effect.delay(fire(timer), interval)))
  }

  private set(name: string, run: (timer: Timer) => Effect.Effect<unknown>): Effect.Effect<void> {
    const timer: Timer = { pending: false, fiber: undefined }
    return this.cancel(name).pipe(
      Effect.zipRight(Effect.sync(() => void this.timers.set(name, timer))),
      Effect.zipRight(Effect.forkIn(Effect.interruptible(run(timer)), this.scope)),
      Effect.map((fiber) => void (timer.fiber = fiber)),
      Effect.uninterruptible
    )
  }

  private isCurrent(name: string, timer: Timer): boolean {
    return this.timers.get(name) === timer
  }
}
