/**
 * How types flow through the refs among arguments: `Args` with refs.
 */
import type { Future } from "../Future.js"
import type * as Graph from "../Graph.js"

// Depth runs down; types past the fourth level are not followed.
type Less = [0, 0, 1, 2, 3, 4]

/** Whether a type is searched for refs: an array, a tuple, a plain record. */
type IsContainer<A> = A extends ReadonlyArray<unknown> ? true
  : A extends
    | { readonly [Symbol.iterator]: unknown }
    | Date
    | RegExp
    | ArrayBuffer
    | ArrayBufferView
    | Error
    | ((...args: Array<never>) => unknown) ? false
  : A extends object ? true
  : false

/** What may stand for a parameter of type `A`. */
export type RefArg<A, D extends number = 4> =
  | A
  | Future<A, unknown>
  | Graph.Ref<A, unknown>
  | (D extends 0 ? never
    : A extends object ? IsContainer<A> extends true ? { readonly [K in keyof A]: RefArg<A[K], Less[D]> } : never
    : never)

export type RefArgs<P extends ReadonlyArray<any>> = { readonly [K in keyof P]: RefArg<P[K]> }

/** That a node named `K` gives what a parameter of type `P` takes. */
export interface Need<out K extends string, out P> {
  readonly key: K
  readonly takes: P
}

/** Whether a type is `any`. */
type IsAny<T> = 0 extends 1 & T ? true : false

type PartOf<P, K> = K extends keyof P ? P[K] : P extends ReadonlyArray<infer U> ? U : unknown

type NeedsIn<T, P, D extends number> = IsAny<T> extends true ? never
  : T extends Graph.Ref<infer _A, infer _E, infer K> ? Need<K, P>
  : D extends 0 ? never
  : T extends ReadonlyArray<unknown> ? { [K in keyof T]: NeedsIn<T[K], PartOf<P, K>, Less[D]> }[number]
  : T extends object ? IsContainer<T> extends true ? { [K in keyof T]: NeedsIn<T[K], PartOf<P, K>, Less[D]> }[keyof T]
    : never
  : never

/** What the refs among the arguments `T`, given for the parameters `P`, need of other nodes. */
export type RefNeeds<T extends ReadonlyArray<unknown>, P extends ReadonlyArray<any>> = NeedsIn<T, P, 4>

type ErrsIn<T, D extends number> = IsAny<T> extends true ? never
  : T extends Graph.Ref<infer _A, infer E, infer _K> ? E
  : D extends 0 ? never
  : T extends ReadonlyArray<infer U> ? ErrsIn<U, Less[D]>
  : T extends object ? IsContainer<T> extends true ? { [K in keyof T]: ErrsIn<T[K], Less[D]> }[keyof T] : never
  : never

/** The errors that the refs among the arguments `T` speak of themselves. */
export type RefErrs<T extends ReadonlyArray<unknown>> = ErrsIn<T, 4>
