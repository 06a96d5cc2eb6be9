/**
 * Long notes travel in pieces: entries of their lists go ahead, the note itself comes last and makes it whole again.
 *
 * Owns which lists may be parted, cutting and joining. Machines never see a piece: what a note says holds as a whole.
 *
 * @since 0.1.0
 */
import type { Note } from "../Note.js"
import { isWork, ofInput, ofJob, ofName, ofSpec, ofSpent, ofTold, ofValue, ofWant, weigh } from "./weight.js"

type Tagged<Tag extends Note["_tag"]> = Extract<Note, { readonly _tag: Tag }>

interface Of<Tag extends Note["_tag"], Field extends keyof Tagged<Tag>> {
  readonly _tag: "Piece"
  readonly of: Tag
  readonly lists: { readonly [F in Field]?: NonNullable<Tagged<Tag>[F]> }
}

/** See `Link.Piece`. */
export type Piece =
  | Of<"ClientTold", "specs" | "wants" | "offers" | "cut" | "spent">
  | Of<"Submit", "specs" | "wants" | "keep">
  | Of<"Release", "wants">
  | Of<"Cancel", "wants">
  | Of<"Retry", "wants">
  | Of<"WorkerTold", "values" | "jobs" | "outcomes">
  | Of<"TaskSuspended", "on">
  | Of<"RunTask", "inputs">

/** See `Link.isWork`. */
export const isWorkOf = (note: Note | Piece): boolean => isWork(note._tag === "Piece" ? { _tag: note.of } : note)

type Weights<P> = P extends { readonly of: infer Tag extends string; readonly lists: infer Lists } ?
  { readonly [T in Tag]: { readonly [F in keyof Lists]-?: (entry: Entry<NonNullable<Lists[F]>>) => number } }
  : never

type Entry<List> = List extends ReadonlyArray<infer A> ? A : never

type All<U> = (U extends unknown ? (u: U) => void : never) extends (all: infer A) => void ? A : never

/** What may be parted, and what an entry weighs there: as much as in the note itself. */
const weights: All<Weights<Piece>> = {
  ClientTold: { specs: ofSpec, wants: ofTold, offers: ofValue, cut: ofName, spent: ofSpent },
  Submit: { specs: ofSpec, wants: ofWant, keep: ofName },
  Release: { wants: ofWant },
  Cancel: { wants: ofWant },
  Retry: { wants: ofWant },
  WorkerTold: { values: ofValue, jobs: ofJob, outcomes: weigh },
  TaskSuspended: { on: ofName },
  RunTask: { inputs: ofInput }
}

type Lists = Record<string, Array<unknown>>

/** The same without its types: which list belongs to which note was said above. */
const loose: Readonly<Record<string, Readonly<Record<string, (entry: never) => number>>>> = weights

/**
 * A note as it travels: pieces of at most `max` bytes, where entries allow it, and what is left of it last. What they weigh
 * together is what it weighs.
 */
export const cut = (
  note: Note,
  max: number
): ReadonlyArray<{ readonly note: Note | Piece; readonly bytes: number }> => {
  const fields = loose[note._tag]
  const bytes = weigh(note)
  if (bytes <= max || fields === undefined) return [{ note, bytes }]
  const pieces: Array<{ readonly note: Note | Piece; readonly bytes: number }> = []
  let lists: Lists = {}
  let gathered = 0
  let gone = 0
  for (const [field, weight] of Object.entries(fields)) {
    for (const entry of (note as unknown as Lists)[field] ?? []) {
      const more = weight(entry as never)
      if (gathered > 0 && gathered + more > max) {
        pieces.push({ note: { _tag: "Piece", of: note._tag, lists } as Piece, bytes: gathered })
        gone += gathered
        lists = {}
        gathered = 0
      }
      ;(lists[field] ??= []).push(entry)
      gathered += more
    }
  }
  const rest: Lists = {}
  for (const field of Object.keys(fields)) if (field in note) rest[field] = lists[field] ?? []
  pieces.push({ note: { ...note, ...rest }, bytes: bytes - gone })
  return pieces
}

/** The note whose pieces these are, of which this came last; pieces of anything else are nothing. */
export const join = (pieces: ReadonlyArray<Piece>, last: Note): Note => {
  const lists: Lists = {}
  for (const piece of pieces) {
    if (piece.of !== last._tag) continue
    for (const [field, entries] of Object.entries(piece.lists)) {
      const list = lists[field] ??= []
      for (const entry of entries) list.push(entry)
    }
  }
  for (const [field, list] of Object.entries(lists)) {
    for (const entry of (last as unknown as Lists)[field] ?? []) list.push(entry)
  }
  return { ...last, ...lists }
}
