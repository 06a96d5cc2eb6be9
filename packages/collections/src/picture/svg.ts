/**
 * The picture as one SVG that needs nothing else: no font, no script, no file. It follows the reader's light or dark
 * theme. Colours are plain rules, since not everything that draws SVG knows variables.
 */
import type * as Picture from "../Picture.js"
import type { Color, Painted } from "./colors.js"
import { states } from "./colors.js"
import type { Drawing, DrawnBox } from "./drawing.js"
import * as Layout from "./layout.js"
import { sheets } from "./sheets.js"
import * as Text from "./text.js"

/** Pixels. The font is one of fixed width: what is measured here is what is drawn, whatever the reader has installed. */
const font = { main: 13, small: 11, advance: 0.602 }
const padding = { x: 12, y: 8 }
const line = { main: 17, small: 14 }
const margin = 24
const bar = { height: 5, gap: 5 }
const stack = 5

/** Bars show states by their strong colour. */
const strong = (state: Picture.State, theme: "light" | "dark"): string => `fill:${sheets[state]![theme].stroke}`

const sheet = (color: string, theme: "light" | "dark"): string => {
  const { fill, stroke } = sheets[color]![theme]
  return `fill:${fill};stroke:${stroke}`
}

const rules = (theme: "light" | "dark", used: ReadonlySet<Color>, bars: boolean): string => {
  const ink = theme === "light"
    ? ["#1f2933", "#5f6b77", "#8a95a1", "#ffffff"]
    : ["#e6eaee", "#a3adb7", "#6d7884", "#14181d"]
  return [
    `.creel text{fill:${ink[0]}}`,
    `.creel .dim{fill:${ink[1]}}`,
    `.creel .paper{fill:${ink[3]}}`,
    `.creel .edge{stroke:${ink[2]}}`,
    `.creel .tip{fill:${ink[2]}}`,
    `.creel .halo{stroke:${ink[3]}}`,
    `.creel .missing{${sheet("failed", theme)}}`,
    ...Array.from(used, (color) => `.creel .${color}{${sheet(color, theme)}}`),
    ...(bars ? states.map((state) => `.creel .bar-${state}{${strong(state, theme)}}`) : [])
  ].join("\n")
}

const style = (used: ReadonlySet<Color>, bars: boolean): string =>
  `<style>
.creel text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:${font.main}px;white-space:pre}
.creel .small{font-size:${font.small}px}
.creel .mid{text-anchor:middle}
.creel .edge{fill:none;stroke-linecap:round}
.creel .tip{stroke:none}
.creel .halo{stroke-width:4;stroke-linejoin:round;paint-order:stroke}
.creel .box{stroke-width:1.25}
.creel .dashed{stroke-dasharray:4 3}
.creel .ring{fill:none;stroke-width:1.25}
.creel .missing{stroke-dasharray:4 3}
${rules("light", used, bars)}
@media (prefers-color-scheme:dark){
${rules("dark", used, bars)}
}
</style>`

interface Line {
  readonly text: string
  readonly small: boolean
}

const linesOf = (box: DrawnBox): ReadonlyArray<Line> => [
  ...box.label.map((text, n) => ({ text, small: n > 0 && box.kind !== "fused" })),
  ...box.notes.map((text) => ({ text, small: true }))
]

const widthOf = (line: Line): number => Text.columns(line.text) * font.advance * (line.small ? font.small : font.main)

const sizeOf = (box: DrawnBox): Layout.Size => {
  const lines = linesOf(box)
  const round = box.kind === "value" || box.kind === "held"
  const text = lines.reduce((height, one) => height + (one.small ? line.small : line.main), 0)
  const edge = box.output ? 4 : 0
  return {
    width: Math.ceil(
      Math.max(44, ...lines.map(widthOf)) + 2 * padding.x + (round ? 8 : 0) + 2 * edge + (box.count > 1 ? stack : 0)
    ),
    height: text + 2 * padding.y + 2 * edge + (box.count > 1 ? stack : 0) +
      (box.painted.states === undefined ? 0 : bar.height + bar.gap)
  }
}

