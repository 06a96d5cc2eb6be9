/** One task's life: where it is and why, what it needs, what became of it. */
import * as Amount from "../fold/amounts.js"
import type { KeyView, StoryLine } from "../fold/glance.js"
import type { App } from "./app.js"
import { type Child, h, type Node_ } from "./dom.js"
import { bar, empty, panel, pill, swatch, taskLink, workerLink } from "./parts.js"

export interface TaskAnswer {
  readonly key: string
  readonly view: KeyView | undefined
  readonly story: ReadonlyArray<StoryLine>
  readonly explanation: { readonly state: string; readonly summary: string }
}

const search = (app: App, key: string): Node_ =>
  h(
    "form.search",
    {
      onsubmit: (event: { preventDefault: () => void; readonly target: HTMLFormElement }) => {
        event.preventDefault()
        const wanted = String(new FormData(event.target).get("key") ?? "").trim()
        if (wanted !== "") app.go(`#/task/${encodeURIComponent(wanted)}`)
      }
    },
    h("input", {
      name: "key",
      type: "search",
      placeholder: "A key, as futures and errors name it",
      "aria-label": "Key of a task",
      autocomplete: "off",
      spellcheck: "false",
      value: key
    }),
    h("button.tool.act", { type: "submit" }, "Find")
  )

const story = (app: App, { key, story }: TaskAnswer): Node_ => {
  const first = story[0]?.at ?? 0
  const last = story[story.length - 1]?.at ?? first
  const whole = Math.max(1, last - first)
  const tones = new Map(app.feed.store.events.list.map((event) => [event.what, event.tone]))
  return panel(
    "Its life",
    h("span.hint", {}, story.length === 0 ? "" : Amount.duration(last - first)),
    story.length === 0
      ? empty(
        "Nothing is written of it any more.",
        "The scheduler keeps its latest decisions; what is older is forgotten."
      )
      : h(
        "div.rows.story",
        {},
        story.map((entry, index) =>
          h(
            "div.event",
            { key: index, "data-tone": tones.get(entry.what) ?? (entry.what === "stored" ? "good" : "plain") },
            h(
              "time",
              { title: Amount.clock(entry.at, 3) },
              index === 0 ? Amount.clock(entry.at, 3) : `+ ${Amount.duration(entry.at - first)}`
            ),
            h("b", {}, entry.what),
            h("span.subject", {}, entry.subject === key ? "" : nameOf(app, entry.subject)),
            h(
              "span.detail",
              {},
              [entry.name ?? "", entry.detail, entry.millis === undefined ? "" : `ran ${Amount.duration(entry.millis)}`]
                .filter((part) => part !== "").join(" · ")
            ),
            h("span.track", {}, h("i", { style: { left: `${(((entry.at - first) / whole) * 100).toFixed(1)}%` } }))
          )
        )
      )
  )
}

const nameOf = (app: App, peer: string): string =>
  app.feed.store.workers.list.find(({ id }) => id === peer)?.name ?? peer

/** Of what the scheduler no longer knows, this page may still have seen how it ran. */
const seen = (app: App, key: string): Child => {
  const { lanes, names, rects, workers } = app.feed.store
  const rows: Array<Node_> = []
  for (let n = rects.next - 1; n >= rects.oldest && rows.length < 20; n--) {
    const at = n % rects.capacity
    if (rects.keys[at] !== key) continue
    const lane = lanes[rects.lane[at]!]
    const name = workers.list.find(({ id }) => id === lane?.[0])?.name ?? lane?.[0] ?? ""
    const colour = app.colours.of(names[rects.name[at]!] ?? "")
    const what = ["ran", "came", "spilled", "loaded"][rects.kind[at]!] ?? ""
    const end = ["", ", failed", ", cancelled", ", its executor died"][rects.end[at]!] ?? ""
    rows.push(h(
      "div.item",
      { key: n },
      swatch(colour),
      h("span", {}, `${what}${end} on ${[name, lane?.[1] ?? ""].filter((part) => part !== "").join(" · ")}`),
      h("span.num", {}, `${Amount.clock(rects.start[at]!, 3)} for ${Amount.duration(rects.millis[at]!)}`)
    ))
  }
  return panel(
    "As this page saw it",
    undefined,
    rows.length === 0
      ? empty("It did not run, or before this page was opened.")
      : h("div.rows", {}, rows.reverse()),
    app.answers.task?.view === undefined &&
      h("p.says.hint", {}, "While somebody holds its future, its error, inputs and holders stand here too.")
  )
}

const failure = (view: KeyView): Child => {
  const { failure } = view
  if (failure === undefined) return undefined
  return panel(
    "Why it failed",
    h("span.pill", { "data-state": "Failed" }, failure.reason),
    h("p.says", {}, failure.detail),
    failure.key !== view.key &&
      h("p.says", {}, "It never ran: what it needs failed first, ", taskLink(failure.key)),
    failure.stack !== undefined && h("pre.stack", {}, failure.stack)
  )
}

const around = (title: string, list: KeyView["inputs"], none: string): Node_ =>
  panel(
    title,
    h("span.hint", {}, list.length >= 100 ? "the first 100" : String(list.length)),
    list.length === 0
      ? empty(none)
      : h("div.rows", {}, list.map(({ key, state }) => h("div.item", { key }, taskLink(key), pill(state))))
  )

