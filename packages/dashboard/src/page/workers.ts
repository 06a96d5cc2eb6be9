/** The workers: all in a table, and one alone. */
import * as Amount from "../fold/amounts.js"
import type { Worker } from "../fold/store.js"
import type { App } from "./app.js"
import { type Child, h, type Node_ } from "./dom.js"
import { eventRows } from "./events.js"
import { bar, empty, panel, swatch, taskLink, workerLink } from "./parts.js"
import { streamPanel } from "./streamPanel.js"

interface Column {
  readonly name: string
  readonly title: string
  readonly number: boolean
  /** Whether it takes a line of its own where a worker is a card. */
  readonly wide?: boolean
  readonly sort: (worker: Worker) => number | string
  readonly cell: (worker: Worker) => Child | ReadonlyArray<Child>
}

const health = (worker: Worker): string =>
  worker.gone !== undefined
    ? "gone"
    : worker.down !== undefined
    ? "down"
    : worker.health === "well"
    ? (worker.memory?.paused === true ? "paused" : "well")
    : worker.health

const words: Readonly<Record<string, string>> = {
  well: "well",
  suspect: "not heard",
  leaving: "leaving",
  gone: "gone",
  down: "no executor",
  paused: "short of memory"
}

const heap = (worker: Worker): number =>
  worker.executors.reduce((most, one) => Math.max(most, one.heapLimit > 0 ? one.heapUsed / one.heapLimit : 0), 0)

const held = (worker: Worker): number => worker.memory?.managed ?? worker.heldBytes

const meter = (share: number, text: string, tone: string = "managed"): Node_ =>
  h("div.cell", {}, bar(text, [{ share: Math.min(1, share), class: tone }]), h("span", {}, text))

const columns: ReadonlyArray<Column> = [
  {
    name: "Worker",
    title: "Its name; its own page has more",
    number: false,
    sort: (worker) => worker.name,
    cell: (worker) => [
      h("i.dot", { "data-health": health(worker), title: words[health(worker)] }),
      workerLink(worker.id, worker.name),
      health(worker) !== "well" && h("span.state", {}, words[health(worker)])
    ]
  },
  {
    name: "Slots",
    title: "Slots taken by the work it was given, of all: more than all where some was given ahead",
    number: true,
    sort: (worker) => worker.used / Math.max(1, worker.slots),
    cell: (worker) =>
      meter(worker.used / Math.max(1, worker.slots), `${Math.round(worker.used * 10) / 10} / ${worker.slots}`)
  },
  {
    name: "Running",
    title: "Attempts known to run, and those that wait for tasks they submitted",
    number: true,
    sort: (worker) => worker.running,
    cell: (worker) => worker.suspended > 0 ? `${worker.running} + ${worker.suspended}` : String(worker.running)
  },
  {
    name: "Given",
    title: "Attempts in its books that do not run yet",
    number: true,
    sort: (worker) => worker.attempts - worker.running,
    cell: (worker) => Amount.count(Math.max(0, worker.attempts - worker.running - worker.suspended))
  },
  {
    name: "Busy",
    title: "How busy its executors were since its last sign of life",
    number: true,
    sort: (worker) => worker.busy ?? -1,
    cell: (worker) => worker.busy === undefined ? "–" : meter(worker.busy, Amount.percent(worker.busy), "busy")
  },
  {
    name: "CPU",
    title: "Processor time that its whole process used of late, threads included: 100 % is one processor",
    number: true,
    sort: (worker) => worker.use?.processors ?? -1,
    cell: (worker) => worker.use === undefined ? "–" : Amount.percent(worker.use.processors)
  },
  {
    name: "Loop",
    title: "For how much of the time of late the worker's own event loop was busy: near 100 % it answers late",
    number: true,
    sort: (worker) => worker.use?.loop ?? -1,
    cell: (worker) =>
      worker.use === undefined
        ? "–"
        : h("span", { class: worker.use.loop > 0.9 ? "warn" : "" }, Amount.percent(worker.use.loop))
  },
  {
    name: "Ahead",
    title: "Expected time of the work in its books",
    number: true,
    sort: (worker) => worker.load,
    cell: (worker) => worker.load === 0 ? "–" : Amount.duration(worker.load)
  },
  {
    name: "Memory",
    title: "Of values it holds, against its limit where it has one",
    number: true,
    wide: true,
    sort: held,
    cell: (worker) =>
      worker.memory === undefined
        ? Amount.bytes(held(worker))
        : meter(
          held(worker) / worker.memory.limit,
          `${Amount.bytes(held(worker))} / ${Amount.bytes(worker.memory.limit)}`
        )
  },
  {
    name: "Values",
    title: "How many it holds",
    number: true,
    sort: (worker) => worker.keys,
    cell: (worker) => Amount.count(worker.keys)
  },
  {
    name: "Heap",
    title: "The fullest heap of its executors",
    number: true,
    sort: heap,
    cell: (worker) => worker.executors.length === 0 ? "–" : meter(heap(worker), Amount.percent(heap(worker)), "busy")
  },
  {
    name: "Process",
    title: "Bytes of its whole process",
    number: true,
    sort: (worker) => worker.processBytes ?? -1,
    cell: (worker) => worker.processBytes === undefined ? "–" : Amount.bytes(worker.processBytes)
  },
  {
    name: "Ended",
    title: "Attempts that ended there since somebody looks on: well, and badly",
    number: true,
    sort: (worker) => worker.ended,
    cell: (worker) =>
      worker.broken > 0
        ? [Amount.count(worker.ended), h("span.bad", {}, ` + ${Amount.count(worker.broken)}`)]
        : Amount.count(worker.ended)
  },
  {
    name: "Heard",
    title: "When it was heard last",
    number: true,
    sort: (worker) => worker.silent,
    cell: (worker) => worker.silent < 1000 ? "now" : `${Amount.span(worker.silent)} ago`
  },
  {
    name: "Node",
    title: "Its process and machine",
    number: false,
    wide: true,
    sort: (worker) => worker.node,
    cell: (worker) => worker.host === undefined ? worker.node : `${worker.node} · ${worker.host}`
  }
]

