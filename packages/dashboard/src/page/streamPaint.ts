/**
 * Draws the task stream. A rectangle narrower than a pixel is drawn together with its neighbours in that pixel, in the colour
 * of what took longest there, so that a hundred thousand of them cost what the canvas is wide.
 */
import { cancelled, type Colours, failed, moves } from "../fold/colours.js"
import type { Rects } from "../fold/rects.js"
import type { Store } from "../fold/store.js"
import type { Row, StreamLanes } from "./streamLanes.js"

export interface View {
  /** Milliseconds since the epoch at the left edge, and pixels per millisecond. */
  readonly from: number
  readonly scale: number
  readonly width: number
  readonly height: number
  readonly scrollTop: number
  readonly now: number
  readonly highlight: string | undefined
  readonly selected: number | undefined
}

export interface Running {
  readonly row: Row
  readonly key: string
  readonly group: string
  readonly since: number
  readonly suspended: boolean
}

export interface Ink {
  readonly line: string
  readonly ink: string
  readonly faint: string
  readonly ground: string
}

const compute = 0
const done = 0
const ofCancelled = 2

/** Fills many rectangles, colour by colour. */
class Fills {
  private readonly byColour = new Map<string, Array<number>>()

  add(colour: string, x: number, y: number, width: number, height: number): void {
    let list = this.byColour.get(colour)
    if (list === undefined) this.byColour.set(colour, list = [])
    list.push(x, y, width, height)
  }

  flush(context: CanvasRenderingContext2D): void {
    for (const [colour, list] of this.byColour) {
      context.fillStyle = colour
      for (let i = 0; i < list.length; i += 4) context.fillRect(list[i]!, list[i + 1]!, list[i + 2]!, list[i + 3]!)
    }
  }
}

export class Painter {
  /** Colours by the number of a name: looked up for each rectangle. */
  private colours: Array<string> = []
  private store: Store | undefined

  constructor(private readonly palette: Colours) {}

  private colourOf(store: Store, rects: Rects, at: number): string {
    const end = rects.end[at]!
    if (end === ofCancelled) return cancelled
    if (end !== done) return failed
    const kind = rects.kind[at]!
    if (kind !== compute) return moves[kind] ?? moves[1]
    const name = rects.name[at]!
    return this.colours[name] ??= this.palette.of(store.names[name] ?? "")
  }

  /** Answers how many rectangles it looked at. */
  paint(
    context: CanvasRenderingContext2D,
    store: Store,
    lanes: StreamLanes,
    running: ReadonlyArray<Running>,
    view: View,
    ink: Ink
  ): number {
    if (this.store !== store) this.colours = []
    this.store = store
    context.clearRect(0, 0, view.width, view.height)
    this.gaps(context, store, view, ink)
    const fills = new Fills()
    const faint = new Fills()
    const marks = new Fills()
    let seen = 0
    for (const row of lanes.rows) {
      const y = row.y - view.scrollTop
      if (y > view.height || y + row.height < 0) continue
      if (row.lane >= 0) seen += this.lane(store, lanes, row, y, view, fills, faint, marks)
    }
    context.globalAlpha = 0.16
    faint.flush(context)
    context.globalAlpha = 1
    fills.flush(context)
    this.running(context, running, view)
    marks.flush(context)
    return seen
  }

  private gaps(context: CanvasRenderingContext2D, store: Store, view: View, ink: Ink): void {
    for (const [from, to] of store.now.gaps) {
      context.fillStyle = ink.faint
      const x = (from - view.from) * view.scale
      const width = (to - from) * view.scale
      if (x + width < 0 || x > view.width) continue
      context.fillRect(x, 0, Math.max(1, width), view.height)
      const left = Math.max(0, x)
      const right = Math.min(view.width, x + width)
      if (right - left < 150) continue
      context.fillStyle = ink.ink
      context.font = "12px system-ui, sans-serif"
      context.textAlign = "center"
      context.textBaseline = "middle"
      context.fillText("not seen", (left + right) / 2, view.height / 2)
    }
  }

