/**
 * The end of an actor, told to all who watch it: once each, at once to those
 * who come late. Plain callbacks, since observers are other actors' mailboxes
 * and a fiber per watcher would be waste.
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type { Terminated } from "../Watch.js"

export class Life<E> {
  /** Whether anyone ever asked how this ends; if not, a failure must be logged. */
  observed = false
  exit: Exit.Exit<void, E> | undefined = undefined
  private readonly observers = new Set<(terminated: Terminated<E>) => void>()

  constructor(readonly name: string) {}

  readonly watch = (observer: (terminated: Terminated<E>) => void): () => void => {
    this.observed = true
    if (this.exit !== undefined) {
      notify(observer, { _tag: "Terminated", actor: this.name, exit: this.exit })
      return () => {}
    }
    // The same function may watch twice, and stop watching once.
    const own = (terminated: Terminated<E>) => observer(terminated)
    this.observers.add(own)
    return () => void this.observers.delete(own)
  }

  readonly await: Effect.Effect<void, E> = Effect.async<void, E>((resume) => {
    const unwatch = this.watch((terminated) => resume(terminated.exit))
    return Effect.sync(unwatch)
  })

  /** Waiting that is no interest in how it ends: a failure is still logged if nobody else watches. */
  readonly ended: Effect.Effect<void> = Effect.async<void>((resume) => {
    const observed = this.observed
    const unwatch = this.watch(() => resume(Effect.void))
    this.observed = observed
    return Effect.sync(unwatch)
  })

  /** The first end counts; returns whether this was it. */
  end(exit: Exit.Exit<void, E>): boolean {
    if (this.exit !== undefined) return false
    this.exit = exit
    const observers = Array.from(this.observers)
    this.observers.clear()
    const terminated: Terminated<E> = { _tag: "Terminated", actor: this.name, exit }
    for (const observer of observers) notify(observer, terminated)
    return true
  }
}

const notify = <E>(observer: (terminated: Terminated<E>) => void, terminated: Terminated<E>): void => {
  try {
    observer(terminated)
  } catch (error) {
    // A foreign callback: its throw must reach neither the dead actor nor the other observers.
    Effect.runFork(Effect.logError(`A watcher of actor "${terminated.actor}" threw`, error))
  }
}
