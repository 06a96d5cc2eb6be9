/**
 * Operations that call something: how they are noted, and the types of what they are given.
 */
import * as Task from "creel/Task"
import { dual } from "effect/Function"
import type * as Delayed from "../Delayed.js"
import { shared } from "../delayed/delayed.js"
import type { Any } from "./model.js"
import { append, type Fn, isBag, type Owner, stateOf } from "./state.js"

/** What lazy arguments may fail with, and what they need. */
export type Fails<T extends ReadonlyArray<unknown>> = Delayed.Errs<T, ReadonlyArray<unknown>>
export type Needs<T extends ReadonlyArray<unknown>> = Delayed.Context<T, ReadonlyArray<unknown>>
export type Some = readonly [unknown, ...ReadonlyArray<unknown>]
export type Given<T> = Delayed.Values<T> extends infer P extends ReadonlyArray<unknown> ? P : never

export type Each<A> = A extends Iterable<infer B> ? B : never

const ownerOf = (f: Fn, depth: 0 | 1): Owner | undefined =>
  Task.isContract(f) && f.schemas.success !== undefined ? { task: f, depth } : undefined

/** Bag first, or last. */
export const calling = (op: "map" | "starmap" | "filter" | "remove" | "partition"): any =>
  dual(
    (args) => isBag(args[0]),
    (self: Any, f: Fn, ...given: ReadonlyArray<unknown>) => {
      const args = given.map(shared)
      const owner = op === "map" || op === "starmap"
        ? ownerOf(f, 1)
        : op === "partition"
        ? ownerOf(f, 0)
        : stateOf(self).owner
      return append(self, { name: op, calls: [f], wire: (wires) => ({ op, f: wires[0]!, args }) }, owner)
    }
  )
