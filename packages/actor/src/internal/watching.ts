/** What one actor watches, so that its own end ends that too. */
import type { Terminated, Watchable } from "../Watch.js"

export class Watching {
  private readonly stops = new Set<() => void>()

  /** Calls `observer` once, unless what this returns, or `clear`, was called before. */
  add<E>(target: Watchable<E>, observer: (terminated: Terminated<E>) => void): () => void {
    let over = false
    let unwatch = () => {}
    const stop = () => {
      over = true
      this.stops.delete(stop)
      unwatch()
    }
    this.stops.add(stop)
    // Called back before `watch` returns if the target has ended already.
    unwatch = target.watch((terminated) => {
      if (over) return
      stop()
      observer(terminated)
    })
    return stop
  }

  clear(): void {
    for (const stop of this.stops) stop()
  }
}
