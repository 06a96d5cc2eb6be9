/**
 * What types know of a graph that is written down.
 */
import type * as Types from "effect/Types"
import type { Future } from "../Future.js"
import type * as Graph from "../Graph.js"
import type { Need } from "./args.js"

type NeedsOf<X> = X extends Graph.Typed<infer _A, infer _E, infer N> ? N : never

type OwnErrorOf<X> = X extends Graph.Typed<infer _A, infer E, infer _N> ? E : never

type SuccessOf<G, X> = X extends Graph.Alias<infer K> ? K extends keyof G ? SuccessOf<G, G[K]> : unknown
  : X extends Graph.Typed<infer A, infer _E, infer _N> ? A
  : unknown

/** The keys in `G` that nodes of type `X` name. A key that is only known at run time may be any. */
type Named<G, X> = NeedsOf<X> extends infer N
  ? N extends Need<infer K, infer _> ? string extends K ? keyof G : K & keyof G : never
  : never

// Breadth first, with what was seen: tail calls, so that a chain of hundreds of nodes is no matter, nor is a circle.
type ErrorsOf<G, Todo, Seen = never, E = never> = [Exclude<Todo, Seen>] extends [never] ? E
  : ErrorsOf<
    G,
    Named<G, G[Exclude<Todo, Seen> & keyof G]>,
    Seen | Todo,
    E | OwnErrorOf<G[Exclude<Todo, Seen> & keyof G]>
  >

type FaultOf<G, N> = N extends Need<infer K, infer P> ? string extends K ? never
  : K extends keyof G ? SuccessOf<G, G[K]> extends P ? never : `"${K}" does not give what this parameter takes`
  : `"${K}" names no node of this graph`
  : never

/** Each node as it may be: itself, or a sentence that shows up as the compile error. */
export type Checked<G> = {
  readonly [K in keyof G]: FaultOf<G, NeedsOf<G[K]>> extends infer M ? [M] extends [never] ? unknown : M : never
}

/** What each key gives. */
export type All<G> = { readonly [K in keyof G]: Future<SuccessOf<G, G[K]>, ErrorsOf<G, K>> }

type NamedByAny<G> = NeedsOf<G[keyof G]> extends infer N ? N extends Need<infer K, infer _> ? K : never : never

/** What the keys give that no node names; where types cannot tell which those are, each may be there or not. */
export type Outputs<G> = string extends NamedByAny<G> ? Partial<All<G>> : Omit_<All<G>, NamedByAny<G>>

type Omit_<A, K> = { readonly [P in keyof A as P extends K ? never : P]: A[P] }

type AllOf<G> = G extends Graph.Graph<infer A, infer _> ? A : never

/** What the keys of several graphs give. */
export type Together<Gs extends ReadonlyArray<unknown>> = Types.UnionToIntersection<AllOf<Gs[number]>>
