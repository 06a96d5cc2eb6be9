/**
 * The one table.
 */
import type { Row } from "./Result.js"

/** Three significant digits, and whole numbers from a hundred on. */
export const show = (value: number): string => {
  if (value === 0) return "0"
  const size = Math.abs(value)
  if (size >= 100) return Math.round(value).toLocaleString("en")
  return value.toPrecision(3)
}

const times = (value: number | undefined): string => value === undefined ? "" : `${show(value)} ×`

const verdict = (row: Row): string => {
  if (row.aim === undefined) return ""
  if (row.aim.met === undefined) return "not measured"
  return `${row.aim.met ? "yes" : "NO"}${row.aim.sure ? "" : "?"}`
}

/** Only of shares: what matters of one is how far it is from nothing. */
const interval = ({ interval, unit }: Row): string =>
  interval === undefined || unit !== "%" ? "" : `${show(interval[0])} … ${show(interval[1])}`

const spread = (row: Row): string => {
  if (row.runs.length < 2 || row.median === 0 || interval(row) !== "") return ""
  return `${Math.round((row.most - row.least) / Math.abs(row.median) * 100)} %`
}

const head = [
  "figure",
  "subject",
  "median",
  "",
  "spread",
  "95 %",
  "CPU µs",
  "to Dask",
  "to best pool",
  "aim",
  "reached"
]

const cells = (row: Row, before: Row | undefined): ReadonlyArray<string> => [
  row.figure === before?.figure ? "" : row.figure,
  row.variant === undefined ? row.subject : `${row.subject}, ${row.variant}`,
  show(row.median),
  row.unit,
  spread(row),
  interval(row),
  row.cpu === undefined ? "" : show(row.cpu),
  row.subject === "dask" ? "" : times(row.overDask),
  times(row.overPool),
  row.aim?.text ?? "",
  verdict(row)
]

const right = new Set([2, 4, 5, 6, 7, 8])

/** Columns as wide as they must be, a blank line between figures. */
export const table = (rows: ReadonlyArray<Row>): string => {
  const lines = rows.map((row, index) => cells(row, rows[index - 1]))
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]!.length)))
  const write = (line: ReadonlyArray<string>): string =>
    line.map((cell, column) => right.has(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))
      .join("  ").trimEnd()
  return [
    write(head),
    ...lines.flatMap((line) => line[0] === "" ? [write(line)] : ["", write(line)])
  ].join("\n")
}
