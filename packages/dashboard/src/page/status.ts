/** The first view: all of it at a glance. */
import * as Amount from "../fold/amounts.js"
import type { Group, Point, Store, Worker } from "../fold/store.js"
import type { App } from "./app.js"
import { type Child, h, type Node_ } from "./dom.js"
import { bar, empty, line, panel, swatch, workerLink } from "./parts.js"
import { streamPanel } from "./streamPanel.js"

const tile = (name: string, value: string, more: Child, tone: string = ""): Node_ =>
  h("div.tile", { "data-tone": tone }, h("span.name", {}, name), h("span.value", {}, value), h("span.more", {}, more))

const live = (store: Store): ReadonlyArray<Worker> => store.workers.list.filter((worker) => worker.gone === undefined)

const tiles = (app: App): Node_ => {
  const { store } = app.feed
  const { now } = store
  const workers = live(store)
  const slots = workers.reduce((sum, worker) => sum + worker.slots, 0)
  const running = workers.reduce((sum, worker) => sum + worker.running, 0)
  const used = Math.ceil(workers.reduce((sum, worker) => sum + Math.min(worker.slots, worker.used), 0))
  const lost = store.workers.list.length - workers.length
  const unwell = workers.filter((worker) => worker.health !== "well").length
  const last = store.points.list[store.points.list.length - 1]
  const held = workers.reduce((sum, worker) => sum + worker.heldBytes, 0)
  const spilled = workers.reduce((sum, worker) => sum + (worker.memory?.spilled ?? 0), 0)
  const rates = store.points.list.slice(-120).map((point) => point.rate)
  const failedNow = now.counts["Failed"] ?? 0
  return h(
    "div.tiles",
    {},
    tile(
      "Workers",
      String(workers.length),
      lost > 0 ? `${lost} gone` : unwell > 0 ? `${unwell} not well` : "all well",
      lost > 0 ? "bad" : unwell > 0 ? "warn" : ""
    ),
    tile("Running", Amount.count(running), `${Amount.brief(Math.min(used, slots))} of ${slots} slots in use`),
    tile(
      "Waiting",
      Amount.count((now.counts["Queued"] ?? 0) + (now.counts["Waiting"] ?? 0)),
      `${Amount.count(now.counts["Waiting"] ?? 0)} for inputs`
    ),
    tile("Done", Amount.count(now.computed), `in ${Amount.span(now.now - now.began)}`),
    tile(
      "Failed",
      Amount.count(now.failed),
      failedNow === 0 ? "none held" : h("a", { href: "#/events" }, `${Amount.count(failedNow)} held`),
      now.failed > 0 ? "bad" : ""
    ),
    tile("Per second", last === undefined ? "–" : Amount.rate(last.rate), line(rates, { label: "tasks per second" })),
    tile(
      "Held",
      Amount.bytes(held),
      spilled > 0 ? `${Amount.bytes(spilled)} on disk` : `${countValues(workers)} values`
    )
  )
}

const countValues = (workers: ReadonlyArray<Worker>): string =>
  Amount.brief(workers.reduce((sum, worker) => sum + worker.keys, 0))

const totalOf = (group: Group): number =>
  group.waiting + group.queued + group.assigned + group.running + group.stored + group.failed

const progressRow = (app: App) => (group: Group): Node_ => {
  const total = totalOf(group)
  const colour = app.colours.of(group.group)
  const done = group.gone ? group.ended : group.stored
  const share = (n: number) => total === 0 ? 0 : n / total
  const says = [
    [group.stored, "done"],
    [group.running, "running"],
    [group.assigned, "given to workers"],
    [group.queued, "queued"],
    [group.waiting, "waiting for inputs"],
    [group.failed, "failed"],
    [group.idle, "wanted by nobody"]
  ].filter(([n]) => n !== 0).map(([n, what]) => `${Amount.count(Number(n))} ${what}`).join(", ")
  const on = app.stream.highlight === group.group
  return h(
    "button.progress",
    {
      key: group.group,
      class: group.gone ? "gone" : on ? "on" : "",
      "aria-pressed": on ? "true" : "false",
      title: `${group.group}: ${says === "" ? "released" : says}. Press to see it alone in the task stream.`,
      onclick: () => app.highlight(on ? undefined : group.group)
    },
    swatch(colour),
    h("span.what", {}, group.group),
    bar(
      `${group.group}: ${says}`,
      group.gone
        ? [{ share: 1, class: "released", colour }]
        : [
          { share: share(group.failed), class: "failed" },
          { share: share(group.stored), class: "done", colour },
          { share: share(group.running), class: "running", colour },
          { share: share(group.assigned + group.queued), class: "queued", colour }
        ]
    ),
    h("span.num", {}, group.gone ? Amount.count(done) : `${Amount.count(done)} / ${Amount.count(total)}`),
    h(
      "span.num.left",
      {},
      group.left !== undefined
        ? Amount.span(group.left)
        : group.failed > 0
        ? `${Amount.count(group.failed)} failed`
        : group.gone
        ? "released"
        : group.millis === undefined
        ? ""
        : `⌀ ${Amount.duration(group.millis)}`
    )
  )
}

