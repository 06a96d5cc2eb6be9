/** What it means for a command to be interrupted by a signal: nothing bad, for those that run until then. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

export interface Service {
  isDone: boolean
}

export class Ending extends Context.Tag("@creel/cli/Ending")<Ending, Service>() {}

/** From here on, to be told to end is to be done. */
export const interruptedIsDone: Effect.Effect<void, never, Ending> = Effect.map(Ending, (ending) => {
  ending.isDone = true
})
