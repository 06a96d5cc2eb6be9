/**
 * The client's hand that brings values here. It owns the reads under way: each ends as exactly one `FetchEnded`.
 */
import type * as Machine from "@creel/core/Client"
import type * as Id from "@creel/core/Id"
import type * as Payload from "@creel/core/Payload"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import type * as Door from "../Door.js"

interface Answer {
  readonly payload: Payload.Payload | undefined
  readonly why: Door.ReadFailed["why"] | undefined
}

export class Fetches {
  private readonly fibers = new Map<Id.ValueId, Fiber.RuntimeFiber<void>>()

  constructor(
    private readonly door: Door.Service,
    private readonly runtime: Runtime.Runtime<never>,
    private readonly step: (event: Machine.Event) => void
  ) {}

  start({ from, value }: Extract<Machine.Command, { readonly _tag: "Fetch" }>): void {
    const fiber = Runtime.runFork(this.runtime)(
      this.door.read(value, from).pipe(
        Effect.matchCause({
          onSuccess: (payload): Answer => ({ payload, why: undefined }),
          onFailure: (cause): Answer => ({
            payload: undefined,
            why: cause._tag === "Fail" ? cause.error.why : "unreachable"
          })
        }),
        Effect.map(({ payload, why }) => {
          this.fibers.delete(value)
          this.step({ _tag: "FetchEnded", value, from, payload, why })
        })
      ),
      { immediate: false }
    )
    this.fibers.set(value, fiber)
    fiber.addObserver((exit) => {
      if (exit._tag === "Success") return
      this.fibers.delete(value)
      this.step({ _tag: "FetchEnded", value, from, payload: undefined, why: "unreachable" })
    })
  }

  stop(value: Id.ValueId): void {
    this.fibers.get(value)?.unsafeInterruptAsFork(FiberId.none)
  }

  stopAll(): void {
    for (const fiber of this.fibers.values()) fiber.unsafeInterruptAsFork(FiberId.none)
  }
}
