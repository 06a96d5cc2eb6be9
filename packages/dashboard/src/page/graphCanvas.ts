/** The graph, drawn: nodes in layers from left to right, coloured by state; moved by dragging, zoomed with the wheel. */
import * as Amount from "../fold/amounts.js"
import type { GraphView } from "../fold/glance.js"
import { place, type Placed } from "../fold/layers.js"
import { wordOf } from "./parts.js"
import { hideTip, showTip } from "./tip.js"

export const states = ["Waiting", "Queued", "Assigned", "Running", "Stored", "Failed", "Idle"] as const

interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

const counted = {
  Waiting: "waiting",
  Queued: "queued",
  Assigned: "assigned",
  Running: "running",
  Stored: "stored",
  Failed: "failed",
  Idle: "idle"
} as const

export class GraphCanvas {
  private canvas!: HTMLCanvasElement
  private context!: CanvasRenderingContext2D
  private graph: GraphView | undefined
  private placed: Placed | undefined
  private shape = ""
  private boxes: Array<Box> = []
  private width = 0
  private height = 0
  private scale = 1
  private x = 0
  private y = 0
  /** Nobody has moved it: all of it is seen. */
  private fitted = true
  private drag: {
    readonly x: number
    readonly y: number
    readonly fromX: number
    readonly fromY: number
    moved: boolean
  } | undefined

  constructor(private readonly open: (key: string) => void, private readonly nameOf: (worker: string) => string) {}

  mount(host: HTMLElement): () => void {
    this.canvas = document.createElement("canvas")
    this.canvas.tabIndex = 0
    this.canvas.setAttribute("role", "img")
    this.canvas.setAttribute(
      "aria-label",
      "The graph of tasks, coloured by state. Arrows move, plus and minus zoom, 0 shows all."
    )
    this.context = this.canvas.getContext("2d")!
    host.append(this.canvas)
    const size = new ResizeObserver(() => {
      const ratio = devicePixelRatio || 1
      this.width = host.clientWidth
      this.height = host.clientHeight
      this.canvas.width = Math.round(this.width * ratio)
      this.canvas.height = Math.round(this.height * ratio)
      this.context.setTransform(ratio, 0, 0, ratio, 0, 0)
      if (this.fitted) this.fit()
      this.paint()
    })
    size.observe(host)
    this.listen()
    return () => {
      size.disconnect()
      hideTip()
    }
  }

  show(graph: GraphView): void {
    this.graph = graph
    const shape = JSON.stringify([
      graph.by,
      graph.nodes.map((node) => "key" in node ? node.key : node.group),
      graph.edges
    ])
    if (shape !== this.shape) {
      this.shape = shape
      this.placed = place(graph.nodes.length, graph.edges)
      this.layout()
      if (this.fitted) this.fit()
    }
    if (this.width > 0) this.paint()
  }

  private layout(): void {
    const { graph, placed } = this
    if (graph === undefined || placed === undefined) return
    const [width, height] = graph.by === "key" ? [14, 14] : [168, 46]
    // As wide as the canvas for its height, within what an edge can bridge.
    const wide = placed.rows * 19 * Math.max(1, this.width / Math.max(1, this.height)) / Math.max(1, placed.layers)
    const across = graph.by === "key" ? Math.max(44, Math.min(260, wide)) : 250
    const down = graph.by === "key" ? 19 : 62
    this.boxes = graph.nodes.map((_, node) => ({
      x: placed.layer[node]! * across,
      y: (placed.row[node]! + (placed.rows - 1) / 2) * down,
      width,
      height
    }))
  }

  fit(): void {
    this.fitted = true
    if (this.boxes.length === 0 || this.width === 0) return
    const right = Math.max(...this.boxes.map((box) => box.x + box.width))
    const bottom = Math.max(...this.boxes.map((box) => box.y + box.height))
    const space = 28
    this.scale = Math.min(1.6, (this.width - 2 * space) / right, (this.height - 2 * space) / bottom)
    this.x = (this.width - right * this.scale) / 2
    this.y = (this.height - bottom * this.scale) / 2
    this.paint()
  }

  zoom(factor: number, x: number = this.width / 2, y: number = this.height / 2): void {
    const scale = Math.min(6, Math.max(0.02, this.scale * factor))
    this.x = x - (x - this.x) * scale / this.scale
    this.y = y - (y - this.y) * scale / this.scale
    this.scale = scale
    this.fitted = false
    this.paint()
  }

  private colours(): Readonly<Record<string, string>> {
    const style = getComputedStyle(this.canvas)
    const of = (name: string) => style.getPropertyValue(name).trim()
    return {
      ...Object.fromEntries(states.map((state) => [state, of(`--state-${state.toLowerCase()}`)])),
      edge: of("--edge"),
      ink: of("--ink"),
      muted: of("--muted"),
      surface: of("--surface"),
      line: of("--line")
    }
  }