/** Boxes of one name are equally wide, unless one of them is much wider: columns read easier with straight edges. */
const aligned = (boxes: ReadonlyArray<DrawnBox>, sizes: ReadonlyArray<Layout.Size>): ReadonlyArray<Layout.Size> => {
  const widest = new Map<string, number>()
  const name = (box: DrawnBox): string => `${box.kind} ${box.output ? 1 : 0} ${box.count > 1 ? 1 : 0} ${box.group}`
  boxes.forEach((box, b) => widest.set(name(box), Math.max(widest.get(name(box)) ?? 0, sizes[b]!.width)))
  return sizes.map((size, b) => {
    const width = widest.get(name(boxes[b]!))!
    return width <= 1.5 * size.width ? { ...size, width } : size
  })
}

const rect = (x: number, y: number, width: number, height: number, r: number, names: string): string =>
  `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="${n(r)}" class="${names}"/>`

const n = (x: number): string => String(Math.round(x * 10) / 10)

const shape = (box: DrawnBox, place: Layout.Place): { readonly marks: string; readonly body: Layout.Place } => {
  const back = box.count > 1 ? stack : 0
  const body = { x: place.x, y: place.y + back, width: place.width - back, height: place.height - back }
  const round = box.kind === "value" || box.kind === "held"
  const names = `box ${box.kind === "missing" ? "missing" : box.painted.color}${
    box.kind === "held" || box.kind === "alias" ? " dashed" : ""
  }`
  const r = (height: number): number => round ? height / 2 : 7
  const marks: Array<string> = []
  for (let off = back; off > 0; off -= stack / 2) {
    marks.push(rect(body.x + off, body.y - off, body.width, body.height, r(body.height), names))
  }
  marks.push(rect(body.x, body.y, body.width, body.height, r(body.height), names))
  if (box.output) {
    const inset = 3.5
    marks.push(
      rect(
        body.x + inset,
        body.y + inset,
        body.width - 2 * inset,
        body.height - 2 * inset,
        Math.max(1, r(body.height) - inset),
        `ring ${box.kind === "missing" ? "missing" : box.painted.color}" style="fill:none`
      )
    )
  }
  return { marks: marks.join(""), body }
}

const progress = (painted: Painted, count: number, body: Layout.Place, y: number): string => {
  if (painted.states === undefined) return ""
  const width = body.width - 2 * padding.x
  let x = body.x + padding.x
  return states.flatMap((state) => {
    const part = painted.states!.get(state) ?? 0
    if (part === 0) return []
    const piece = rect(x, y, width * part / count, bar.height, 1, `bar-${state}`)
    x += width * part / count
    return [piece]
  }).join("")
}

const drawBox = (box: DrawnBox, place: Layout.Place): string => {
  const { body, marks } = shape(box, place)
  const x = body.x + body.width / 2
  let y = body.y + padding.y + (box.output ? 4 : 0)
  // What is deep in colour leaves no room for paler letters.
  const ink = /^s\d/.test(box.painted.color) ? " small" : " small dim"
  const text = linesOf(box).map((one) => {
    y += one.small ? line.small : line.main
    return `<text x="${n(x)}" y="${n(y - 4)}" class="mid${one.small ? ink : ""}">${Text.xml(one.text)}</text>`
  }).join("")
  return `<g><title>${box.told.map(Text.xml).join("\n")}</title>${marks}${text}${
    progress(box.painted, box.count, body, y + bar.gap - 1)
  }</g>`
}

const drawArrow = (drawing: Drawing, layout: Layout.Layout, a: number): string => {
  const { count, from, to } = drawing.arrows[a]!
  const route = layout.routes[a]!
  const tip = route.at(-1)
  if (tip === undefined || route.length < 2) return ""
  const width = count === 1 ? 1.25 : Math.min(5, 1.25 + 0.7 * Math.log10(count))
  const size = 6 + width
  // An arrow that closes a circle comes from the other side.
  const back = layout.direction === "right"
    ? route.at(-2)!.x > tip.x
    : (route.at(-2)!.y > tip.y) !== (layout.direction === "up")
  const sign = (layout.direction === "up" ? -1 : 1) * (back ? -1 : 1)
  const end = layout.direction === "right"
    ? { x: tip.x - sign * size, y: tip.y }
    : { x: tip.x, y: tip.y - sign * size }
  const head = layout.direction === "right"
    ? `M${n(tip.x)} ${n(tip.y)}L${n(end.x)} ${n(tip.y - size / 2)}V${n(tip.y + size / 2)}Z`
    : `M${n(tip.x)} ${n(tip.y)}L${n(tip.x - size / 2)} ${n(end.y)}H${n(tip.x + size / 2)}Z`
  const title = `${drawing.boxes[from]!.name} → ${drawing.boxes[to]!.name}${
    count === 1 ? "" : ` ×${Text.count(count)}`
  }`
  return `<g><title>${Text.xml(title)}</title><path class="edge" stroke-width="${n(width)}" d="${
    Layout.curve([...route.slice(0, -1), end], layout.direction)
  }"/><path class="tip" d="${head}"/></g>`
}

