/** How some elements are taken, files written, and partitions told apart. */
import type { SubmitError } from "creel/FutureError"
import * as Effect from "effect/Effect"
import type * as Delayed from "../Delayed.js"
import { once } from "../delayed/build.js"
import { freshKey, later } from "../delayed/delayed.js"
import * as Writing from "../files/writing.js"
import type * as Bag from "./model.js"
import type { TakeOptions, WriteOptions } from "./sinks.js"
import * as Sack from "./state.js"
import * as tasks from "./tasks.js"

export const isBag = Sack.isBag

type AnyDelayed = Delayed.Delayed<any, any, any>

type Found = Effect.Effect<Delayed.Any, SubmitError, any>

/** The elements of several partitions in one. */
const joined = (
  key: string,
  parts: ReadonlyArray<Delayed.Any>,
  owner: Sack.Owner | undefined,
  group: string
): Found =>
  Effect.map(
    Sack.contractFor(tasks.join, [], owner, group),
    ({ contract, owner }) => Sack.node(key, contract, [owner, ...parts])
  )

const taking = (count: number): Sack.Op => ({ name: "take", calls: [], wire: () => ({ op: "take", count }) })

export const take = (bag: Bag.Any, count: number, options?: TakeOptions): AnyDelayed => {
  const { owner } = Sack.stateOf(bag)
  const op = taking(Math.max(0, Math.floor(count)))
  const wanted = options?.partitions ?? 1
  const key = freshKey("take")
  const found: Found = Effect.gen(function*() {
    const { parts, pass } = Sack.stateOf(bag)
    const all = yield* once(parts)
    const some = wanted === "all" ? all : all.slice(0, Math.max(1, Math.floor(wanted)))
    const first = Sack.of(Effect.succeed(some), { pass: [...pass, op], owner, name: "take" })
    const taken = yield* Sack.partsOf(first)
    if (taken.length === 1) return taken[0]!
    const together = yield* joined(`${key}-join`, taken, owner, "take-join")
    const last = yield* Sack.partsOf(Sack.of(Effect.succeed([together]), { pass: [op], owner, name: "take" }))
    return last[0]!
  })
  return later(key, found)
}

/** What the partitions' files are called. */
const namesOf = (path: string, count: number, ending: string): (partition: number) => string => {
  const digits = String(Math.max(0, count - 1)).length
  const pattern = path.includes("*") ? path : `${path.replace(/\/+$/, "")}/part-*.${ending}`
  return (partition) => pattern.replaceAll("*", String(partition).padStart(digits, "0"))
}

const writing =
  (as: Writing.Target["as"], ending: string) => (bag: Bag.Any, path: string, options?: WriteOptions): AnyDelayed => {
    const key = freshKey("write")
    const gzip = options?.gzip ?? /\.gz$/i.test(path)
    const found: Found = Effect.gen(function*() {
      const state = Sack.stateOf(bag)
      const parts = yield* once(state.parts)
      const nameOf = namesOf(path, parts.length, gzip ? `${ending}.gz` : ending)
      const end: Sack.End = {
        name: "write",
        calls: [Writing.write],
        wire: ([f], partition) => ({ end: "into", f: f!, args: [{ path: nameOf(partition), gzip, as }] })
      }
      const written = yield* Sack.pieces({ ...state, parts: Effect.succeed(parts) }, key, end)
      return yield* joined(`${key}-paths`, written, undefined, "write-paths")
    })
    return later(key, found)
  }

export const toTextFiles = writing("text", "txt")

export const toJsonLines = writing("json", "jsonl")

export const toDelayed = (bag: Bag.Any): Effect.Effect<ReadonlyArray<any>, SubmitError, any> => Sack.partsOf(bag)

export const fromDelayed = (partitions: Iterable<Delayed.Any>): Sack.Sack => {
  const parts = Array.from(partitions)
  return Sack.of(Effect.succeed(parts), { count: parts.length, name: "partitions" })
}
