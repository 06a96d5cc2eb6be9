/**
 * What is to be drawn, before anybody knows in which language: boxes with their lines and colours, arrows with their
 * counts, and what the whole is.
 */
import type * as Graph from "creel/Graph"
import type * as Picture from "../Picture.js"
import * as Boxes from "./boxes.js"
import type { Colors, Painted } from "./colors.js"
import * as Coloring from "./colors.js"
import type { Item, Kind } from "./items.js"
import * as Items from "./items.js"
import * as Text from "./text.js"

export interface DrawnBox {
  readonly kind: Kind
  readonly group: string
  /** In one line, for tooltips of arrows. */
  readonly name: string
  readonly label: ReadonlyArray<string>
  /** What is said below the label: counts, times. */
  readonly notes: ReadonlyArray<string>
  /** The lines of its tooltip. */
  readonly told: ReadonlyArray<string>
  readonly count: number
  readonly output: boolean
  readonly painted: Painted
}

export interface Drawing {
  readonly boxes: ReadonlyArray<DrawnBox>
  readonly arrows: ReadonlyArray<Boxes.Arrow>
  readonly colors: Colors
  readonly caption: string
}

export const make = (graph: Graph.Graph.Any, options: {
  readonly outputs: ReadonlyArray<string> | undefined
  readonly maxNodes: number
  readonly by: Picture.ColorBy
  readonly run: Picture.Run | undefined
}): Drawing => {
  const items = Items.make(graph, options.outputs)
  const { arrows, boxes } = Boxes.make(items, options.maxNodes)
  const colors = Coloring.make({ items, boxes, graph, run: options.run, by: options.by })
  return {
    boxes: boxes.map((box, b) => draw(box, items, colors.painted[b]!)),
    arrows,
    colors,
    caption: caption(items, boxes.length)
  }
}

/** Tooltips list so many keys. */
const listed = 8

const draw = (box: Boxes.Box, items: ReadonlyArray<Item>, painted: Painted): DrawnBox => {
  const first = items[box.items[0]!]!
  const count = box.items.length
  const base = { kind: box.kind, group: box.group, count, output: box.output, painted }
  if (count === 1) {
    const needs = first.needs.map((need) => items[need]!.key)
    return {
      ...base,
      name: first.label[0] ?? first.key,
      label: first.label,
      notes: painted.note === undefined ? [] : [painted.note],
      told: [Text.clipped(first.key, 120), ...painted.told, ...list("needs", needs)]
    }
  }
  return {
    ...base,
    name: box.group,
    label: [Text.clipped(box.group, 30)],
    notes: [`×${Text.count(count)}`, ...(painted.note === undefined ? [] : [painted.note])],
    told: [
      `${Text.count(count)} × ${Text.clipped(box.group, 120)}`,
      ...painted.told,
      ...(box.inner === 0 ? [] : [`${Text.count(box.inner)} needs between them`]),
      ...list("keys", box.items.slice(0, listed + 1).map((i) => items[i]!.key), count)
    ]
  }
}

const list = (title: string, keys: ReadonlyArray<string>, count = keys.length): ReadonlyArray<string> =>
  keys.length === 0 ? [] : [
    `${title}:`,
    ...keys.slice(0, listed).map((key) => `  ${Text.clipped(key, 60)}`),
    ...(count > listed ? [`  and ${Text.count(count - listed)} more`] : [])
  ]

const some = (n: number, one: string, many = `${one}s`): ReadonlyArray<string> =>
  n === 0 ? [] : [`${Text.count(n)} ${n === 1 ? one : many}`]

const caption = (items: ReadonlyArray<Item>, boxes: number): string => {
  const of = (...kinds: ReadonlyArray<Kind>) => items.filter((item) => kinds.includes(item.kind)).length
  const parts = [
    ...some(of("task", "fused"), "task"),
    ...some(of("value"), "value"),
    ...some(of("held"), "held value"),
    ...some(of("missing"), "missing key"),
    ...some(items.filter((item) => item.output).length, "output")
  ]
  const shown = boxes === items.length ? "" : `, shown in ${some(boxes, "group").join("")}`
  return parts.length === 0 ? "nothing to do" : parts.join(", ") + shown
}
