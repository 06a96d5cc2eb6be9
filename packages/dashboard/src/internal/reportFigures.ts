/** What a recording comes to: by task name and by worker, and the rectangles of its task stream. Pure. */
import type * as TaskStream from "creel/TaskStream"
import { Colours, failed as failedColour, moves } from "../fold/colours.js"
import { Lanes } from "../fold/lanes.js"

type Row = TaskStream.Row

export interface OfGroup {
  readonly group: string
  readonly count: number
  readonly failed: number
  /** In milliseconds. */
  readonly total: number
  readonly middle: number
  readonly slow: number
  readonly most: number
  readonly bytes: number
}

const at = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0

const by = <A>(rows: ReadonlyArray<A>, key: (row: A) => string): Map<string, Array<A>> => {
  const found = new Map<string, Array<A>>()
  for (const row of rows) {
    const list = found.get(key(row))
    if (list === undefined) found.set(key(row), [row])
    else list.push(row)
  }
  return found
}

const sum = (rows: ReadonlyArray<Row>, of: (row: Row) => number): number => rows.reduce((all, row) => all + of(row), 0)

/** What took longest, first. */
export const groups = (rows: ReadonlyArray<Row>): ReadonlyArray<OfGroup> =>
  Array.from(by(rows.filter((row) => row.kind === "compute"), (row) => row.group), ([group, own]) => {
    const sorted = own.map((row) => row.millis).sort((a, b) => a - b)
    return {
      group,
      count: own.length,
      failed: own.filter((row) => row.end !== "done").length,
      total: sum(own, (row) => row.millis),
      middle: at(sorted, 0.5),
      slow: at(sorted, 0.95),
      most: sorted.at(-1) ?? 0,
      bytes: sum(own, (row) => row.bytes)
    }
  }).sort((a, b) => b.total - a.total)

export interface OfWorker {
  readonly name: string
  readonly tasks: number
  /** Milliseconds. */
  readonly computing: number
  /** Of its slots, from 0 to 1. */
  readonly share: number
  readonly transfers: number
  readonly transferred: number
  readonly spilled: number
}

export const workers = (
  rows: ReadonlyArray<Row>,
  known: ReadonlyArray<{ readonly id: string; readonly name: string; readonly slots: number }>,
  millis: number
): ReadonlyArray<OfWorker> => {
  const own = by(rows, (row) => row.workerId)
  return known.map(({ id, name, slots }) => {
    const all = own.get(id) ?? []
    const of = (kind: Row["kind"]) => all.filter((row) => row.kind === kind)
    const computing = sum(of("compute"), (row) => row.millis)
    return {
      name,
      tasks: of("compute").length,
      computing,
      share: slots === 0 || millis === 0 ? 0 : computing / (slots * millis),
      transfers: of("transfer").length,
      transferred: sum(of("transfer"), (row) => row.bytes),
      spilled: sum(of("spill"), (row) => row.bytes)
    }
  }).sort((a, b) => a.name.localeCompare(b.name))
}

export interface Rect {
  readonly lane: number
  /** Milliseconds. */
  readonly start: number
  end: number
  readonly colour: string
  readonly row: Row
  /** How many are drawn as this one: they are too narrow to be told apart. */
  count: number
}

export interface Picture {
  readonly lanes: ReadonlyArray<{ readonly worker: string; readonly lane: string }>
  readonly rects: ReadonlyArray<Rect>
  readonly colours: ReadonlyMap<string, string>
}

const kinds: ReadonlyArray<Row["kind"]> = ["compute", "transfer", "spill", "load"]

/** `narrow`: so many milliseconds are not worth a rectangle of their own. */
export const picture = (rows: ReadonlyArray<Row>, narrow: number): Picture => {
  const lanes = new Lanes()
  const colours = new Colours()
  const named = new Map<string, string>()
  const last: Array<Rect | undefined> = []
  const rects: Array<Rect> = []
  const names = new Map<number, { worker: string; lane: string }>()
  for (const row of [...rows].sort((a, b) => a.start + a.millis - b.start - b.millis)) {
    const end = row.start + row.millis
    const isTask = row.kind === "compute"
    const lane = lanes.place(lanes.of(row.workerId, isTask ? row.lane : ""), row.start, end)
    names.set(lane, { worker: row.worker, lane: isTask ? row.lane : "moves" })
    const colour = row.end === "failed" || row.end === "died"
      ? failedColour
      : isTask
      ? colours.of(row.group)
      : moves[kinds.indexOf(row.kind)]!
    if (isTask) named.set(row.group, colours.of(row.group))
    const before = last[lane]
    const isSmall = row.millis < narrow
    if (before !== undefined && isSmall && before.colour === colour && row.start - before.end < narrow) {
      before.end = Math.max(before.end, end)
      before.count++
      continue
    }
    const rect: Rect = { lane, start: row.start, end, colour, row, count: 1 }
    last[lane] = rect
    rects.push(rect)
  }
  return {
    lanes: lanes.list.map((_, index) => names.get(index) ?? { worker: "", lane: "" }),
    rects,
    colours: named
  }
}
