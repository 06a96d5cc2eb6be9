/** What the executors spend their time on, asked for and looked at. */
import * as Amount from "../fold/amounts.js"
import { Flame } from "../fold/flame.js"
import type { Profile } from "../fold/glance.js"
import type { App } from "./app.js"
import { type Child, h, type Node_ } from "./dom.js"
import { FlameGraph, part } from "./flameGraph.js"
import { empty, panel } from "./parts.js"

const durations = [1, 5, 10, 30]

/** What is known of profiles on this page: the last one, or that one is being made. */
export class Profiles {
  readonly graph: FlameGraph
  seconds = 5
  worker = ""
  wanted = ""
  last: { readonly profile: Profile; readonly flame: Flame } | undefined
  /** Since when it is being made, by `performance.now()`. */
  since: number | undefined
  problem: string | undefined

  constructor(private readonly app: App) {
    this.graph = new FlameGraph({ colours: app.colours, changed: () => app.draw() })
  }

  choose(options: { readonly seconds?: number; readonly worker?: string }): void {
    this.seconds = options.seconds ?? this.seconds
    this.worker = options.worker ?? this.worker
    this.app.draw()
  }

  find(text: string): void {
    this.wanted = text
    this.graph.find(text)
    this.app.draw()
  }

  async take(): Promise<void> {
    if (this.since !== undefined) return
    this.since = performance.now()
    this.problem = undefined
    this.app.draw()
    try {
      const query = new URLSearchParams({ seconds: String(this.seconds) })
      if (this.worker !== "") query.set("worker", this.worker)
      const response = await fetch(`api/profile?${query.toString()}`)
      if (!response.ok) throw new Error(await response.text())
      const profile = await response.json() as Profile
      this.last = { profile, flame: new Flame(profile.tree) }
      this.graph.show(this.last.flame)
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error)
    }
    this.since = undefined
    this.app.draw()
  }
}

const tools = (app: App, profiles: Profiles): Node_ => {
  const { last, seconds, since, wanted, worker } = profiles
  const busy = since !== undefined
  return h(
    "span.tools",
    {},
    h(
      "select",
      {
        "aria-label": "Which worker",
        onchange: (event: { readonly target: HTMLSelectElement }) => profiles.choose({ worker: event.target.value })
      },
      h("option", { key: "", value: "", selected: worker === "" }, "all workers"),
      app.feed.store.workers.list.map(({ id, name }) =>
        h("option", { key: id, value: id, selected: worker === id }, name)
      )
    ),
    durations.map((one) =>
      h("button.tool", {
        key: one,
        "aria-pressed": seconds === one ? "true" : "false",
        title: `Look for ${one} s`,
        onclick: () => profiles.choose({ seconds: one })
      }, `${one} s`)
    ),
    h(
      "button.tool.act",
      { disabled: busy, title: "Look at what the executors run ( p )", onclick: () => void profiles.take() },
      busy ? "Looking …" : last === undefined ? "Profile" : "Profile again"
    ),
    last !== undefined && h("input", {
      type: "search",
      placeholder: "function, file, task",
      "aria-label": "Find a function",
      value: wanted,
      oninput: (event: { readonly target: HTMLInputElement }) => profiles.find(event.target.value)
    }),
    last !== undefined && h("button.tool", {
      disabled: profiles.graph.zoom === 0,
      title: "All of it ( 0 )",
      onclick: () => profiles.graph.zoomTo(0)
    }, "All")
  )
}

const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`

/** What it is a picture of, in one line. */
const says = ({ found }: FlameGraph, profile: Profile, whole: number, wanted: string): ReadonlyArray<Child> => {
  const seen = profile.workers.flatMap(({ executors }) => executors.filter(({ problem }) => problem === undefined))
  const sum = (of: "idle" | "sampled") => seen.reduce((total, one) => total + one[of], 0)
  const [idle, sampled] = [sum("idle"), sum("sampled")]
  return [
    `${plural(seen.length, "executor")}, ${Amount.duration(profile.millis)} from ${Amount.clock(profile.at)}: `,
    `${Amount.duration(whole / 1000)} of work, ${part(idle, sampled)} idle. `,
    wanted !== "" && h("b", {}, `${plural(found.count, "call")} found, ${part(found.share, 1)} of the time.`),
    " Save as ",
    h("a", { href: "api/profile?last=speedscope", download: "creel.speedscope.json" }, "speedscope"),
    " or ",
    h("a", { href: "api/profile?last=cpuprofile", download: "creel.cpuprofile" }, ".cpuprofile")
  ]
}

const problems = ({ workers }: Profile): ReadonlyArray<string> =>
  workers.flatMap(({ executors, name, problem }) => [
    ...problem === undefined ? [] : [`${name}: ${problem}`],
    ...executors.flatMap((one) => one.problem === undefined ? [] : [`${one.executor}: ${one.problem}`])
  ])

const nothing = (profiles: Profiles): Node_ =>
  profiles.since !== undefined
    ? empty(
      `Looking for ${profiles.seconds} s …`,
      "It is longer where an executor computes without a pause: it answers when it has one."
    )
    : empty(
      "Nothing has been profiled yet.",
      "Press Profile while tasks run. Each executor then looks at itself for a while: what is wide took long, ",
      "what is below was called by what is above."
    )

export const profile = (app: App): Node_ => {
  const { profiles } = app
  const { graph, last, problem, wanted } = profiles
  const missing = last === undefined ? [] : problems(last.profile)
  return h(
    "div.view.full",
    {},
    panel(
      "Profile",
      tools(app, profiles),
      problem !== undefined && h("p.says.bad", { key: "problem", role: "alert" }, problem),
      last !== undefined && h("p.says.hint", { key: "says" }, ...says(graph, last.profile, last.flame.whole, wanted)),
      missing.length > 0 && h(
        "p.says.warn",
        { key: "missing" },
        `Not seen: ${missing.slice(0, 4).join("; ")}${missing.length > 4 ? `; and ${missing.length - 4} more` : ""}`
      ),
      last === undefined || last.flame.whole === 0
        ? last === undefined || profiles.since !== undefined
          ? nothing(profiles)
          : empty("Nothing ran meanwhile.", "Press Profile while tasks run.")
        : h("div.flame", {
          key: "flame",
          tabindex: "0",
          role: "tree",
          "aria-label": "Calls, by task; arrow keys walk, Enter zooms, 0 shows all",
          hook: { mount: graph.mount }
        })
    )
  )
}
