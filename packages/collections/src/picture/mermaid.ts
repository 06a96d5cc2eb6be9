/**
 * The picture as a Mermaid flowchart. Places are Mermaid's business; names, counts and colours are those of the SVG.
 */
import type * as Picture from "../Picture.js"
import type { Drawing, DrawnBox } from "./drawing.js"
import { sheets } from "./sheets.js"
import * as Text from "./text.js"

const shapes = {
  task: ["(", ")"],
  fused: ["(", ")"],
  value: ["([", "])"],
  held: ["([", "])"],
  alias: ["(", ")"],
  missing: ["(", ")"]
} as const

const className = (box: DrawnBox): string =>
  `${box.kind === "missing" ? "missing" : box.painted.color}${box.output ? "Output" : ""}`

const node = (box: DrawnBox, b: number): string => {
  // An output has its outline twice in the other languages; Mermaid has that for boxes and circles with corners alone.
  const [open, close] = box.output && box.kind !== "value" && box.kind !== "held"
    ? ["[[", "]]"] as const
    : shapes[box.kind]
  const label = [...box.label, ...box.notes].map((text) => Text.mermaid(text).slice(1, -1)).join("<br/>")
  return `  n${b}${open}"${label}"${close}:::${className(box)}`
}

const classDef = (name: string): string => {
  const output = name.endsWith("Output")
  const color = output ? name.slice(0, -6) : name
  const { fill, stroke } = sheets[color === "missing" ? "failed" : color]!.light
  const dashed = color === "missing" ? ",stroke-dasharray:4 3" : ""
  return `  classDef ${name} fill:${fill},stroke:${stroke},color:#1f2933${output ? ",stroke-width:3px" : ""}${dashed}`
}

const letters: Readonly<Record<Picture.Direction, string>> = { right: "LR", down: "TB", up: "BT" }

export const make = (drawing: Drawing, direction: Picture.Direction): string =>
  [
    `flowchart ${letters[direction]}`,
    ...drawing.boxes.map(node),
    ...drawing.arrows.map(({ count, from, to }) =>
      `  n${from} -->${count === 1 ? "" : `|"×${Text.count(count)}"|`} n${to}`
    ),
    ...Array.from(new Set(drawing.boxes.map(className)), classDef),
    ""
  ].join("\n")
