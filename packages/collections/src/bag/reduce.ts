/** Reductions as trees: a piece of each partition, then one of so many pieces, until there is one value. */
import type { SubmitError } from "creel/FutureError"
import * as Effect from "effect/Effect"
import type * as Delayed from "../Delayed.js"
import { freshKey, later } from "../delayed/delayed.js"
import type * as Bag from "./model.js"
import { contractFor, type End, node, of, type Owner, pieces, stateOf } from "./state.js"
import * as tasks from "./tasks.js"

const splitDefault = 8

const groupsOf = <A>(all: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size))

/** What a bag comes to, as a lazy value: found out when its partitions are known. */
export const reduce = (
  bag: Bag.Any,
  end: End,
  options?: Bag.ReduceOptions
): Delayed.Delayed<any, any, any> => {
  const key = freshKey(end.name)
  return later(
    key,
    Effect.suspend(() => tree(bag, end, key, Math.max(2, Math.floor(options?.splitEvery ?? splitDefault))))
  )
}

const tree = (bag: Bag.Any, end: End, key: string, splitEvery: number): Effect.Effect<Delayed.Any, SubmitError, any> =>
  Effect.gen(function*() {
    const state = stateOf(bag)
    let level = yield* pieces(state, key, end)
    const { contract, owner, wires } = yield* contractFor(tasks.merge, end.calls, state.owner, `${end.name}-merge`)
    const wire = end.wire(wires, 0)
    for (let n = 0; level.length > splitEvery; n++) {
      level = groupsOf(level, splitEvery).map((group, i) =>
        node(`${key}-${n}-${i}`, contract, [group, wire, false, owner])
      )
    }
    return node(key, contract, [level, wire, true, owner])
  })

/** A bag of one partition, which is what another one comes to. */
export const reduceToBag = (bag: Bag.Any, end: End, owner: Owner | undefined, options?: Bag.ReduceOptions): Bag.Any =>
  of(Effect.succeed([reduce(bag, end, options)]), { count: 1, name: end.name, owner })
