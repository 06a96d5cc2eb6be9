/** Bags of what is read on the workers: where their partitions come from, and the operation that opens them. */
import type * as Callable from "creel/Callable"
import * as Client from "creel/Client"
import type * as Task from "creel/Task"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Delayed from "../Delayed.js"
import { freshKey, fromFuture, fromNode } from "../delayed/delayed.js"
import * as Listing from "../files/listing.js"
import * as Reading from "../files/reading.js"
import { whileHeld } from "../streams/whileHeld.js"
import * as Sack from "./state.js"

type Decoder = Task.Contract<[unknown], any, any>

const opening = (decoder: Decoder | undefined): Sack.Op => ({
  name: "read",
  calls: decoder === undefined ? [Reading.read] : [Reading.read, decoder],
  wire: ([f, ...args]: ReadonlyArray<Callable.Wire>) => ({ op: "partition", f: f!, args })
})

const partsOf = (key: string, sources: ReadonlyArray<Reading.Source>): ReadonlyArray<Delayed.Any> =>
  sources.map((source, n) => fromNode(`${key}-${n}`, { _tag: "Value", value: source }, []))

/** What is known to be there. */
export const ofSources = (name: string, sources: ReadonlyArray<Reading.Source>): Sack.Sack =>
  Sack.of(Effect.succeed(partsOf(freshKey(name), sources)), {
    count: sources.length,
    name,
    pass: [opening(undefined)]
  })

/**
 * What a worker finds. It looks once, when the bag is first computed: a bag stands for the same blocks each time, so that a
 * partition that is lost can be read again.
 */
export const ofFiles = (name: string, request: Listing.Request, decoder?: Decoder): Sack.Sack => {
  const key = freshKey(name)
  let found: ReadonlyArray<Delayed.Any> | undefined
  const look: Sack.Parts = whileHeld(Effect.gen(function*() {
    const listing = yield* Client.submit(Listing.list, request)
    const exit = yield* Effect.exit(listing)
    // A partition that cannot be: who needs it fails as the look did.
    return Exit.isSuccess(exit) ? found = partsOf(key, exit.value) : [fromFuture(listing)]
  }))
  return Sack.of(Effect.suspend(() => found === undefined ? look : Effect.succeed(found)), {
    name,
    pass: [opening(decoder)],
    owner: decoder === undefined ? undefined : { task: decoder, depth: 1 }
  })
}
