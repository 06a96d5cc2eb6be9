/**
 * The client's hand that brings values here. It owns the reads under way: each ends as exactly one `FetchEnded`.
 *
 * What is asked for in one turn is read in the next, all at once: values of this process are there already, and of a
 * thousand results a fiber each, or one for each turn, would cost more than all else that is done for them.
 */
import type * as Machine from "@creel/core/Client"
import type * as Id from "@creel/core/Id"
import type * as Payload from "@creel/core/Payload"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as Runtime from "effect/Runtime"
import type * as Scheduler from "effect/Scheduler"
import type * as Door from "../Door.js"

interface Answer {
  readonly payload: Payload.Payload | undefined
  readonly why: Door.ReadFailed["why"] | undefined
}

type Fetch = Extract<Machine.Command, { readonly _tag: "Fetch" }>

export class Fetches {
  /** Asked for in this turn. */
  private next = new Map<Id.ValueId, Id.PeerId>()
  private readonly fibers = new Map<Id.ValueId, Fiber.RuntimeFiber<void>>()
  private readonly scheduler: Scheduler.Scheduler

  constructor(
    private readonly door: Pick<Door.Values, "read">,
    private readonly runtime: Runtime.Runtime<never>,
    private readonly stepAll: (events: ReadonlyArray<Machine.Event>) => void
  ) {
    this.scheduler = FiberRefs.getOrDefault(runtime.fiberRefs, FiberRef.currentScheduler)
  }

  start({ from, value }: Fetch): void {
    this.next.set(value, from)
    if (this.next.size === 1) this.scheduler.scheduleTask(this.readNext, 0)
  }

  private readonly readNext = (): void => {
    const reads = this.next
    this.next = new Map()
    const here: Array<Machine.Event> = []
    for (const [value, from] of reads) {
      const read = this.read(value, from)
      if (isExit(read) && Exit.isSuccess(read)) here.push(ended(value, from, { payload: read.value, why: undefined }))
      else this.wait(value, from, read)
    }
    if (here.length > 0) this.stepAll(here)
  }

  /** This is a bare task of Effect's scheduler: a throw would be the end of all others. */
  private read(value: Id.ValueId, from: Id.PeerId): Effect.Effect<Payload.Payload, Door.ReadFailed> {
    try {
      return this.door.read(value, from)
    } catch (error) {
      return Effect.die(error)
    }
  }

  private wait(value: Id.ValueId, from: Id.PeerId, read: Effect.Effect<Payload.Payload, Door.ReadFailed>): void {
    const fiber = Runtime.runFork(this.runtime)(
      read.pipe(
        Effect.matchCauseEffect({
          onSuccess: (payload) => Effect.succeed<Answer>({ payload, why: undefined }),
          onFailure: (cause) => {
            if (cause._tag === "Fail") return Effect.succeed<Answer>({ payload: undefined, why: cause.error.why })
            return Cause.isDie(cause)
              ? Effect.as(Effect.logWarning(`${value} was not read from ${from}: its door broke`, cause), unreachable)
              : Effect.succeed(unreachable)
          }
        }),
        Effect.map((answer) => {
          this.fibers.delete(value)
          this.stepAll([ended(value, from, answer)])
        })
      ),
      { immediate: false }
    )
    this.fibers.set(value, fiber)
    fiber.addObserver((exit) => {
      if (exit._tag === "Success") return
      this.fibers.delete(value)
      this.stepAll([ended(value, from, unreachable)])
    })
  }

  stop(value: Id.ValueId): void {
    const from = this.next.get(value)
    if (from === undefined) return void this.fibers.get(value)?.unsafeInterruptAsFork(FiberId.none)
    this.next.delete(value)
    this.stepAll([ended(value, from, unreachable)])
  }

  stopAll(): void {
    for (const value of this.next.keys()) this.stop(value)
    for (const fiber of this.fibers.values()) fiber.unsafeInterruptAsFork(FiberId.none)
  }
}

const unreachable: Answer = { payload: undefined, why: "unreachable" }

const ended = (value: Id.ValueId, from: Id.PeerId, { payload, why }: Answer): Machine.Event => ({
  _tag: "FetchEnded",
  value,
  from,
  payload,
  why
})

// The library's own guard forgets of what.
const isExit = <A, E>(effect: Effect.Effect<A, E>): effect is Exit.Exit<A, E> => Exit.isExit(effect)
