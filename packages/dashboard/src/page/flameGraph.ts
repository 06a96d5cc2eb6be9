/** The picture of a profile: boxes that can be pointed at, clicked and walked through by keys. Its text is text. */
import * as Amount from "../fold/amounts.js"
import type { Colours } from "../fold/colours.js"
import type { Box, Flame } from "../fold/flame.js"
import { hideTip, showTip } from "./tip.js"

/** Pixels; what is narrower is not drawn. */
const least = 1.5
const rowHeight = 21
/** Here no letter has room. */
const narrow = 22

const ways: Readonly<Record<string, "up" | "down" | "left" | "right">> = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right"
}

export class FlameGraph {
  private host: HTMLElement | undefined
  private flame: Flame | undefined
  private zoomed = 0
  private chosen = 0
  private wanted = ""
  private readonly shown = new Map<number, HTMLElement>()

  constructor(private readonly options: { readonly colours: Colours; readonly changed: () => void }) {}

  /** What is pointed out, and its share of all time. */
  found = { count: 0, share: 0 }

  get zoom(): number {
    return this.zoomed
  }

  show(flame: Flame | undefined): void {
    if (flame === this.flame) return
    this.flame = flame
    this.zoomed = this.chosen = 0
    this.find(this.wanted)
  }

  find(text: string): void {
    this.wanted = text
    const { found, share } = this.flame?.search(text) ?? { found: new Set<number>(), share: 0 }
    this.found = { count: found.size, share }
    this.refresh()
  }

  zoomTo(node: number): void {
    this.zoomed = this.chosen = node
    this.refresh()
    this.options.changed()
  }

  readonly mount = (host: HTMLElement): () => void => {
    this.host = host
    const size = new ResizeObserver(() => this.refresh())
    size.observe(host)
    host.onclick = ({ target }) => {
      const node = nodeOf(target)
      if (node !== undefined) this.zoomTo(node)
    }
    host.onpointermove = ({ clientX, clientY, target }) => {
      const node = nodeOf(target)
      if (node === undefined) hideTip()
      else this.explain(node, clientX, clientY)
    }
    host.onpointerleave = hideTip
    host.onkeydown = (event) => this.key(event)
    host.onfocus = () => this.choose(this.chosen)
    host.onblur = hideTip
    this.refresh()
    return () => {
      size.disconnect()
      hideTip()
      this.host = undefined
    }
  }

  private key(event: KeyboardEvent): void {
    if (this.flame === undefined) return
    const way = ways[event.key]
    if (way !== undefined) {
      let node = this.chosen
      // What is too narrow to be seen is passed over.
      do {
        const next = this.flame.next(node, way)
        if (next === node) break
        node = next
      } while (!this.shown.has(node) && (way === "left" || way === "right"))
      if (this.shown.has(node)) this.choose(node)
    } else if (event.key === "Enter") this.zoomTo(this.chosen)
    else if (event.key === "0" || event.key === "Home" || event.key === "Backspace") this.zoomTo(0)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  private choose(node: number): void {
    this.shown.get(this.chosen)?.classList.remove("chosen")
    this.chosen = node
    const box = this.shown.get(node)
    if (box === undefined || this.host === undefined) return
    box.classList.add("chosen")
    this.host.setAttribute("aria-activedescendant", box.id)
    box.scrollIntoView({ block: "nearest" })
    const { bottom, left } = box.getBoundingClientRect()
    this.explain(node, Math.max(0, left), bottom)
  }

  private explain(node: number, x: number, y: number): void {
    const { flame } = this
    if (flame === undefined) return
    const total = flame.totals[node]!
    const self = flame.tree.selfs[node]!
    const place = flame.place(node)
    const task = flame.task(node)
    const share = (micros: number) => `${Amount.duration(micros / 1000)}, ${part(micros, flame.whole)}`
    showTip(x, y, {
      title: flame.title(node),
      tone: "",
      rows: [
        ["took", share(total)],
        ...!flame.isTask(node) && self !== total ? [["itself", share(self)] as const] : [],
        ...task !== "" && !flame.isTask(node) ? [["for", task] as const] : [],
        ...place !== "" ? [["in", place] as const] : []
      ]
    })
  }

  refresh(): void {
    const { flame, host } = this
    if (host === undefined) return
    this.shown.clear()
    if (flame === undefined || flame.whole === 0) return host.replaceChildren()
    const boxes = flame.boxes(this.zoomed, least / Math.max(1, host.clientWidth))
    const { found } = flame.search(this.wanted)
    const depth = boxes.reduce((most, box) => Math.max(most, box.depth), 0)
    const all = document.createElement("div")
    all.style.height = `${(depth + 1) * rowHeight}px`
    for (const box of boxes) {
      const element = this.box(flame, box, this.wanted !== "" && !found.has(box.node))
      this.shown.set(box.node, element)
      all.append(element)
    }
    host.replaceChildren(all)
    if (!this.shown.has(this.chosen)) this.chosen = this.zoomed
    this.shown.get(this.chosen)?.classList.toggle("chosen", document.activeElement === host)
  }

  private box(flame: Flame, { depth, left, node, width }: Box, isFaint: boolean): HTMLElement {
    const element = document.createElement("div")
    const task = flame.task(node)
    element.id = `call-${node}`
    element.dataset["node"] = String(node)
    element.setAttribute("role", "treeitem")
    element.setAttribute("aria-level", String(depth + 1))
    element.setAttribute("aria-label", `${flame.title(node)}, ${part(flame.totals[node]!, flame.whole)}`)
    element.className = [
      flame.isTask(node) ? "task" : flame.isForeign(node) ? "foreign" : "own",
      isFaint ? "faint" : "",
      depth < flame.path(this.zoomed).length - 1 ? "above" : ""
    ].join(" ")
    element.style.left = `${left * 100}%`
    element.style.width = `${width * 100}%`
    element.style.top = `${depth * rowHeight}px`
    if (task !== "") element.style.setProperty("--colour", this.options.colours.of(task))
    if (width * (this.host?.clientWidth ?? 0) < narrow) element.classList.add("narrow")
    else element.textContent = flame.title(node)
    return element
  }
}

export const part = (micros: number, of: number): string =>
  `${(of === 0 ? 0 : micros / of * 100).toFixed(micros / of < 0.1 ? 1 : 0)} %`

const nodeOf = (target: EventTarget | null): number | undefined => {
  const node = target instanceof HTMLElement ? target.dataset["node"] : undefined
  return node === undefined ? undefined : Number(node)
}
