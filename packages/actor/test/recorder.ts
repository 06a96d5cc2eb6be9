/** A machine actor for the tests, which keeps all that it was given. */
import { MachineActor } from "@creel/actor"
import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

/** A machine that keeps every batch it was given; commands are functions. */
export type Do<E> = (hands: MachineActor.Hands<E>) => void | Effect.Effect<unknown>

export const recorder = <E, C = Do<E>>(commandsFor: (event: E) => ReadonlyArray<C> = () => []) => ({
  initial: () => ({ batches: [] as Array<ReadonlyArray<E>>, times: [] as Array<number> }),
  step: (state: { batches: Array<ReadonlyArray<E>>; times: Array<number> }, events: ReadonlyArray<E>, now: number) => {
    state.batches.push(events)
    state.times.push(now)
    return events.flatMap(commandsFor)
  }
})

export const start = <E>(
  commandsFor?: (event: E) => ReadonlyArray<Do<E>>,
  options?: {
    readonly onWorkEnd?: (name: string, exit: Exit.Failure<never, never>) => E
    readonly capacity?: number
  }
) =>
  MachineActor.make({
    name: "subject",
    machine: recorder(commandsFor),
    perform: (command, hands: MachineActor.Hands<E>) => command(hands),
    ...options
  })

export const failure = <E>(exit: Exit.Exit<unknown, E>): E => {
  assert(Exit.isFailure(exit))
  const error = Cause.failureOption(exit.cause)
  assert(error._tag === "Some")
  return error.value
}
