/**
 * What reductions have in common: their types, ends that call nothing, and elements with the key by which they count.
 */
import type * as Effect from "effect/Effect"
import type { YieldWrap } from "effect/Utils"
import type { Any } from "./model.js"
import { append, type End, type Fn, stateOf } from "./state.js"

/** Whatever gives a `B`, in any of the ways in which a plain function gives its value. */
export type Gives<B> =
  | B
  | PromiseLike<B>
  | Effect.Effect<B, any, any>
  | Generator<YieldWrap<Effect.Effect<any, any, any>>, B, any>

/** What has an order of its own. `NaN` is below all numbers. */
export type Ordered = number | string | bigint | boolean | Date

export const plain = (end: Parameters<End["wire"]> extends infer _ ? ReturnType<End["wire"]> : never): End => ({
  name: end.end,
  calls: [],
  wire: () => end
})

/** Each element with the key by which it counts, where there is one. */
export const tagged = (self: Any, by: Fn | undefined): Any =>
  by === undefined
    ? self
    : append(self, { name: "by", calls: [by], wire: ([f]) => ({ op: "tag", f: f! }) }, stateOf(self).owner)
