/**
 * Answers to what people ask, read from the scheduler's state between its steps.
 */
import * as Scheduler from "@creel/core/Scheduler"
import * as Effect from "effect/Effect"
import type * as Door from "../Door.js"

export interface Source {
  readonly state: () => Scheduler.State | undefined
  readonly now: () => number
  readonly tell: (event: Scheduler.Event) => void
  readonly scale: (workers: number) => Effect.Effect<void>
}

export const questions = (source: Source): Door.Questions => {
  const ask = <A>(none: A, answer: (state: Scheduler.State) => A): Effect.Effect<A> =>
    Effect.sync(() => {
      const state = source.state()
      return state === undefined ? none : answer(state)
    })
  return {
    explain: (key) =>
      ask({ key, state: "unknown", lines: ["the scheduler is starting"] }, (state) =>
        Scheduler.explain(state, key, source.now())),
    whoHas: (keys) => ask({}, (state) => Scheduler.whoHas(state, keys)),
    hasWhat: ask({}, (state) => Scheduler.hasWhat(state)),
    workers: ask([], (state) => Scheduler.workers(state, source.now())),
    nbytes: ask({}, (state) => Scheduler.nbytes(state)),
    progress: (keys) => ask([], (state) => Scheduler.progress(state, keys)),
    story: (subject) => ask([], (state) => Scheduler.story(state, subject)),
    restart: (by) => Effect.sync(() => source.tell({ _tag: "Restart", by })),
    scale: source.scale
  }
}
