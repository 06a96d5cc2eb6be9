/**
 * The end of an actor, told to all who watch it: once each, at once to those
 * who come late. Plain callbacks, since observers are other actors' mailboxes
 * and a fiber per watcher would be waste.
 */
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type { Terminated } from "../Watch.js"

interface Observer<E> {
  readonly tell: (terminated: Terminated<E>) => void
  /** Whether it wants to know how this ends, or only that it does. */
  readonly cares: boolean
}

export class Life<E> {
  exit: Exit.Exit<void, E> | undefined = undefined
  private readonly observers = new Set<Observer<E>>()

  constructor(readonly name: string) {}

  /** Whether anyone will learn how this ends. If not, a failure has to be logged. */
  get isWatched(): boolean {
    for (const { cares } of this.observers) if (cares) return true
    return false
  }

  readonly watch = (observer: (terminated: Terminated<E>) => void): () => void => this.observe(observer, true)

  readonly await: Effect.Effect<void, E> = Effect.async<void, E>((resume) => {
    const unwatch = this.observe((terminated) => resume(terminated.exit), true)
    return Effect.sync(unwatch)
  })

  readonly ended: Effect.Effect<void> = Effect.async<void>((resume) => {
    const unwatch = this.observe(() => resume(Effect.void), false)
    return Effect.sync(unwatch)
  })

  private observe(tell: Observer<E>["tell"], cares: boolean): () => void {
    // An object of its own: the same function may watch twice, and stop watching once.
    const observer: Observer<E> = { tell, cares }
    if (this.exit !== undefined) {
      notify(observer, { _tag: "Terminated", actor: this.name, exit: this.exit })
      return () => {}
    }
    this.observers.add(observer)
    return () => void this.observers.delete(observer)
  }

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

const notify = <E>(observer: Observer<E>, terminated: Terminated<E>): void => {
  try {
    observer.tell(terminated)
  } catch (error) {
    // A foreign callback: its throw must reach neither the dead actor nor the other observers.
    Effect.runFork(Effect.logError(`A watcher of actor "${terminated.actor}" threw`, error))
  }
}
