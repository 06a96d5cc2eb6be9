/**
 * From lazy values to a graph. The walk has no recursion: a chain may be as long as memory allows. A lazy value is
 * visited once, by identity; of several with one key the first that is met counts, for they are the same work, unless one
 * is held: what is there already is not done again.
 */
import type * as Collection from "creel/Collection"
import type { SubmitError } from "creel/FutureError"
import type * as Graph from "creel/Graph"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as GlobalValue from "effect/GlobalValue"
import type * as Delayed from "../Delayed.js"

/** What has been found out already in the build under way. */
const found = GlobalValue.globalValue(
  Symbol.for("@creel/collections/Delayed/found"),
  () => FiberRef.unsafeMake<Map<object, Effect.Effect<any, any, any>> | undefined>(undefined)
)

/**
 * Runs an effect once for each build, however many lazy values stand on it: the same effect, by identity. Outside of a
 * build it is the effect itself.
 */
export const once = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(FiberRef.get(found), (known) => {
    if (known === undefined) return effect
    const before: Effect.Effect<A, E, R> | undefined = known.get(effect)
    if (before !== undefined) return before
    return Effect.flatMap(Effect.cached(effect), (cached) => {
      known.set(effect, cached)
      return cached
    })
  })

/** Only what a collection was built into brings nodes of its own. */
interface Brings {
  readonly brings?: ReadonlyMap<string, Graph.Node> | undefined
}

class Walk {
  readonly nodes = new Map<string, Graph.Node>()
  private readonly seen = new Set<Delayed.Any>()
  private readonly stack: Array<Delayed.Any> = []
  private laters: Array<Delayed.Any> = []
  /** Keys whose node has yet to be found out. */
  private readonly open = new Set<string>()

  constructor(roots: ReadonlyArray<Delayed.Any>) {
    this.push(roots)
  }

  /** So that the first one is met first. */
  private push(all: ReadonlyArray<Delayed.Any>): void {
    for (let i = all.length - 1; i >= 0; i--) this.stack.push(all[i]!)
  }

  /** As far as it gets; answers what has to be found out to get further. */
  go(): ReadonlyArray<Delayed.Any> {
    let next: Delayed.Any | undefined
    while ((next = this.stack.pop()) !== undefined) this.visit(next)
    const laters = this.laters
    this.laters = []
    return laters
  }

  private visit(delayed: Delayed.Any): void {
    if (this.seen.has(delayed)) return
    this.seen.add(delayed)
    if (delayed.node?._tag === "Held") return void this.nodes.set(delayed.key, delayed.node)
    if (this.nodes.has(delayed.key) || this.open.has(delayed.key)) return
    if (delayed.node === undefined) {
      this.open.add(delayed.key)
      this.laters.push(delayed)
      return
    }
    this.nodes.set(delayed.key, delayed.node)
    const { brings } = delayed as Delayed.Any & Brings
    for (const [key, node] of brings ?? []) if (node._tag === "Held" || !this.nodes.has(key)) this.nodes.set(key, node)
    this.push(delayed.needs)
  }

  resolve(later: Delayed.Any, to: Delayed.Any): void {
    this.open.delete(later.key)
    if (this.nodes.has(later.key)) return
    if (to.key !== later.key) this.nodes.set(later.key, { _tag: "Alias", of: to.key })
    this.push([to])
  }
}

const resolving = (walk: Walk): Effect.Effect<void, SubmitError, any> =>
  Effect.suspend(() => {
    const laters = walk.go()
    if (laters.length === 0) return Effect.void
    return Effect.zipRight(
      Effect.forEach(
        laters,
        (later) => later.later === undefined ? Effect.void : Effect.map(later.later, (to) => walk.resolve(later, to)),
        { discard: true }
      ),
      resolving(walk)
    )
  })

/** All nodes that some lazy values stand for. */
export const nodes = (roots: ReadonlyArray<Delayed.Any>): Effect.Effect<Map<string, Graph.Node>, SubmitError, any> =>
  Effect.suspend(() => {
    const walk = new Walk(roots)
    return Effect.as(resolving(walk), walk.nodes)
  }).pipe(Effect.locallyWith(found, (known) => known ?? new Map()))

/** What `Collection` asks for. */
export const built = (roots: ReadonlyArray<Delayed.Any>): Effect.Effect<Collection.Built, SubmitError, any> =>
  Effect.map(nodes(roots), (nodes) => ({
    graph: { nodes },
    outputs: roots.map((root) => root.key),
    finish: undefined,
    optimize: undefined
  }))
