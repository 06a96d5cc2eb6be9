/**
 * The task stream: a canvas that follows the present, or stands where somebody put it. Zoom with the wheel or + and -, move by
 * dragging or with the arrows, pause with the space bar; whatever is under the pointer is explained, and opens with a click.
 */
import * as Amount from "../fold/amounts.js"
import type { Colours } from "../fold/colours.js"
import type { Worker } from "../fold/store.js"
import type { Feed } from "./feed.js"
import { type Row, StreamLanes } from "./streamLanes.js"
import { firstIn, type Ink, Painter, type Running, stepOf } from "./streamPaint.js"
import { hideTip, showTip } from "./tip.js"

const axis = 20
const spanLeast = 2
const spanMost = 6 * 3_600_000

const kinds = ["ran", "value came", "spilled", "loaded"]
const ends = ["done", "failed", "cancelled", "its executor died"]

/** What a pointer can find: a rectangle that has ended, by its number, or one that runs. */
type Found = { readonly number: number } | { readonly running: Running }

export interface StreamOptions {
  readonly feed: Feed
  readonly colours: Colours
  readonly only?: string | undefined
  readonly open: (key: string) => void
  readonly changed: () => void
}

export class TaskStream {
  /** Milliseconds that are seen. */
  span = 30_000
  /** The right edge where it stands still; nothing while it follows. */
  until: number | undefined
  highlight: string | undefined
  /** Of the last paint: milliseconds, and rectangles looked at. */
  painted = { millis: 0, rects: 0, frames: 0 }
  private readonly lanes = new StreamLanes()
  private readonly painter: Painter
  private running: Array<Running> = []
  private context!: CanvasRenderingContext2D
  private canvas!: HTMLCanvasElement
  private frame = 0
  private dirty = true
  private lastPaint = 0
  private width = 0
  private height = 0
  private gutter = 0
  private scrollTop = 0
  private ink!: Ink
  private pointer: { readonly x: number; readonly y: number } | undefined
  private drag: { readonly x: number; readonly until: number; moved: boolean } | undefined

  constructor(readonly options: StreamOptions) {
    this.painter = new Painter(options.colours)
  }

  mount(host: HTMLElement): () => void {
    const canvas = document.createElement("canvas")
    canvas.tabIndex = 0
    canvas.setAttribute("role", "img")
    canvas.setAttribute(
      "aria-label",
      "Task stream: lanes of executors over time. Arrows move, plus and minus zoom, space pauses."
    )
    host.append(canvas)
    this.canvas = canvas
    this.context = canvas.getContext("2d")!
    const size = new ResizeObserver(() => this.resize(host))
    size.observe(host)
    this.resize(host)
    this.listen(canvas)
    const loop = () => {
      this.frame = requestAnimationFrame(loop)
      this.turn()
    }
    this.frame = requestAnimationFrame(loop)
    return () => {
      cancelAnimationFrame(this.frame)
      size.disconnect()
      hideTip()
    }
  }

  /** News came, or colours changed. */
  refresh(): void {
    this.dirty = true
  }

  follow(): void {
    this.until = undefined
    this.dirty = true
    this.options.changed()
  }

  pause(): void {
    if (this.until === undefined) this.until = this.options.feed.now
    else this.until = undefined
    this.dirty = true
    this.options.changed()
  }

  /** `about`: a place that stays, 0 at the left edge to 1. */
  zoom(factor: number, about: number = this.until === undefined ? 1 : 0.5): void {
    const span = Math.min(spanMost, Math.max(spanLeast, this.span * factor))
    if (this.until !== undefined || about < 0.95) {
      const at = this.right - this.span * (1 - about)
      this.until = at + span * (1 - about)
    }
    this.span = span
    this.dirty = true
    this.options.changed()
  }

  /** By a part of what is seen; past the present it follows. */
  move(part: number): void {
    this.until = this.right + part * this.span
    if (this.until >= this.options.feed.now) this.until = undefined
    this.dirty = true
    this.options.changed()
  }