  private lane(
    store: Store,
    lanes: StreamLanes,
    row: Row,
    top: number,
    view: View,
    fills: Fills,
    faint: Fills,
    marks: Fills
  ): number {
    const { rects } = store
    const { list } = lanes.numbersOf(row.lane)
    const { from, highlight, scale, width } = view
    const to = from + width / scale
    const y = top + (row.height > 9 ? 1 : 0.5)
    const height = row.height - (row.height > 9 ? 2 : 1)
    // What shares a pixel.
    let pixel = -1
    let longest = 0
    let colour = ""
    let bad = false
    let dim = false
    const first = firstIn(rects, list, lanes.numbersOf(row.lane).head, from)
    let index = first
    const flush = () => {
      if (pixel < 0) return
      ;(dim ? faint : fills).add(colour, pixel, y, 1, height)
      if (bad) marks.add(failed, pixel, y, 1.5, height)
      pixel = -1
      longest = 0
      bad = false
    }
    for (; index < list.length; index++) {
      const at = list[index]! % rects.capacity
      const start = rects.start[at]!
      if (start > to) break
      const millis = rects.millis[at]!
      const x = (start - from) * scale
      const w = millis * scale
      const wrong = rects.end[at]! !== done && rects.end[at]! !== ofCancelled
      const hidden = highlight !== undefined && store.names[rects.name[at]!] !== highlight
      if (w >= 1.5) {
        flush()
        const left = Math.max(-2, x)
        const right = Math.min(width + 2, x + w)
        // A hair between neighbours, where there is room for one.
        const cut = w > 4 ? 1 : w > 2.5 ? 0.5 : 0
        ;(hidden ? faint : fills).add(this.colourOf(store, rects, at), left, y, Math.max(1, right - left - cut), height)
        if (wrong) marks.add("#fff", left + 1, y + height / 2 - 0.75, Math.min(6, Math.max(1, right - left - 2)), 1.5)
        continue
      }
      const here = Math.floor(x)
      if (here !== pixel) flush()
      pixel = here
      bad ||= wrong
      if (millis >= longest) {
        longest = millis
        colour = this.colourOf(store, rects, at)
        dim = hidden
      }
    }
    flush()
    return index - first
  }

  private running(context: CanvasRenderingContext2D, running: ReadonlyArray<Running>, view: View): void {
    for (const { group, row, since, suspended } of running) {
      const y = row.y - view.scrollTop
      if (y > view.height || y + row.height < 0) continue
      const from = Math.max(-2, (since - view.from) * view.scale)
      const to = Math.min(view.width, (view.now - view.from) * view.scale)
      if (to <= from) continue
      const hidden = view.highlight !== undefined && view.highlight !== group
      context.fillStyle = this.palette.of(group)
      context.globalAlpha = hidden ? 0.08 : suspended ? 0.2 : 0.45
      context.fillRect(from, y + 1, Math.max(1, to - from), row.height - 2)
      context.globalAlpha = hidden ? 0.16 : 1
      context.fillRect(Math.max(from, to - 2), y + 1, Math.min(2, to - from), row.height - 2)
      context.globalAlpha = 1
    }
  }
}

/** The place of the first that may be seen; they stand by their ends. */
export const firstIn = (rects: Rects, list: ReadonlyArray<number>, head: number, from: number): number => {
  let low = head
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    const at = list[middle]! % rects.capacity
    if (rects.start[at]! + rects.millis[at]! < from) low = middle + 1
    else high = middle
  }
  return low
}

const steps = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  1000,
  2000,
  5000,
  10_000,
  15_000,
  30_000,
  60_000,
  120_000,
  300_000,
  600_000,
  1_800_000,
  3_600_000
]

/** Milliseconds between two lines of the axis. */
export const stepOf = (scale: number, least: number): number =>
  steps.find((step) => step * scale >= least) ?? steps[steps.length - 1]!