const natural = new Intl.Collator("en", { numeric: true })

const sorted = (app: App): ReadonlyArray<Worker> => {
  const { by, down } = app.sort
  const column = columns.find(({ name }) => name === by) ?? columns[0]!
  return [...app.feed.store.workers.list].sort((a, b) => {
    const [x, y] = [column.sort(a), column.sort(b)]
    const order = typeof x === "number" && typeof y === "number" ? x - y : natural.compare(String(x), String(y))
    return (down ? -order : order) || natural.compare(a.name, b.name)
  })
}

const head = (app: App): Node_ =>
  h(
    "tr",
    {},
    columns.map(({ name, number, title }) =>
      h(
        "th",
        {
          class: number ? "num" : "",
          title,
          "aria-sort": app.sort.by === name ? (app.sort.down ? "descending" : "ascending") : undefined
        },
        h(
          "button",
          { onclick: () => app.sortBy(name) },
          name,
          app.sort.by === name ? (app.sort.down ? " ↓" : " ↑") : ""
        )
      )
    )
  )

export const workers = (app: App): Node_ => {
  const list = sorted(app)
  return h(
    "div.view",
    {},
    panel(
      "Workers",
      h("span.hint", {}, `${list.length}`),
      list.length === 0
        ? empty(
          "No worker is here.",
          "Start one: ",
          h("code", {}, "creel node"),
          ", or a cluster with workers. It appears as soon as it joins."
        )
        : h(
          "div.scroll",
          {},
          h(
            "table",
            {},
            h("thead", {}, head(app)),
            h(
              "tbody",
              {},
              list.map((worker) =>
                h(
                  "tr",
                  { key: worker.id, "data-health": health(worker) },
                  columns.map(({ cell, name, number, wide = false }) =>
                    h(
                      "td",
                      { key: name, class: `${number ? "num" : ""}${wide ? " wide" : ""}`, "data-name": name },
                      cell(worker)
                    )
                  )
                )
              )
            )
          )
        )
    )
  )
}

type Fact = readonly [name: string, value: Child | ReadonlyArray<Child>, title?: string]

const facts = (rows: ReadonlyArray<Fact>): Node_ =>
  h("dl.facts", {}, rows.flatMap(([name, value, title]) => [h("dt", { title }, name), h("dd", { title }, value)]))

const times = (n: number): string => n === 1 ? "once" : `${Amount.count(n)} times`

