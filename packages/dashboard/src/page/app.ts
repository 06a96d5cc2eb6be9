/** The page as a whole: which view is seen, what was asked for it, and what a person has chosen. */
import { Colours } from "../fold/colours.js"
import type { GraphView, Tree } from "../fold/glance.js"
import type { Worker } from "../fold/store.js"
import { actors } from "./actors.js"
import { h, type Node_, Root } from "./dom.js"
import { events } from "./events.js"
import { Feed } from "./feed.js"
import { graph } from "./graph.js"
import { GraphCanvas } from "./graphCanvas.js"
import { profile, Profiles } from "./profile.js"
import { status } from "./status.js"
import { task, type TaskAnswer } from "./task.js"
import { TaskStream } from "./taskStream.js"
import * as Theme from "./theme.js"
import { worker, workers } from "./workers.js"

const views = [
  ["status", "Status"],
  ["workers", "Workers"],
  ["graph", "Graph"],
  ["task", "Task"],
  ["actors", "Actors"],
  ["events", "Events"],
  ["profile", "Profile"]
] as const

type Tone = "all" | "bad" | "warn" | "good" | "plain"

/** Milliseconds between two askings of what the stream does not bring. */
const askEvery = 1000

export class App {
  readonly colours = new Colours()
  readonly feed: Feed
  readonly stream: TaskStream
  readonly graph: GraphCanvas
  readonly profiles = new Profiles(this)
  answers: { task?: TaskAnswer; graph?: GraphView; tree?: Tree } = {}
  sort = { by: "Worker", down: false }
  filter: { text: string; tone: Tone } = { text: "", tone: "all" }
  private readonly root = new Root(document.body)
  private readonly streams = new Map<string, TaskStream>()
  private drawn = 0
  private asking = false
  private help = false

