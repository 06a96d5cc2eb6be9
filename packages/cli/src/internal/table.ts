/** Columns that stand below each other. */
import { stripVTControlCharacters } from "node:util"
import type { Ink } from "./ink.js"

export interface Column<A> {
  readonly title: string
  readonly cell: (row: A) => string
  /** Numbers stand at the right. */
  readonly right?: boolean | undefined
  readonly ink?: ((text: string, row: A) => string) | undefined
}

/** What a terminal may not be told by what others named their tasks and workers. */
const control = /[\u0000-\u001f\u007f-\u009f]/g

export const clean = (text: string): string => text.replace(control, "\ufffd")

export const widthOf = (text: string): number => stripVTControlCharacters(text).length

const fill = (text: string, width: number, right: boolean): string => {
  const blank = " ".repeat(Math.max(0, width - text.length))
  return right ? blank + text : text + blank
}

export const table = <A>(
  columns: ReadonlyArray<Column<A>>,
  rows: ReadonlyArray<A>,
  ink: Ink
): ReadonlyArray<string> => {
  const cells = rows.map((row) => columns.map((column) => clean(column.cell(row))))
  const widths = columns.map((column, n) =>
    cells.reduce((most, row) => Math.max(most, row[n]!.length), column.title.length)
  )
  const line = (texts: ReadonlyArray<string>, paint: (text: string, n: number) => string): string =>
    texts.map((text, n) => {
      const { right = false } = columns[n]!
      const last = n === texts.length - 1 && !right
      return paint(last ? text : fill(text, widths[n]!, right), n)
    }).join("  ")
  return [
    line(columns.map((column) => column.title), (text) => ink.dim(text)),
    ...rows.map((row, r) => line(cells[r]!, (text, n) => columns[n]!.ink?.(text, row) ?? text))
  ]
}