const factsOf = (worker: Worker): ReadonlyArray<Fact> => [
  ["State", words[health(worker)]],
  ["Last heard", worker.silent < 1000 ? "now" : `${Amount.span(worker.silent)} ago`],
  ["Slots", `${Math.round(worker.used * 10) / 10} of ${worker.slots} taken`],
  [
    "Processor",
    worker.use === undefined
      ? "–"
      : `${Amount.percent(worker.use.processors)} of one, event loop ${Amount.percent(worker.use.loop)}`,
    "Of its whole process, threads included, and of the worker's own event loop: near 100 % it answers late"
  ],
  ["Executors", worker.busy === undefined ? "–" : `${Amount.percent(worker.busy)} busy`, "Since its last sign of life"],
  ["Work ahead", worker.load === 0 ? "none" : Amount.duration(worker.load)],
  ["Values", `${Amount.count(worker.keys)}, ${Amount.bytes(worker.heldBytes)}`],
  [
    "Came",
    worker.came.count === 0
      ? "nothing"
      : `${Amount.count(worker.came.count)} values, ${Amount.bytes(worker.came.bytes)}`,
    "Values brought here from other workers and clients since somebody looks on"
  ],
  [
    "Restarts",
    worker.restarts === 0 ? "none" : times(worker.restarts),
    "How often it, or an executor of it, was lost and came again, since somebody looks on"
  ],
  [
    "Last error",
    worker.wrong === undefined
      ? "none"
      : [taskLink(worker.wrong.key), ` ${worker.wrong.detail}, ${Amount.clock(worker.wrong.at)}`],
    "The last task that failed here for good, of those that are still known"
  ],
  [
    "Memory",
    worker.memory === undefined
      ? "no limit"
      : `${Amount.bytes(worker.memory.managed)} of ${Amount.bytes(worker.memory.limit)}, at most ${
        Amount.bytes(worker.memory.peak)
      }, ${Amount.bytes(worker.memory.spilled)} on disk`
  ],
  ["Process", worker.processBytes === undefined ? "–" : Amount.bytes(worker.processBytes)],
  ["Node", worker.host === undefined ? worker.node : `${worker.node} on ${worker.host}`],
  ...Object.entries(worker.resources).map(([name, { taken, total }]) => [name, `${taken} of ${total} taken`] as const),
  ["Tasks", worker.tasks.map((task) => task.split("#", 1)[0]).join(", ")],
  ["Id", h("code", {}, worker.id)]
]

const running = (app: App, worker: Worker): Node_ =>
  panel(
    "Running now",
    h("span.hint", {}, String(worker.now.length)),
    worker.now.length === 0
      ? empty("Nothing runs here just now.")
      : h(
        "div.rows",
        {},
        worker.now.map((one) =>
          h(
            "div.item",
            { key: one.key },
            swatch(app.colours.of(one.group)),
            taskLink(one.key),
            h(
              "span.num",
              {},
              `${one.suspended ? "waits, " : ""}${Amount.duration(Math.max(0, app.feed.now - one.since))}`
            )
          )
        )
      )
  )

const executors = (worker: Worker): Child =>
  worker.executors.length > 0 &&
  panel(
    "Executors",
    undefined,
    h(
      "div.rows",
      {},
      worker.executors.map((one) =>
        h(
          "div.meter",
          { key: one.executor },
          h("span.what", { title: one.executor }, one.executor.slice(one.executor.lastIndexOf("/") + 1)),
          bar(`heap of ${one.executor}`, [{
            share: one.heapLimit > 0 ? one.heapUsed / one.heapLimit : 0,
            class: "busy"
          }]),
          h("span.num", {}, `${Amount.bytes(one.heapUsed)} / ${Amount.bytes(one.heapLimit)}`)
        )
      )
    )
  )

export const worker = (app: App, id: string): Node_ => {
  const { store } = app.feed
  const found = store.workers.list.find((one) => one.id === id || one.name === id)
  if (found === undefined) {
    return h(
      "div.view",
      {},
      panel(id, undefined, empty("This worker is not here any more.", h("a", { href: "#/workers" }, "All workers")))
    )
  }
  const events = store.events.list.filter((event) => event.peer === found.name).slice(-50)
  return h(
    "div.view.one",
    { key: found.id },
    h(
      "div.title",
      {},
      h("a", { href: "#/workers" }, "Workers"),
      h("h1", {}, h("i.dot", { "data-health": health(found) }), found.name),
      store.now.role === "operator" && found.gone === undefined &&
        h("button.tool.act", {
          onclick: () => app.retire(found),
          title: "It hands over what only it holds, and then leaves"
        }, "Send away")
    ),
    streamPanel(app, app.streamOf(found.id)),
    h(
      "div.columns",
      {},
      panel("Facts", undefined, facts(factsOf(found))),
      h("div.stack", {}, running(app, found), executors(found)),
      panel(
        "Events",
        undefined,
        events.length === 0 ? empty("Nothing was decided about it of late.") : eventRows(events)
      )
    )
  )
}