  constructor() {
    this.feed = new Feed((another) => {
      if (another) this.streams.clear()
      for (const name of this.feed.store.groups.list) this.colours.of(name.group)
      this.stream?.refresh()
      for (const stream of this.streams.values()) stream.refresh()
      this.draw()
    })
    this.stream = this.makeStream(undefined)
    this.graph = new GraphCanvas(
      (key) => this.openTask(key),
      (id) => this.feed.store.workers.list.find((one) => one.id === id)?.name ?? id
    )
    addEventListener("hashchange", () => {
      this.answers = {}
      this.draw()
      requestAnimationFrame(() =>
        document.querySelector("nav a[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" })
      )
      void this.ask()
    })
    addEventListener("keydown", (event) => this.key(event))
    setInterval(() => void this.ask(), askEvery)
    this.draw()
    void this.ask()
  }

  private makeStream(only: string | undefined): TaskStream {
    return new TaskStream({
      feed: this.feed,
      colours: this.colours,
      only,
      open: (key) => this.openTask(key),
      changed: () => this.draw()
    })
  }

  streamOf(worker: string): TaskStream {
    let stream = this.streams.get(worker)
    if (stream === undefined) this.streams.set(worker, stream = this.makeStream(worker))
    return stream
  }

  get route(): { readonly view: string; readonly of: string } {
    const [view = "", ...rest] = location.hash.replace(/^#\/?/, "").split("/")
    let of = ""
    try {
      of = decodeURIComponent(rest.join("/"))
    } catch {
      // what is no address shows the view without it
    }
    return { view: view === "" ? "status" : view, of }
  }

  go(hash: string): void {
    location.hash = hash
  }

  openTask(key: string): void {
    this.go(`#/task/${encodeURIComponent(key)}`)
  }

  highlight(name: string | undefined): void {
    this.stream.highlight = name
    this.stream.refresh()
    this.draw()
  }

  sortBy(by: string): void {
    this.sort = { by, down: this.sort.by === by ? !this.sort.down : by !== "Worker" && by !== "Node" }
    this.draw()
  }

  filterBy(filter: Partial<App["filter"]>): void {
    this.filter = { ...this.filter, ...filter }
    this.draw()
  }

  cancel(key: string): void {
    if (confirm(`Cancel ${key}, and all that depends on it, whoever wants them?`)) void this.change("cancel", { key })
  }

  retire(worker: Worker): void {
    if (confirm(`Send ${worker.name} away, once others have what only it holds?`)) {
      void this.change("retire", { worker: worker.id })
    }
  }

  private async change(what: string, body: Readonly<Record<string, string>>): Promise<void> {
    await fetch(`api/${what}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body)
    })
    await this.ask()
  }

  /** What only the view that is seen needs; the next is asked for when the last has come. */
  private async ask(): Promise<void> {
    const { of, view } = this.route
    const what = view === "graph"
      ? "graph"
      : view === "actors"
      ? "tree"
      : view === "task" && of !== ""
      ? `task?key=${encodeURIComponent(of)}`
      : undefined
    if (what === undefined || this.asking || document.hidden) return
    this.asking = true
    try {
      const response = await fetch(`api/${what}`)
      if (!response.ok) return
      const answer: unknown = await response.json()
      if (view === "graph") this.graph.show(this.answers.graph = answer as GraphView)
      else if (view === "actors") this.answers.tree = answer as Tree
      else this.answers.task = answer as TaskAnswer
      this.draw()
    } catch {
      // the stream tells what is wrong
    } finally {
      this.asking = false
      const now = this.route
      if (now.view !== view || now.of !== of) void this.ask()
    }
  }

  private key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (event.key === "Escape") {
      if (this.help) this.toggleHelp()
      // A field for searching would be emptied, and nobody told.
      event.preventDefault()
      target.blur()
      return
    }
    if (/^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return
    const number = Number(event.key)
    if (event.key === "?") this.toggleHelp()
    else if (event.key === "t") this.theme()
    else if (event.key === "/") {
      event.preventDefault()
      if (!/^(?:events|profile)$/.test(this.route.view)) this.go("#/task")
      setTimeout(() => document.querySelector<HTMLInputElement>("input[type=search]")?.focus())
    } else if (Number.isInteger(number) && number >= 1 && number <= views.length) this.go(`#/${views[number - 1]![0]}`)
    else if (event.key === "p" && this.route.view === "profile") void this.profiles.take()
    else if (this.route.view === "status" && target === document.body && this.stream.key(event.key)) {
      event.preventDefault()
    }
  }

  toggleHelp(): void {
    this.help = !this.help
    this.draw()
  }

  theme(): void {
    Theme.toggle()
    this.themed()
  }

  /** Pictures are painted in other colours. */
  themed(): void {
    this.stream.refresh()
    for (const stream of this.streams.values()) stream.refresh()
    if (this.answers.graph !== undefined) this.graph.show(this.answers.graph)
    this.draw()
  }

  /** At the next picture, once, however much has changed. */
  draw(): void {
    if (this.drawn !== 0) return
    this.drawn = requestAnimationFrame(() => {
      this.drawn = 0
      this.root.render(this.page())
    })
  }

  private page(): Node_ {
    const { of, view } = this.route
    const title = this.feed.store.now.title || "Creel"
    if (document.title !== title) document.title = title
    return h(
      "div.page",
      {},
      this.head(view),
      this.banner(),
      h(
        "main",
        { key: view === "workers" && of !== "" ? "worker" : view },
        view === "workers"
          ? (of === "" ? workers(this) : worker(this, of))
          : view === "graph"
          ? graph(this)
          : view === "task"
          ? task(this, of)
          : view === "actors"
          ? actors(this)
          : view === "events"
          ? events(this)
          : view === "profile"
          ? profile(this)
          : status(this)
      ),
      this.help && this.keys()
    )
  }

  private head(view: string): Node_ {
    const { connection, store } = this.feed
    const well = connection === "open" && store.now.reached
    const says = connection === "shut"
      ? "not let in"
      : connection === "waiting"
      ? "no connection"
      : store.now.reached
      ? "live"
      : "scheduler silent"
    return h(
      "header.head",
      {},
      h("a.name", { href: "#/status" }, h("i.mark"), store.now.title || "Creel"),
      h(
        "nav",
        { "aria-label": "Views" },
        views.map(([name, label], index) =>
          h("a", {
            key: name,
            href: `#/${name}`,
            title: `${label} ( ${index + 1} )`,
            "aria-current": view === name ? "page" : undefined
          }, label)
        )
      ),
      h(
        "span.live",
        { "data-well": well ? "yes" : "no", role: "status", title: `life ${store.now.incarnation} of the scheduler` },
        h("i.dot", { "data-health": well ? "well" : "gone" }),
        says
      ),
      h("button.tool", { onclick: () => this.toggleHelp(), title: "Keys ( ? )", "aria-label": "Keys" }, "?"),
      h(
        "button.tool",
        { onclick: () => this.theme(), title: "Light or dark ( t )", "aria-label": "Light or dark" },
        "◐"
      )
    )
  }

  private banner(): Node_ | undefined {
    const { connection, store } = this.feed
    if (connection === "shut") {
      return h(
        "p.banner",
        { role: "alert" },
        "The program started again and has another link: open the last one from its log. (With a token of your own the link stays the same.)"
      )
    }
    if (connection === "waiting" && store.epoch !== "") {
      return h(
        "p.banner",
        { role: "alert" },
        "No connection to the program. It is tried again until it is back; what you see is from before."
      )
    }
    if (connection === "open" && !store.now.reached) {
      return h("p.banner", { role: "alert" }, "The scheduler does not answer just now. What you see is from before.")
    }
    return undefined
  }

  private keys(): Node_ {
    const rows: ReadonlyArray<readonly [string, string]> = [
      ["1 – 7", "the views"],
      ["/", "find a task, an event, a function"],
      ["space", "pause or follow the task stream"],
      ["← →", "move in time"],
      ["+ −", "zoom"],
      ["0", "all that is kept"],
      ["p", "profile, where profiles are"],
      ["t", "light or dark"],
      ["?", "this list"]
    ]
    return h(
      "div.help",
      { key: "help", onclick: () => this.toggleHelp() },
      h(
        "div.panel",
        { role: "dialog", "aria-label": "Keys" },
        h("header", {}, h("h2", {}, "Keys")),
        h("dl.facts", {}, rows.flatMap(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)]))
      )
    )
  }
}