const factsOf = (app: App, view: KeyView): Node_ =>
  h(
    "dl.facts",
    {},
    h("dt", {}, "Task"),
    h("dd", {}, swatch(app.colours.of(view.group)), " ", view.group),
    ...(view.bytes === undefined
      ? []
      : [
        h("dt", {}, "Value"),
        h("dd", {}, `${Amount.bytes(view.bytes)}${view.type === undefined ? "" : `, ${view.type}`}`)
      ]),
    ...(view.holders.length === 0 ? [] : [
      h("dt", {}, "Held by"),
      h("dd", {}, view.holders.flatMap((id, index) => [index > 0 && ", ", workerLink(id, nameOf(app, id))]))
    ]),
    ...(view.failures === 0
      ? []
      : [h("dt", {}, "Failed"), h("dd", {}, `${view.failures} ${view.failures === 1 ? "time" : "times"}`)]),
    ...view.attempts.flatMap((attempt) => [
      h("dt", {}, attempt.phase === "Running" || attempt.since !== undefined ? "Runs on" : "Given to"),
      h(
        "dd",
        {},
        workerLink(attempt.worker, nameOf(app, attempt.worker)),
        attempt.since === undefined ? "" : `, for ${Amount.duration(Math.max(0, app.feed.now - attempt.since))}`
      )
    ])
  )

/** How many are named of each kind. */
const recentMax = 14

const failedOfLate = (app: App): Node_ => {
  const { list } = app.feed.store.failures
  return panel(
    "Failed of late",
    undefined,
    list.length === 0 ? empty("Nothing has failed.") : h(
      "div.rows",
      {},
      list.slice(-recentMax).reverse().map(({ at, detail, group, key, reason }) =>
        h(
          "div.item.ran",
          { key: `${key} ${at}`, title: `${reason}: ${detail}` },
          swatch(app.colours.of(group)),
          taskLink(key),
          h("span.hint.what", {}, detail === "" ? reason : detail.split("\n", 1)[0]),
          h("time.hint", {}, Amount.clock(at))
        )
      )
    )
  )
}

const doneOfLate = (app: App): Node_ => {
  const { names, rects } = app.feed.store
  const list: Array<number> = []
  for (let n = rects.next - 1; n >= rects.oldest && n > rects.next - 20_000 && list.length < recentMax; n--) {
    const at = n % rects.capacity
    if (rects.kind[at] === 0 && rects.end[at] === 0) list.push(at)
  }
  const most = Math.max(1, ...list.map((at) => rects.millis[at]!))
  return panel(
    "Done of late",
    undefined,
    list.length === 0 ? empty("Nothing ended while this page was open.") : h(
      "div.rows",
      {},
      list.map((at) => {
        const colour = app.colours.of(names[rects.name[at]!] ?? "")
        return h(
          "div.item.ran",
          { key: `${rects.keys[at]!} ${rects.start[at]!}` },
          swatch(colour),
          taskLink(rects.keys[at]!),
          bar("", [{ share: rects.millis[at]! / most, class: "done", colour }]),
          h("span.num", {}, Amount.duration(rects.millis[at]!))
        )
      })
    )
  )
}

const recent = (app: App): Node_ => h("div.columns.two", {}, failedOfLate(app), doneOfLate(app))

export const task = (app: App, key: string): Node_ => {
  if (key === "") return h("div.view", {}, search(app, ""), recent(app))
  const answer = app.answers.task
  if (answer === undefined || answer.key !== key) {
    return h("div.view", {}, search(app, key), empty("Asking the scheduler …"))
  }
  const { explanation, view } = answer
  // Errors outlive what is known of their tasks.
  const released = explanation.state === "Unknown"
  return h(
    "div.view.one",
    { key },
    search(app, key),
    h(
      "div.title",
      {},
      h("h1.key", {}, key),
      view === undefined
        ? h("span.pill", {}, "unknown")
        : pill(view.attempts.some(({ since }) => since !== undefined) ? "Running" : view.state),
      app.feed.store.now.role === "operator" && view !== undefined &&
        ["Waiting", "Queued", "Assigned"].includes(view.state) &&
        h("button.tool.act", {
          onclick: () => app.cancel(key),
          title: "Stops it and what depends on it, whoever wants them"
        }, "Cancel")
    ),
    h(
      "p.says",
      {},
      released && view !== undefined
        ? "Nobody holds it any more. Its error is still known, not what it needed or what needed it."
        : explanation.summary
    ),
    view === undefined || released
      ? h(
        "div.stack",
        {},
        view !== undefined && failure(view),
        h("div.columns.two", {}, story(app, answer), seen(app, key))
      )
      : h(
        "div.stack",
        {},
        failure(view),
        h(
          "div.columns",
          {},
          h(
            "div.stack",
            {},
            panel("Facts", undefined, factsOf(app, view)),
            around("Needs", view.inputs, "It needs no other task.")
          ),
          story(app, answer),
          h("div.stack", {}, around("Needed by", view.dependents, "No task needs it."), seen(app, key))
        )
      )
  )
}