  /** All that there is. */
  fit(): void {
    const { rects } = this.options.feed.store
    if (rects.next === 0) return
    let least = Infinity
    for (let n = rects.oldest; n < rects.next; n += 1) least = Math.min(least, rects.start[n % rects.capacity]!)
    this.until = undefined
    this.span = Math.min(spanMost, Math.max(1000, (this.options.feed.now - least) * 1.02))
    this.dirty = true
    this.options.changed()
  }

  private get right(): number {
    return this.until ?? this.options.feed.now
  }

  private get scale(): number {
    return (this.width - this.gutter) / this.span
  }

  private resize(host: HTMLElement): void {
    const { clientHeight, clientWidth } = host
    const ratio = devicePixelRatio || 1
    this.width = clientWidth
    this.height = clientHeight
    this.gutter = clientWidth < 560 ? 64 : 132
    this.canvas.width = Math.round(clientWidth * ratio)
    this.canvas.height = Math.round(clientHeight * ratio)
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0)
    this.dirty = true
  }

  private turn(): void {
    const now = performance.now()
    if (this.until === undefined && !this.dirty) {
      // The picture moves by itself: so often as it moves by half a pixel, and not more often than it needs to look smooth.
      const moved = (now - this.lastPaint) * this.scale
      if (moved < 0.5 || now - this.lastPaint < 30) return
    } else if (!this.dirty) return
    this.dirty = false
    this.lastPaint = now
    this.paint()
    this.painted = {
      millis: performance.now() - now,
      rects: this.painted.rects,
      frames: this.painted.frames + 1
    }
    if (this.pointer !== undefined && this.drag === undefined) this.explain()
  }

  private paint(): void {
    const { context, height, width } = this
    const { feed, only } = this.options
    const { store } = feed
    const style = getComputedStyle(this.canvas)
    const of = (name: string) => style.getPropertyValue(name).trim()
    this.ink = { line: of("--line"), ink: of("--muted"), faint: of("--gap"), ground: of("--surface") }
    this.lanes.read(store)
    this.lanes.arrange(store, height - axis, only)
    this.scrollTop = Math.max(0, Math.min(this.scrollTop, this.lanes.height - (height - axis)))
    this.running = this.place(store.workers.list)
    context.clearRect(0, 0, width, height)
    this.axis()
    const view = {
      from: this.right - this.span,
      scale: this.scale,
      width: width - this.gutter,
      height: height - axis,
      scrollTop: this.scrollTop,
      now: feed.now,
      highlight: this.highlight,
      selected: undefined
    }
    context.save()
    context.beginPath()
    context.rect(this.gutter, 0, view.width, view.height)
    context.clip()
    context.translate(this.gutter, 0)
    this.grid(view.height)
    const rects = this.painter.paint(context, store, this.lanes, this.running, view, this.ink)
    context.restore()
    this.labels()
    this.painted = { ...this.painted, rects }
  }

  /** What runs is drawn where it will probably end up: the lane of its worker that has been free longest before it began. */
  private place(workers: ReadonlyArray<Worker>): Array<Running> {
    const { rects } = this.options.feed.store
    const out: Array<Running> = []
    for (const worker of workers) {
      if (worker.now.length === 0) continue
      const free = this.lanes.rows.filter((row) => row.worker.id === worker.id && !row.moves).map((row) => {
        const { head, list } = row.lane < 0 ? { head: 0, list: [] } : this.lanes.numbersOf(row.lane)
        const last = list.length > head ? list[list.length - 1]! % rects.capacity : -1
        return { row, end: last < 0 ? 0 : rects.start[last]! + rects.millis[last]! }
      })
      for (const one of [...worker.now].sort((a, b) => a.since - b.since)) {
        let best = -1
        free.forEach((lane, index) => {
          if (lane.end <= one.since + 3 && (best < 0 || lane.end > free[best]!.end)) best = index
        })
        if (best < 0) best = free.length > 0 ? 0 : -1
        const [lane] = best < 0 ? [] : free.splice(best, 1)
        if (lane !== undefined) out.push({ ...one, row: lane.row, since: Math.max(one.since, lane.end) })
      }
    }
    return out
  }

  private axis(): void {
    const { context, gutter, height, width } = this
    const step = stepOf(this.scale, 90)
    const from = this.right - this.span
    context.fillStyle = this.ink.ink
    context.font = "11px system-ui, sans-serif"
    context.textBaseline = "middle"
    context.textAlign = "center"
    const digits = step >= 1000 ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : 3
    for (let at = Math.ceil(from / step) * step; at < this.right; at += step) {
      const x = gutter + (at - from) * this.scale
      if (x > gutter + 24 && x < width - 24) context.fillText(Amount.clock(at, digits), x, height - axis / 2 + 1)
    }
  }

  private grid(height: number): void {
    const { context } = this
    const step = stepOf(this.scale, 90)
    const from = this.right - this.span
    context.fillStyle = this.ink.line
    for (let at = Math.ceil(from / step) * step; at < this.right; at += step) {
      context.fillRect(Math.round((at - from) * this.scale), 0, 1, height)
    }
    context.fillRect(0, height - 1, this.width, 1)
  }

  private labels(): void {
    const { context, gutter, height } = this
    context.save()
    context.beginPath()
    context.rect(0, 0, gutter - 8, height - axis)
    context.clip()
    context.textBaseline = "middle"
    context.textAlign = "left"
    for (const row of this.lanes.rows) {
      if (!row.first) continue
      const y = row.y - this.scrollTop + row.height / 2
      context.fillStyle = row.worker.gone === undefined ? this.ink.ink : "#d1432f"
      context.font = "12px system-ui, sans-serif"
      context.fillText(row.worker.name, 0, Math.max(y, 7))
    }
    context.restore()
  }

  private rowAt(y: number): Row | undefined {
    const at = y + this.scrollTop
    return y > this.height - axis ? undefined : this.lanes.rows.find((row) => at >= row.y && at < row.y + row.height)
  }

  /** What is there, or within two pixels; of several the one that is nearest. */
  private find(x: number, y: number): Found | undefined {
    const row = this.rowAt(y)
    if (row === undefined || x < this.gutter) return undefined
    const { rects } = this.options.feed.store
    const from = this.right - this.span
    const at = from + (x - this.gutter) / this.scale
    const near = 3 / this.scale
    let best: { readonly found: Found; readonly distance: number } | undefined
    const offer = (found: Found, start: number, end: number) => {
      const distance = at < start ? start - at : at > end ? at - end : 0
      if (distance <= near && (best === undefined || distance <= best.distance)) best = { found, distance }
    }
    if (row.lane >= 0) {
      const { head, list } = this.lanes.numbersOf(row.lane)
      for (let index = firstIn(rects, list, head, at - near); index < list.length; index++) {
        const place = list[index]! % rects.capacity
        const start = rects.start[place]!
        if (start > at + near) break
        offer({ number: list[index]! }, start, start + rects.millis[place]!)
      }
    }
    for (const running of this.running) {
      if (running.row === row) offer({ running }, running.since, this.options.feed.now)
    }
    return best?.found
  }

  private explain(): void {
    const { pointer } = this
    if (pointer === undefined) return
    const found = this.find(pointer.x, pointer.y)
    this.canvas.style.cursor = found === undefined ? "default" : "pointer"
    if (found === undefined) return hideTip()
    const box = this.canvas.getBoundingClientRect()
    showTip(
      box.left + pointer.x,
      box.top + pointer.y,
      "number" in found ? this.ended(found.number) : this.runs(found.running)
    )
  }

  private ended(number: number) {
    const { store } = this.options.feed
    const { rects } = store
    const at = number % rects.capacity
    const lane = store.lanes[rects.lane[at]!]
    const worker = store.workers.list.find(({ id }) => id === lane?.[0])
    const kind = rects.kind[at]!
    const end = rects.end[at]!
    const name = store.names[rects.name[at]!] ?? ""
    return {
      title: name === "" ? rects.keys[at]! : name,
      tone: end === 0 ? "" : end === 2 ? "warn" : "bad",
      rows: [
        ["what", `${kinds[kind] ?? ""}, ${ends[end] ?? ""}`],
        ["key", rects.keys[at]!],
        ["took", Amount.duration(rects.millis[at]!)],
        ["began", Amount.clock(rects.start[at]!, 3)],
        ["on", [worker?.name ?? lane?.[0] ?? "", lane?.[1] ?? ""].filter((part) => part !== "").join(" · ")],
        ...(rects.bytes[at]! > 0 ? [["value", Amount.bytes(rects.bytes[at]!)] as const] : [])
      ] as const
    }
  }

  private runs({ group, key, row, since, suspended }: Running) {
    return {
      title: group,
      tone: "",
      rows: [
        ["what", suspended ? "waits for tasks it submitted" : "runs"],
        ["key", key],
        ["for", Amount.duration(Math.max(0, this.options.feed.now - since))],
        ["began", Amount.clock(since, 3)],
        ["on", row.worker.name]
      ] as const
    }
  }

  private listen(canvas: HTMLCanvasElement): void {
    const at = (event: MouseEvent) => ({ x: event.offsetX, y: event.offsetY })
    canvas.addEventListener("pointermove", (event) => {
      this.pointer = at(event)
      if (this.drag === undefined) return this.explain()
      if (Math.abs(event.offsetX - this.drag.x) > 3) this.drag.moved = true
      if (!this.drag.moved) return
      hideTip()
      this.until = this.drag.until - (event.offsetX - this.drag.x) / this.scale
      if (this.until >= this.options.feed.now) this.until = undefined
      this.dirty = true
      this.options.changed()
    })
    canvas.addEventListener("pointerleave", () => {
      this.pointer = undefined
      hideTip()
    })
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return
      canvas.setPointerCapture(event.pointerId)
      this.drag = { x: event.offsetX, until: this.right, moved: false }
    })
    canvas.addEventListener("pointerup", (event) => {
      const moved = this.drag?.moved === true
      this.drag = undefined
      if (moved) return
      const found = this.find(event.offsetX, event.offsetY)
      if (found === undefined) return
      const { rects } = this.options.feed.store
      this.options.open("number" in found ? rects.keys[found.number % rects.capacity]! : found.running.key)
    })
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false })
    canvas.addEventListener("keydown", (event) => {
      if (this.key(event.key)) event.preventDefault()
    })
  }

  /** Up and down belong to the page, unless somebody works with the stream. */
  private wheel(event: WheelEvent): void {
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey
    if (!sideways && !event.ctrlKey && !event.metaKey && document.activeElement !== this.canvas) return
    event.preventDefault()
    if (sideways) return this.move((event.deltaX || event.deltaY) / Math.max(1, this.width - this.gutter))
    const about = Math.min(1, Math.max(0, (event.offsetX - this.gutter) / (this.width - this.gutter)))
    this.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.008), about)
  }

  key(key: string): boolean {
    if (key === "ArrowLeft") this.move(-0.1)
    else if (key === "ArrowRight") this.move(0.1)
    else if (key === "PageUp") this.move(-0.9)
    else if (key === "PageDown") this.move(0.9)
    else if (key === "ArrowUp") this.scroll(-24)
    else if (key === "ArrowDown") this.scroll(24)
    else if (key === "+" || key === "=") this.zoom(0.7)
    else if (key === "-") this.zoom(1 / 0.7)
    else if (key === "0") this.fit()
    else if (key === " ") this.pause()
    else if (key === "End" || key === "f") this.follow()
    else return false
    return true
  }

  private scroll(by: number): void {
    this.scrollTop += by
    this.dirty = true
  }
}