/** Counts stand where an arrow ends its first stretch: there is room between two layers, and none beside the boxes. */
const arrowCount = (drawing: Drawing, layout: Layout.Layout, a: number): string => {
  const { count } = drawing.arrows[a]!
  const [first, second] = layout.routes[a]!
  if (count === 1 || first === undefined || second === undefined) return ""
  return `<text x="${n((first.x + second.x) / 2)}" y="${n((first.y + second.y) / 2 + 4)}" class="mid small dim halo">×${
    Text.count(count)
  }</text>`
}

interface Below {
  readonly marks: string
  readonly width: number
  readonly height: number
}

const legend = (drawing: Drawing, y: number, room: number): Below => {
  let x = margin
  let row = y
  let width = 0
  const limit = Math.max(420, room)
  const out: Array<string> = []
  const entry = (draw: (x: number, y: number) => string, text: string) => {
    const wide = 26 + widthOf({ text, small: true }) + 18
    if (x > margin && x + wide > limit) {
      x = margin
      row += 20
    }
    out.push(draw(x, row), `<text x="${n(x + 26)}" y="${n(row + 10)}" class="small dim">${Text.xml(text)}</text>`)
    x += wide
    width = Math.max(width, x)
  }
  const swatch = (names: string, r: number) => (at: number, top: number) => rect(at, top, 20, 13, r, names)
  for (const one of drawing.colors.legend?.entries ?? []) entry(swatch(`box ${one.color}`, 3), one.text)
  const kinds = new Set(drawing.boxes.map((box) => box.kind))
  const shapes = kinds.size > 1 || kinds.has("missing")
  if (shapes && (kinds.has("task") || kinds.has("fused"))) entry(swatch("box plain", 4), "task")
  if (kinds.has("value")) entry(swatch("box plain", 6.5), "value")
  if (kinds.has("held")) entry(swatch("box plain dashed", 6.5), "held by the cluster")
  if (kinds.has("alias")) entry(swatch("box plain dashed", 4), "another name")
  if (kinds.has("missing")) entry(swatch("box missing", 4), "missing")
  if (drawing.boxes.some((box) => box.output)) {
    entry(
      (at, top) =>
        rect(at, top, 20, 13, 4, "box plain") + rect(at + 3, top + 3, 14, 7, 2, "ring plain\" style=\"fill:none"),
      "output"
    )
  }
  out.push(`<text x="${margin}" y="${n(row + 34)}" class="small dim">${Text.xml(drawing.caption)}</text>`)
  return {
    marks: out.join(""),
    width: Math.max(width, margin + widthOf({ text: drawing.caption, small: true })),
    height: row + 40 - y
  }
}

export const make = (drawing: Drawing, asked: Picture.Direction | undefined): string => {
  const sizes = aligned(drawing.boxes, drawing.boxes.map(sizeOf))
  const layout = Layout.make(sizes, drawing.arrows, asked ?? Layout.choose(sizes, drawing.arrows))
  const below = legend(drawing, layout.height + 2 * margin, layout.width)
  const width = Math.ceil(Math.max(layout.width + 2 * margin, below.width + margin))
  const height = Math.ceil(layout.height + 2 * margin + below.height + margin / 2)
  const used = new Set<Color>(["plain", ...drawing.boxes.map((box) => box.painted.color)])
  drawing.colors.legend?.entries.forEach((entry) => used.add(entry.color))
  const bars = drawing.boxes.some((box) => box.painted.states !== undefined)
  const left = Math.max(margin, (width - layout.width) / 2)
  return `<svg xmlns="http://www.w3.org/2000/svg" class="creel" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${
    Text.xml(drawing.caption)
  }">
${style(used, bars)}
<rect width="${width}" height="${height}" rx="8" class="paper"/>
<g transform="translate(${n(left)} ${margin})">
${drawing.arrows.map((_, a) => drawArrow(drawing, layout, a)).join("\n")}
${drawing.boxes.map((box, b) => drawBox(box, layout.places[b]!)).join("\n")}
${drawing.arrows.map((_, a) => arrowCount(drawing, layout, a)).filter((text) => text !== "").join("\n")}
</g>
${below.marks}
</svg>
`
}
