/** What was decided out of the ordinary: failures, losses, moves, who came and went. */
import * as Amount from "../fold/amounts.js"
import type { Event } from "../fold/store.js"
import type { App } from "./app.js"
import { h, type Node_ } from "./dom.js"
import { empty, panel, taskLink } from "./parts.js"

const row = (event: Event, number: number): Node_ =>
  h(
    "div.event",
    { key: number, "data-tone": event.tone },
    h("time", {}, Amount.clock(event.at, 3)),
    h("b", {}, event.what),
    event.key === undefined ? h("span.subject", {}, event.peer ?? "") : taskLink(event.key),
    h(
      "span.detail",
      {},
      [event.key === undefined ? "" : event.peer ?? "", event.detail ?? ""].filter((part) => part !== "").join(" · ")
    )
  )

/** The latest first. */
export const eventRows = (events: ReadonlyArray<Event>, from: number = 0): Node_ =>
  h("div.rows.events", {}, events.map((event, index) => row(event, from + index)).reverse())

const tones = ["all", "bad", "warn", "good", "plain"] as const
const names = { all: "All", bad: "Failures", warn: "Warnings", good: "Arrivals", plain: "Others" }

export const events = (app: App): Node_ => {
  const { list, next } = app.feed.store.events
  const { text, tone } = app.filter
  const wanted = text.toLowerCase()
  const found = list.map((event, index) => ({ event, number: next - list.length + index })).filter(({ event }) =>
    (tone === "all" || event.tone === tone) &&
    (wanted === "" ||
      [event.what, event.key, event.peer, event.detail].some((part) => part?.toLowerCase().includes(wanted) === true))
  ).slice(-500)
  return h(
    "div.view",
    {},
    panel(
      "Events",
      h(
        "span.tools",
        {},
        h("input", {
          type: "search",
          placeholder: "key, worker, word",
          "aria-label": "Filter events",
          value: text,
          oninput: (event: { readonly target: HTMLInputElement }) => app.filterBy({ text: event.target.value })
        }),
        tones.map((one) =>
          h("button.tool", {
            key: one,
            "aria-pressed": tone === one ? "true" : "false",
            onclick: () => app.filterBy({ tone: one })
          }, names[one])
        )
      ),
      found.length === 0
        ? empty(
          list.length === 0 ? "Nothing out of the ordinary has happened." : "No event fits.",
          list.length === 0
            ? "Failures, retries, workers that come and go, and values that move are told here."
            : "Clear the filter to see all."
        )
        : h("div.rows.events", {}, found.map(({ event, number }) => row(event, number)).reverse())
    )
  )
}
