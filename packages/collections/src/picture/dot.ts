/**
 * The picture as Graphviz DOT. Places are Graphviz's business; names, counts and colours are those of the SVG.
 */
import type * as Picture from "../Picture.js"
import type { Color } from "./colors.js"
import type { Drawing, DrawnBox } from "./drawing.js"
import { sheets } from "./sheets.js"
import * as Text from "./text.js"

const shapes = { task: "box", fused: "box", value: "ellipse", held: "ellipse", alias: "box", missing: "box" } as const

const styles = {
  task: "rounded,filled",
  fused: "rounded,filled",
  value: "filled",
  held: "filled,dashed",
  alias: "rounded,filled,dashed",
  missing: "rounded,filled,dashed"
} as const

/** `\n` between lines is DOT's own, so it is put in after each line was quoted. */
const lines = (texts: ReadonlyArray<string>): string =>
  `"${texts.map((text) => Text.dot(text).slice(1, -1)).join("\\n")}"`

const fill = (color: Color | "missing"): string => {
  const { fill, stroke } = sheets[color === "missing" ? "failed" : color]!.light
  return `fillcolor="${fill}" color="${stroke}"`
}

const node = (box: DrawnBox, b: number): string =>
  `  n${b} [label=${lines([...box.label, ...box.notes])} tooltip=${lines(box.told)} shape=${shapes[box.kind]} style="${
    styles[box.kind]
  }" ${fill(box.kind === "missing" ? "missing" : box.painted.color)}${box.output ? " peripheries=2" : ""}]`

const rankdir: Readonly<Record<Picture.Direction, string>> = { right: "LR", down: "TB", up: "BT" }

export const make = (drawing: Drawing, direction: Picture.Direction): string =>
  [
    "digraph creel {",
    `  graph [rankdir=${rankdir[direction]} label=${Text.dot(drawing.caption)} fontname="Menlo,monospace" fontsize=10]`,
    "  node [fontname=\"Menlo,monospace\" fontsize=11 margin=\"0.15,0.08\"]",
    "  edge [fontname=\"Menlo,monospace\" fontsize=9 color=\"#8a95a1\" arrowsize=0.7]",
    ...drawing.boxes.map(node),
    ...drawing.arrows.map(({ count, from, to }) =>
      `  n${from} -> n${to}${count === 1 ? "" : ` [label=${Text.dot(`×${Text.count(count)}`)}]`}`
    ),
    "}",
    ""
  ].join("\n")