  private paint(): void {
    const { boxes, context, graph } = this
    if (graph === undefined) return
    const colours = this.colours()
    context.clearRect(0, 0, this.width, this.height)
    context.save()
    context.translate(this.x, this.y)
    context.scale(this.scale, this.scale)
    context.strokeStyle = colours["edge"]!
    context.lineWidth = Math.max(0.5, Math.min(1.5, 0.9 / this.scale))
    context.beginPath()
    for (const [from, to] of graph.edges) {
      const a = boxes[from]
      const b = boxes[to]
      if (a === undefined || b === undefined || from === to) continue
      const [x1, y1, x2, y2] = [a.x + a.width, a.y + a.height / 2, b.x, b.y + b.height / 2]
      const bend = Math.max(10, (x2 - x1) / 2)
      context.moveTo(x1, y1)
      context.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2)
    }
    context.stroke()
    if (graph.by === "key") this.keys(graph.nodes, colours)
    else this.groups(graph.nodes, colours)
    context.restore()
  }

  private keys(nodes: Extract<GraphView, { by: "key" }>["nodes"], colours: Readonly<Record<string, string>>): void {
    const { boxes, context } = this
    nodes.forEach((node, index) => {
      const box = boxes[index]!
      context.fillStyle = colours[node.state] ?? colours["muted"]!
      context.beginPath()
      context.roundRect(box.x, box.y, box.width, box.height, 3)
      context.fill()
      // Not by colour alone.
      if (node.state === "Failed") {
        context.strokeStyle = "#fff"
        context.lineWidth = 1.6
        context.beginPath()
        context.moveTo(box.x + 4, box.y + 4)
        context.lineTo(box.x + box.width - 4, box.y + box.height - 4)
        context.moveTo(box.x + box.width - 4, box.y + 4)
        context.lineTo(box.x + 4, box.y + box.height - 4)
        context.stroke()
      } else if (node.state === "Running") {
        context.fillStyle = "#fff"
        context.fillRect(box.x + 5, box.y + 5, box.width - 10, box.height - 10)
      }
    })
  }

  private groups(nodes: Extract<GraphView, { by: "group" }>["nodes"], colours: Readonly<Record<string, string>>): void {
    const { boxes, context } = this
    nodes.forEach((node, index) => {
      const box = boxes[index]!
      context.fillStyle = colours["surface"]!
      context.strokeStyle = colours["line"]!
      context.lineWidth = 1
      context.beginPath()
      context.roundRect(box.x, box.y, box.width, box.height, 6)
      context.fill()
      context.stroke()
      context.fillStyle = colours["ink"]!
      context.font = "600 12px system-ui, sans-serif"
      context.textBaseline = "alphabetic"
      context.fillText(node.group, box.x + 10, box.y + 19, box.width - 66)
      context.fillStyle = colours["muted"]!
      context.font = "11px system-ui, sans-serif"
      const total = states.reduce((sum, state) => sum + node[counted[state]], 0)
      context.textAlign = "right"
      context.fillText(Amount.brief(total), box.x + box.width - 10, box.y + 19)
      context.textAlign = "left"
      let x = box.x + 10
      for (const state of ["Failed", "Stored", "Running", "Assigned", "Queued", "Waiting", "Idle"] as const) {
        const width = (box.width - 20) * node[counted[state]] / Math.max(1, total)
        context.fillStyle = colours[state]!
        context.fillRect(x, box.y + 29, width, 7)
        x += width
      }
    })
  }

  private find(x: number, y: number): number {
    const [gx, gy] = [(x - this.x) / this.scale, (y - this.y) / this.scale]
    const near = Math.min(8, 3 / this.scale)
    return this.boxes.findIndex((box) =>
      gx >= box.x - near && gx <= box.x + box.width + near && gy >= box.y - near && gy <= box.y + box.height + near
    )
  }

  private explain(event: PointerEvent): void {
    const node = this.graph?.nodes[this.find(event.offsetX, event.offsetY)]
    this.canvas.style.cursor = node === undefined ? "default" : "pointer"
    if (node === undefined) return hideTip()
    const rows: Array<readonly [string, string]> = "key" in node
      ? [
        ["key", node.key],
        ["is", wordOf(node.state)],
        ...(node.worker === undefined ? [] : [["on", this.nameOf(node.worker)] as const])
      ]
      : states.filter((state) => node[counted[state]] > 0).map((
        state
      ) => [wordOf(state), Amount.count(node[counted[state]])])
    showTip(event.clientX, event.clientY, {
      title: node.group,
      tone: "state" in node && node.state === "Failed" ? "bad" : "",
      rows
    })
  }

  private listen(): void {
    const { canvas } = this
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId)
      this.drag = { x: event.offsetX, y: event.offsetY, fromX: this.x, fromY: this.y, moved: false }
    })
    canvas.addEventListener("pointermove", (event) => {
      const { drag } = this
      if (drag === undefined) return this.explain(event)
      if (Math.hypot(event.offsetX - drag.x, event.offsetY - drag.y) > 3) drag.moved = true
      if (!drag.moved) return
      hideTip()
      this.fitted = false
      this.x = drag.fromX + event.offsetX - drag.x
      this.y = drag.fromY + event.offsetY - drag.y
      this.paint()
    })
    canvas.addEventListener("pointerup", (event) => {
      const moved = this.drag?.moved === true
      this.drag = undefined
      const node = moved ? undefined : this.graph?.nodes[this.find(event.offsetX, event.offsetY)]
      if (node !== undefined && "key" in node) this.open(node.key)
    })
    canvas.addEventListener("pointerleave", hideTip)
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault()
      this.zoom(Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) * 0.006), event.offsetX, event.offsetY)
    }, { passive: false })
    canvas.addEventListener("keydown", (event) => {
      if (this.key(event.key)) event.preventDefault()
    })
  }

  private key(key: string): boolean {
    const by = 40
    if (key === "ArrowLeft") this.x += by
    else if (key === "ArrowRight") this.x -= by
    else if (key === "ArrowUp") this.y += by
    else if (key === "ArrowDown") this.y -= by
    else if (key === "+" || key === "=") this.zoom(1.3)
    else if (key === "-") this.zoom(1 / 1.3)
    else if (key === "0") this.fit()
    else return false
    if (key.startsWith("Arrow")) {
      this.fitted = false
      this.paint()
    }
    return true
  }
}
