/** The task stream with what works it. */
import * as Amount from "../fold/amounts.js"
import * as Colour from "../fold/colours.js"
import type { App } from "./app.js"
import { type Child, h, type Node_ } from "./dom.js"
import { empty } from "./parts.js"
import type { TaskStream } from "./taskStream.js"

const tool = (label: string, title: string, onclick: () => void, pressed?: boolean): Node_ =>
  h("button.tool", {
    key: title,
    title,
    onclick,
    ...(pressed !== undefined && { "aria-pressed": pressed ? "true" : "false" })
  }, label)

const legend = (): Node_ =>
  h(
    "span.hint.keys",
    {},
    swatchOf(Colour.failed),
    "failed",
    swatchOf(Colour.moves[1]),
    "value came",
    swatchOf(Colour.moves[2]),
    "spilled",
    swatchOf(Colour.moves[3]),
    "loaded"
  )

const swatchOf = (colour: string): Node_ => h("i", { style: { "background-color": colour } })

const nothing = (app: App): Child => {
  const { store } = app.feed
  const some = store.rects.next > 0 || store.workers.list.some((worker) => worker.now.length > 0)
  if (some || app.feed.connection !== "open") return undefined
  const workers = store.workers.list.some((worker) => worker.gone === undefined)
  return h(
    "div.over",
    {},
    workers
      ? empty(
        "Nothing has run since this page was opened.",
        "What tasks do is noted while somebody looks, so only what ends from now on appears: a lane for each executor, a rectangle for each task."
      )
      : empty("No worker is here.", "Tasks wait until one joins.")
  )
}

export const streamPanel = (app: App, stream: TaskStream): Node_ => {
  const { now } = app.feed.store
  return h(
    "section.panel.stream",
    { key: stream.options.only ?? "all" },
    h(
      "header",
      {},
      h("h2", {}, "Task stream"),
      stream.highlight === undefined
        ? legend()
        : h(
          "button.tool.on",
          { onclick: () => app.highlight(undefined), title: "Show all tasks again" },
          `only ${stream.highlight} ×`
        ),
      now.missed > 0 &&
        h(
          "span.hint.warn",
          {
            title:
              `${
                Amount.count(now.missed)
              } things were done that have no rectangle here. Where a worker does more than some ten ` +
              "thousand a second, it tells of some of its tasks that took less than a millisecond, evenly spread, and counts the others, " +
              "so that being looked at stays cheap. Failures and longer tasks are all here; numbers and progress count everything."
          },
          `${Amount.brief(now.missed)} only counted`
        ),
      h(
        "span.tools",
        {},
        h("span.hint.span", {}, Amount.duration(stream.span)),
        tool("−", "Zoom out ( - )", () => stream.zoom(1 / 0.6)),
        tool("+", "Zoom in ( + )", () => stream.zoom(0.6)),
        tool("All", "All that is kept ( 0 )", () => stream.fit()),
        stream.until === undefined
          ? tool("Pause", "Stand still (space)", () => stream.pause(), false)
          : tool("Follow", "Follow the present (space)", () => stream.follow(), true)
      )
    ),
    h("div.canvas", { hook: { mount: (element) => stream.mount(element) } }),
    nothing(app)
  )
}
