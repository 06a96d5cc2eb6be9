/**
 * Which Scope owns which handles, and what becomes of them when it closes.
 *
 * S1. Each scope has one finalizer here, however many futures it owns.
 */
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import type { Handle } from "./handle.js"

type AnyHandle = Handle<any, any>

/** The futures that a scope owns. */
export interface Hold {
  readonly handles: Set<AnyHandle>
}

export class Holds {
  private readonly byScope = new WeakMap<Scope.Scope, Hold>()

  constructor(private readonly runtime: Runtime.Runtime<never>) {}

  /** From now on this scope ends it. */
  own(handle: AnyHandle, scope: Scope.Scope): void {
    let hold = this.byScope.get(scope)
    if (hold === undefined) {
      const made: Hold = { handles: new Set() }
      hold = made
      this.byScope.set(scope, hold)
      Runtime.runSync(this.runtime)(Scope.addFinalizer(scope, this.close(scope, made)))
    }
    hold.handles.add(handle)
    handle.hold = hold
    // The scope had closed already: what begins in it ends at once, as a fiber would.
    if (this.byScope.get(scope) !== hold) end(handle)
  }

  /** As the scope of forked fibers does: what is pending is interrupted and waited for, what is done is let go. */
  private close(scope: Scope.Scope, hold: Hold): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.byScope.delete(scope)
      const interrupting = [...hold.handles].filter(end)
      return Effect.forEach(interrupting, (handle) => handle.await, { discard: true, concurrency: "unbounded" })
    })
  }
}

/** Answers whether its Exit is still to come. */
const end = (handle: AnyHandle): boolean => {
  handle.interruptNow(FiberId.none)
  if (handle.isInterrupting) return true
  handle.core.release(handle)
  return false
}