const progress = (app: App): Node_ => {
  const groups = app.feed.store.groups.list.filter((group) => totalOf(group) + group.ended + group.broken > 0)
  return panel(
    "Progress",
    h("span.hint", {}, groups.length === 0 ? "" : "done / known, time left"),
    groups.length === 0
      ? empty(
        "No task has been submitted yet.",
        "Groups appear here by name as soon as a client submits: ",
        h("code", {}, "Client.submit(task, …)")
      )
      : h("div.rows", {}, groups.map(progressRow(app)))
  )
}

const memoryRow = (worker: Worker, most: number): Node_ => {
  const memory = worker.memory
  const managed = memory?.managed ?? worker.heldBytes
  const spilled = memory?.spilled ?? 0
  const rest = worker.processBytes === undefined ? 0 : Math.max(0, worker.processBytes - managed)
  const limit = memory?.limit
  const shared = Math.min(worker.sharedBytes ?? 0, managed)
  const whole = Math.max(most, 1)
  const says = [
    `${Amount.bytes(managed)} of values`,
    shared > 0 ? `${Amount.bytes(shared)} of that shared with executors` : "",
    spilled > 0 ? `${Amount.bytes(spilled)} on disk` : "",
    worker.processBytes !== undefined ? `${Amount.bytes(rest)} else in the process` : "",
    limit !== undefined ? `limit ${Amount.bytes(limit)}` : "no limit"
  ].filter((part) => part !== "").join(", ")
  return h(
    "div.meter",
    { key: worker.id, title: `${worker.name}: ${says}` },
    h("span.what", {}, workerLink(worker.id, worker.name)),
    bar(`${worker.name}: ${says}`, [
      { share: (managed - shared) / whole, class: memory?.paused === true ? "paused" : "managed" },
      { share: shared / whole, class: "shared" },
      { share: spilled / whole, class: "spilled" },
      { share: rest / whole, class: "rest" }
    ]),
    h("span.num", {}, limit === undefined ? Amount.bytes(managed) : `${Amount.bytes(managed)} / ${Amount.bytes(limit)}`)
  )
}

const memory = (store: Store): Node_ => {
  const workers = live(store)
  const size = (worker: Worker) =>
    Math.max(
      worker.memory?.limit ?? 0,
      (worker.memory?.managed ?? worker.heldBytes) + (worker.memory?.spilled ?? 0),
      worker.processBytes ?? 0
    )
  const most = workers.reduce((sum, worker) => Math.max(sum, size(worker)), 0)
  return panel(
    "Memory",
    h(
      "span.hint.keys",
      {},
      h("i.managed"),
      "values",
      h("i.shared"),
      "shared",
      h("i.spilled"),
      "on disk",
      h("i.rest"),
      "rest of the process"
    ),
    workers.length === 0
      ? empty("No worker is here.", "Start one: ", h("code", {}, "creel node"), ", or a cluster with workers.")
      : h("div.rows", {}, workers.slice(0, 64).map((worker) => memoryRow(worker, most)))
  )
}

const curve = (
  name: string,
  points: ReadonlyArray<Point>,
  of: (point: Point) => number,
  text: (n: number) => string,
  most?: number
) => {
  const values = points.map(of)
  const last = values[values.length - 1]
  const top = Math.max(most ?? 0, ...values, 0)
  return h(
    "figure.curve",
    { key: name },
    h(
      "figcaption",
      {},
      h("span", {}, name),
      h("b", {}, last === undefined ? "–" : text(last)),
      h("small", {}, `most ${text(top)}`)
    ),
    line(values, { label: `${name}, of late`, most })
  )
}

const history = (store: Store): Node_ => {
  const points = store.points.list.slice(-300)
  const first = points[0]
  return panel(
    "Of late",
    h("span.hint", {}, first === undefined ? "" : `the last ${Amount.span(store.now.now - first.at)}`),
    h(
      "div.curves",
      {},
      curve("Tasks per second", points, (point) => point.rate, Amount.rate),
      curve("Slots in use", points, (point) => point.used, Amount.percent, 1),
      curve("Waiting", points, (point) => point.waiting, Amount.brief)
    )
  )
}

export const status = (app: App): Node_ =>
  h(
    "div.view.status",
    {},
    tiles(app),
    streamPanel(app, app.stream),
    h("div.columns", {}, progress(app), memory(app.feed.store), history(app.feed.store))
  )
