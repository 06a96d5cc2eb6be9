/**
 * What a box's colour means. Colours have names here and values in `svg` and `dot`, light and dark.
 */
import * as Graph from "creel/Graph"
import type * as Picture from "../Picture.js"
import type { Box } from "./boxes.js"
import type { Item } from "./items.js"
import * as Text from "./text.js"

/** `s0` to `s7` are steps of one scale, `g0` to `g7` hues to tell names apart. */
export type Color = Picture.State | `s${number}` | `g${number}` | "plain"

export interface Legend {
  readonly title: string
  readonly entries: ReadonlyArray<{ readonly color: Color; readonly text: string }>
}

export interface Painted {
  readonly color: Color
  /** A line below the label. */
  readonly note: string | undefined
  /** Lines of the box's tooltip. */
  readonly told: ReadonlyArray<string>
  /** Of the items in each state, for a bar; absent where no run is given or there is one item. */
  readonly states: ReadonlyMap<Picture.State, number> | undefined
}

export interface Colors {
  readonly painted: ReadonlyArray<Painted>
  readonly legend: Legend | undefined
}

/** In the order in which work goes through them. */
export const states: ReadonlyArray<Picture.State> = ["done", "failed", "running", "assigned", "queued", "waiting"]

/** What a box of many is said to be: the most urgent news of any of its items. */
const loudest: ReadonlyArray<Picture.State> = ["failed", "running", "assigned", "queued", "waiting", "done"]

const steps = 8

interface Facts {
  readonly count: ReadonlyMap<Picture.State, number>
  readonly millis: number | undefined
  readonly workers: ReadonlySet<string>
}

const factsOf = (box: Box, items: ReadonlyArray<Item>, run: Picture.Run): Facts => {
  const count = new Map<Picture.State, number>()
  const workers = new Set<string>()
  let millis: number | undefined
  for (const i of box.items) {
    const item = items[i]!
    const seen = run.tasks.get(item.key)
    const state = seen?.state ?? (item.kind === "value" || item.kind === "held" ? "done" : "waiting")
    count.set(state, (count.get(state) ?? 0) + 1)
    if (seen?.worker !== undefined) workers.add(seen.worker)
    if (seen?.started !== undefined && seen.ended !== undefined) {
      millis = (millis ?? 0) + Math.max(0, seen.ended - seen.started)
    }
  }
  return { count, millis, workers }
}

const toldOf = (facts: Facts | undefined): ReadonlyArray<string> => {
  if (facts === undefined) return []
  const workers = [...facts.workers]
  return [
    states.flatMap((state) => facts.count.has(state) ? [`${Text.count(facts.count.get(state)!)} ${state}`] : [])
      .join(", ").replace(/^1 (\w+)$/, "$1"),
    ...(facts.millis === undefined ? [] : [`ran for ${Text.millis(facts.millis)}`]),
    ...(workers.length === 0
      ? []
      : [`on ${workers.slice(0, 4).join(", ")}${workers.length > 4 ? ` and ${workers.length - 4} more` : ""}`])
  ]
}

export const make = (options: {
  readonly items: ReadonlyArray<Item>
  readonly boxes: ReadonlyArray<Box>
  readonly graph: Graph.Graph.Any
  readonly run: Picture.Run | undefined
  readonly by: Picture.ColorBy
}): Colors => {
  const { boxes, by, graph, items, run } = options
  const facts = boxes.map((box) => run === undefined ? undefined : factsOf(box, items, run))
  const base = boxes.map((box, b) => ({
    note: undefined,
    told: toldOf(facts[b]),
    states: box.items.length > 1 ? facts[b]?.count : undefined
  }))
  const paint = (color: (box: Box, b: number) => Color, note?: (b: number) => string | undefined) =>
    boxes.map((box, b): Painted => ({ ...base[b]!, color: color(box, b), note: note?.(b) }))
  switch (by) {
    case "state": {
      const state = (b: number): Picture.State => loudest.find((one) => facts[b]?.count.has(one)) ?? "waiting"
      const seen = new Set<Color>(boxes.map((_, b) => state(b)))
      return {
        painted: paint((_, b) => state(b)),
        legend: {
          title: "state",
          entries: states.filter((one) => seen.has(one)).map((color) => ({ color, text: color }))
        }
      }
    }
    case "time": {
      const millis = boxes.map((_, b) => facts[b]?.millis)
      const { color, legend } = scale(millis, Text.millis)
      return {
        painted: paint((_, b) => color(b), (b) => millis[b] === undefined ? undefined : Text.millis(millis[b])),
        legend: { title: "time", entries: legend }
      }
    }
    case "order": {
      const place = placesOf(items, graph)
      const means = boxes.map((box) => {
        const places = box.items.flatMap((i) => place.get(items[i]!.key) ?? [])
        return places.length === 0 ? undefined : places.reduce((sum, n) => sum + n, 0) / places.length
      })
      const { color, legend } = scale(means, (n) => `#${Text.count(Math.round(n) + 1)}`)
      return {
        painted: paint((_, b) => color(b), (b) => {
          if (boxes[b]!.items.length > 1 || means[b] === undefined) return undefined
          return `#${Text.count(means[b] + 1)}`
        }),
        legend: { title: "order", entries: legend }
      }
    }
    case "group": {
      const names = new Map<string, Color>()
      const color = (box: Box): Color => {
        if (box.kind !== "task" && box.kind !== "fused") return "plain"
        const known = names.get(box.group)
        if (known !== undefined) return known
        const next: Color = `g${names.size % 8}`
        names.set(box.group, next)
        return next
      }
      return { painted: paint(color), legend: undefined }
    }
  }
}

const placesOf = (items: ReadonlyArray<Item>, graph: Graph.Graph.Any): ReadonlyMap<string, number> => {
  const outputs = items.flatMap((item) => item.output && item.kind !== "missing" ? [item.key] : [])
  return new Map(Graph.order(graph, outputs).map((key, n) => [key, n]))
}

/** Eight steps between the least and the most, and what the first, the middle and the last of them mean. */
const scale = (values: ReadonlyArray<number | undefined>, say: (n: number) => string) => {
  let min = Infinity
  let max = -Infinity
  for (const n of values) {
    if (n === undefined) continue
    min = Math.min(min, n)
    max = Math.max(max, n)
  }
  const span = max - min
  const color = (b: number): Color => {
    const n = values[b]
    if (n === undefined) return "plain"
    return `s${span === 0 ? 0 : Math.min(steps - 1, Math.floor((n - min) / span * steps))}`
  }
  const legend: Legend["entries"] = min > max
    ? []
    : span === 0
    ? [{ color: "s0", text: say(min) }]
    : [0, 2, 4, 7].map((step) => ({ color: `s${step}` as const, text: say(min + span * step / (steps - 1)) }))
  return { color, legend }
}
