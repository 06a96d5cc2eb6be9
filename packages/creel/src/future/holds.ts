/**
 * Which Scope owns which handles, and what becomes of them when it closes.
 *
 * S1. Each scope has one finalizer here, however many futures it owns.
 * S2. A handle is in one hold at most: a chain through the handles themselves, so that none is dear to add or to take out.
 */
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import { together, turn } from "../internal/turns.js"
import type { Handle } from "./handle.js"

type AnyHandle = Handle<any, any>

/** Ends these futures, and answers those whose Exit is still to come. */
type End = (handles: ReadonlyArray<AnyHandle>) => ReadonlyArray<AnyHandle>

/** Whoever remembers where it was called from, and with that the scope there and all that its end holds. */
export interface Caller {
  place: { readonly hold: Hold | undefined } | undefined
}

/** The futures that a scope owns. */
export class Hold {
  /** Its scope has closed. */
  over = false
  /** Who remembers it; forgets it when it is over. */
  caller: Caller | undefined = undefined
  private last: AnyHandle | undefined = undefined

  constructor(private readonly end: End) {}

  /** From now on the scope ends it. One that had closed already ends at once what begins in it, as it would a fiber. */
  add(handle: AnyHandle): void {
    if (this.over) return void this.end([handle])
    handle.hold = this
    handle.before = this.last
    if (this.last !== undefined) this.last.after = handle
    this.last = handle
  }

  remove(handle: AnyHandle): void {
    const { after, before } = handle
    if (before !== undefined) before.after = after
    if (after === undefined) this.last = before
    else after.before = before
    handle.hold = handle.before = handle.after = undefined
  }

  /** As the scope of forked fibers does: what is pending is interrupted and waited for, what is done is let go. */
  readonly close: Effect.Effect<void> = Effect.suspend(() => {
    this.over = true
    if (this.caller?.place?.hold === this) this.caller.place = undefined
    this.caller = undefined
    return this.endRest([])
  })

  /** The youngest go first, as in any scope: of more than a turn's worth nothing goes before what was made from it. */
  private endRest(interrupting: Array<AnyHandle>): Effect.Effect<void> {
    const some: Array<AnyHandle> = []
    for (let handle = this.last; handle !== undefined && some.length < together; handle = this.last) {
      this.remove(handle)
      some.push(handle)
    }
    interrupting.push(...this.end(some.reverse()))
    if (this.last !== undefined) return Effect.flatMap(turn, () => this.endRest(interrupting))
    return interrupting.length === 0
      ? Effect.void
      : Effect.forEach(interrupting, (handle) => handle.await, { discard: true, concurrency: "unbounded" })
  }
}

export class Holds {
  private readonly byScope = new WeakMap<Scope.Scope, Hold>()

  constructor(private readonly runtime: Runtime.Runtime<never>, private readonly end: End) {}

  get(scope: Scope.Scope): Hold | undefined {
    const hold = this.byScope.get(scope)
    return hold?.over === true ? undefined : hold
  }

  /** A hold of no scope: whoever asks for it closes it. */
  loose(): Hold {
    return new Hold(this.end)
  }

  /** Of a scope that has none yet. */
  readonly attach = (scope: Scope.Scope): Effect.Effect<Hold> => {
    const hold = new Hold(this.end)
    this.byScope.set(scope, hold)
    return Effect.as(Scope.addFinalizer(scope, hold.close), hold)
  }

  /** For callers that cannot wait for an Effect: adding a finalizer never suspends. */
  of(scope: Scope.Scope): Hold {
    return this.get(scope) ?? Runtime.runSync(this.runtime)(this.attach(scope))
  }
}
