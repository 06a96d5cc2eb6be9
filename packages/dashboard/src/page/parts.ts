/** The few parts that all views are made of. */
import { type Child, h, type Node_ } from "./dom.js"

export const panel = (title: string, more: Child, ...body: ReadonlyArray<Child | ReadonlyArray<Child>>): Node_ =>
  h("section.panel", {}, h("header", {}, h("h2", {}, title), more), ...body)

/** What stands where there is nothing yet, and what to do about it. */
export const empty = (title: string, ...advice: ReadonlyArray<Child>): Node_ =>
  h("div.empty", {}, h("b", {}, title), h("p", {}, ...advice))

export interface Part {
  readonly share: number
  readonly class: string
  readonly colour?: string | undefined
  readonly title?: string | undefined
}

/** One bar of several parts; shares of 1. */
export const bar = (label: string, parts: ReadonlyArray<Part>): Node_ =>
  h(
    "div.bar",
    { role: "img", "aria-label": label, title: label },
    ...parts.filter((part) => part.share > 0).map((part) =>
      h(`i.${part.class}`, {
        key: part.class,
        title: part.title,
        style: {
          width: `${Math.min(100, part.share * 100).toFixed(2)}%`,
          ...(part.colour !== undefined && { "--colour": part.colour })
        }
      })
    )
  )

export const swatch = (colour: string): Node_ => h("i.swatch", { style: { "background-color": colour } })

const words: Readonly<Record<string, string>> = {
  Stored: "done",
  Failed: "failed",
  Assigned: "assigned",
  Running: "running",
  Queued: "queued",
  Waiting: "waiting",
  Idle: "idle"
}

export const wordOf = (state: string): string => words[state] ?? state

export const pill = (state: string): Node_ => h("span.pill", { "data-state": state }, wordOf(state))

export const taskLink = (key: string): Node_ =>
  h("a.key", { href: `#/task/${encodeURIComponent(key)}`, title: key }, key)

export const workerLink = (id: string, name: string): Node_ =>
  h("a", { href: `#/workers/${encodeURIComponent(id)}`, title: id }, name)

/** A line of the last points, and what is below it; the highest is as high as the picture. */
export const line = (
  points: ReadonlyArray<number>,
  options: { readonly label: string; readonly most?: number | undefined; readonly class?: string | undefined }
): Node_ => {
  const width = 300
  const height = 60
  const most = Math.max(options.most ?? 0, ...points, 1e-9)
  const step = width / Math.max(1, points.length - 1)
  const at = points.map((value, index) =>
    `${(index * step).toFixed(1)},${(height - 1 - (value / most) * (height - 3)).toFixed(1)}`
  )
  const path = at.length < 2 ? "" : `M${at.join("L")}`
  return h(
    `svg.line${options.class === undefined ? "" : `.${options.class}`}`,
    { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": options.label },
    path === "" ? undefined : h("path.area", { d: `${path}L${width},${height}L0,${height}Z` }),
    path === "" ? undefined : h("path.stroke", { d: path })
  )
}
