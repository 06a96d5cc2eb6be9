/**
 * What progress looks like: from counts to lines, and from lines to what a terminal is sent. Nothing here writes or
 * knows a clock.
 */
import type { GroupProgress } from "creel/Door"

export interface View {
  /** Columns a line may take. */
  readonly width: number
  /** Lines there is room for. */
  readonly height: number
  readonly color: boolean
  readonly unicode: boolean
}

const unfinished = (group: GroupProgress): number => group.waiting + group.queued + group.running

export const isActive = (group: GroupProgress): boolean => unfinished(group) > 0

/** `850ms` is said as `1s`: nobody counts less than seconds here. */
export const duration = (millis: number): string => {
  const seconds = Math.max(1, Math.ceil(millis / 1000))
  const two = (n: number): string => String(n).padStart(2, "0")
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`
  return `${Math.floor(seconds / 3600)}h ${two(Math.floor((seconds % 3600) / 60))}m`
}

/** A name may hold anything; what moves a cursor is not shown. */
const printable = (name: string): string => name.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "?")

const fitted = (text: string, width: number, ellipsis: string): string =>
  text.length <= width
    ? text
    : width <= 0
    ? ""
    : text.slice(0, Math.max(0, width - ellipsis.length)) + ellipsis.slice(0, width)

const counts = (group: GroupProgress): ReadonlyArray<string> => [
  ...(group.erred > 0 ? [`${group.erred} erred`] : []),
  ...(group.running > 0 ? [`${group.running} running`] : []),
  ...(group.waiting + group.queued > 0 ? [`${group.waiting + group.queued} waiting`] : []),
  ...(isActive(group) && group.millisLeft !== undefined ? [`${duration(group.millisLeft)} left`] : [])
]

interface Cell {
  readonly text: string
  readonly color: number
}

const barWidth = 24

/** Cells of done, erred, running and the rest. What is there at all gets a cell, and a bar is full only at the end. */
const cells = (group: GroupProgress, width: number): readonly [number, number, number, number] => {
  if (group.total === 0 || width <= 0) return [0, 0, 0, width]
  const parts = [group.done, group.erred, group.running, group.waiting + group.queued]
  const sizes = parts.map((part) => Math.floor(part / group.total * width))
  parts.forEach((part, index) => {
    if (part > 0 && sizes[index] === 0) sizes[index] = 1
  })
  const difference = width - sizes.reduce((sum, size) => sum + size, 0)
  // What rounding left over goes to the end of the bar, what it took too much of comes from the longest part.
  const at = difference > 0
    ? parts.reduce((last, part, index) => part > 0 ? index : last, 0)
    : sizes.indexOf(Math.max(...sizes))
  sizes[at] = Math.max(0, (sizes[at] ?? 0) + difference)
  return sizes as [number, number, number, number]
}

const bar = (group: GroupProgress, view: View): ReadonlyArray<Cell> => {
  const [done, erred, running, rest] = cells(group, barWidth)
  const [full, bad, half, none] = view.unicode ? ["█", "█", "▒", "░"] as const : ["#", "!", "~", "."] as const
  return [
    { text: full.repeat(done), color: 32 },
    { text: bad.repeat(erred), color: 31 },
    { text: half.repeat(running), color: 36 },
    { text: none.repeat(rest), color: 90 }
  ]
}

const paint = (view: View, { color, text }: Cell): string =>
  view.color && text !== "" && color !== 0 ? `\u001b[${color}m${text}\u001b[39m` : text

/** Cut to the width before it is coloured: a line that wraps could not be drawn over. */
const line = (view: View, row: ReadonlyArray<Cell>): string => {
  let left = view.width
  const shown: Array<string> = []
  for (const cell of row) {
    const text = cell.text.slice(0, left)
    left -= text.length
    shown.push(paint(view, { ...cell, text }))
  }
  return shown.join("")
}

const maxName = 28

/** One line per group, in the order given, as many as there is room for. */
export const render = (groups: ReadonlyArray<GroupProgress>, view: View): ReadonlyArray<string> => {
  const ellipsis = view.unicode ? "…" : "..."
  const names = groups.map((group) => fitted(printable(group.group), Math.min(maxName, view.width), ellipsis))
  const nameWidth = Math.max(0, ...names.map((name) => name.length))
  const totals = groups.map((group) => `${group.done + group.erred}/${group.total}`)
  const totalWidth = Math.max(0, ...totals.map((total) => total.length))
  const lines = groups.map((group, index) =>
    line(view, [
      { text: `${(names[index] ?? "").padEnd(nameWidth)} `, color: 0 },
      ...bar(group, view),
      { text: ` ${(totals[index] ?? "").padStart(totalWidth)}`, color: 0 },
      ...counts(group).map((text): Cell => ({ text: `  ${text}`, color: text.endsWith("erred") ? 31 : 0 }))
    ])
  )
  if (lines.length <= view.height) return lines
  const room = Math.max(1, view.height - 1)
  return [...lines.slice(0, room), line(view, [{ text: `${ellipsis} and ${lines.length - room} more`, color: 90 }])]
}

const done = (group: GroupProgress): number => group.done + group.erred

const tenth = (group: GroupProgress): number => group.total === 0 ? 0 : Math.floor(done(group) / group.total * 10)

/** For a log: a group is named when it begins, with each further tenth, and at its end. */
export const plainLines = (
  before: ReadonlyArray<GroupProgress>,
  after: ReadonlyArray<GroupProgress>
): ReadonlyArray<string> =>
  after.flatMap((group) => {
    const old = before.find((other) => other.group === group.group)
    const news = old === undefined || tenth(old) !== tenth(group) || isActive(old) !== isActive(group)
    if (!news || (old === undefined && group.total === 0)) return []
    return [`${printable(group.group)}: ${[`${done(group)}/${group.total} done`, ...counts(group)].join(", ")}`]
  })

/**
 * Rows that are released are forgotten by the scheduler; here they stay counted until their group has nothing left to
 * do, so that a bar never moves backwards. A group that begins again begins from nothing.
 */
export const steady = (
  before: ReadonlyArray<GroupProgress>,
  now: ReadonlyArray<GroupProgress>
): ReadonlyArray<GroupProgress> => {
  const seen = new Map(before.map((group) => [group.group, group]))
  const next = now.map((group) => {
    const old = seen.get(group.group)
    seen.delete(group.group)
    if (old === undefined || !isActive(old) || old.total <= group.total) return group
    const forgotten = old.total - group.total
    return { ...group, total: old.total, done: group.done + forgotten }
  })
  // Forgotten altogether: it had its end, if it was still going.
  const ended = [...seen.values()].filter(isActive).map((group) => ({
    ...group,
    waiting: 0,
    queued: 0,
    running: 0,
    done: group.total - group.erred,
    millisLeft: undefined
  }))
  return [...next, ...ended]
}

/** What to write so that `lines` stand where the `drawn` lines of before stood. */
export const redraw = (drawn: number, lines: ReadonlyArray<string>): string =>
  (drawn > 0 ? `\u001b[${drawn}A` : "") +
  lines.map((text) => `\r${text}\u001b[K\n`).join("") +
  (drawn > lines.length ? "\u001b[J" : "")
