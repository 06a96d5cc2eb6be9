/**
 * What the commands print, as lines of text made from data: no terminal, no clock, nothing read. Without an `ink` there is
 * no colour.
 *
 * @since 0.1.0
 */
import type * as Placement from "@creel/cluster/Placement"
import type * as Security from "@creel/cluster/Security"
import type * as Door from "creel/Door"
import * as Amounts from "./internal/amounts.js"
import type { Ink as InkOf } from "./internal/ink.js"
import * as Inks from "./internal/ink.js"
import type { Column } from "./internal/table.js"
import { clean, table, widthOf } from "./internal/table.js"

/**
 * How words are marked.
 *
 * @since 0.1.0
 * @category models
 */
export type Ink = InkOf

/**
 * No marks at all.
 *
 * @since 0.1.0
 * @category constants
 */
export const plain: Ink = Inks.plain

/**
 * Marks as terminals know them.
 *
 * @since 0.1.0
 * @category constants
 */
export const colours: Ink = Inks.colours

/**
 * Lines of text, without their ends.
 *
 * @since 0.1.0
 * @category models
 */
export type Lines = ReadonlyArray<string>

/**
 * A cluster at a glance: where its scheduler is, who takes part, and how far the work is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Status {
  readonly scheduler: Placement.Place
  readonly members: ReadonlyArray<Placement.Member>
  readonly workers: ReadonlyArray<Door.WorkerView>
  readonly progress: ReadonlyArray<Door.GroupProgress>
  readonly memory: ReadonlyArray<Door.MemoryOfWorker>
}

const sum = <A>(rows: ReadonlyArray<A>, of: (row: A) => number): number => rows.reduce((all, row) => all + of(row), 0)

const statusInk = (ink: Ink) => (text: string, worker: { readonly status: Door.WorkerView["status"] }): string =>
  worker.status === "running" ? ink.green(text) : worker.status === "suspect" ? ink.red(text) : ink.yellow(text)

const left = (group: Door.GroupProgress): number => group.waiting + group.queued + group.running

const inMemory = (memory: ReadonlyArray<Door.MemoryOfWorker>): string => {
  const managed = Amounts.bytes(sum(memory, (one) => one.managed))
  const limits = memory.map((one) => one.limit).filter((limit) => limit !== undefined)
  const of = limits.length === memory.length && limits.length > 0
    ? ` of ${Amounts.bytes(sum(limits, (limit) => limit))}`
    : ""
  const spilled = sum(memory, (one) => one.spilled)
  return `${managed}${of} in memory${spilled > 0 ? `, ${Amounts.bytes(spilled)} on disk` : ""}`
}

const ofStatus = (workers: ReadonlyArray<Door.WorkerView>, status: Door.WorkerView["status"]): number =>
  workers.filter((worker) => worker.status === status).length

const troubles = (view: Status, ink: Ink): Lines => {
  const suspect = ofStatus(view.workers, "suspect")
  const leaving = ofStatus(view.workers, "leaving")
  const paused = view.memory.filter((one) => one.paused).length
  const erred = sum(view.progress, (group) => group.erred)
  const lines: Array<string> = []
  if (view.workers.length === 0) lines.push(ink.red("there is no worker: nothing runs until a node brings one"))
  if (suspect > 0) lines.push(ink.red(`${Amounts.count(suspect, "worker")} not heard of lately`))
  if (leaving > 0) lines.push(ink.yellow(`${Amounts.count(leaving, "worker")} about to leave`))
  if (paused > 0) lines.push(ink.yellow(`${Amounts.count(paused, "worker")} short of memory`))
  if (erred > 0) lines.push(ink.yellow(`${Amounts.count(erred, "task")} failed`))
  return lines
}

/**
 * @since 0.1.0
 * @category rendering
 */
export const status = (view: Status, ink: Ink = plain): Lines => {
  const { members, progress, scheduler, workers } = view
  const nodes = new Set(members.map((member) => member.node))
  const bringing = new Set(workers.map((worker) => worker.node))
  const without = [...nodes].filter((node) => !bringing.has(node)).length
  const machines = new Set(workers.map((worker) => worker.host ?? worker.node)).size
  const slots = sum(workers, (worker) => worker.slots)
  const of = (column: "waiting" | "queued" | "running" | "done") => sum(progress, (group) => group[column])
  const label = (text: string) => ink.dim(text.padEnd(11))
  return [
    `${ink.bold(clean(scheduler.namespace))}: ${Amounts.count(workers.length, "worker")}, ${
      Amounts.count(slots, "slot")
    } on ${Amounts.count(machines, "machine")}`,
    `${label("scheduler")}${clean(scheduler.address)}, incarnation ${scheduler.incarnation}`,
    `${label("members")}${Amounts.count(nodes.size, "process", "processes")}${
      without === 0 ? "" : `, ${without} without workers`
    }`,
    `${label("tasks")}${of("running")} running, ${of("queued")} queued, ${of("waiting")} waiting, ${of("done")} done`,
    `${label("values")}${sum(workers, (worker) => worker.values)} held, ${inMemory(view.memory)}`,
    ...troubles(view, ink).map((line) => `${label("")}${line}`)
  ]
}

const memoryOf = (worker: Door.WorkerView): string =>
  worker.memory === undefined
    ? Amounts.bytes(worker.heldBytes)
    : `${Amounts.bytes(worker.memory.managed)} of ${Amounts.bytes(worker.memory.limit)}`

const byName = <A extends { readonly name: string }>(a: A, b: A): number =>
  a.name.localeCompare(b.name, "en", { numeric: true })

const resources = (worker: Door.WorkerView): string =>
  Object.entries(worker.resources).map(([name, amount]) => `${name}=${amount}`).join(" ")

/**
 * A line for each worker, by name.
 *
 * @since 0.1.0
 * @category rendering
 */
export const workers = (list: ReadonlyArray<Door.WorkerView>, ink: Ink = plain): Lines => {
  if (list.length === 0) return [ink.yellow("There is no worker. `creel node` brings some.")]
  const columns: Array<Column<Door.WorkerView>> = [
    { title: "WORKER", cell: (worker) => worker.name, ink: ink.bold },
    { title: "STATUS", cell: (worker) => worker.status, ink: statusInk(ink) },
    { title: "TASKS", cell: (worker) => `${worker.assigned}/${worker.slots}`, right: true },
    { title: "VALUES", cell: (worker) => String(worker.values), right: true },
    { title: "MEMORY", cell: memoryOf, right: true },
    {
      title: "PROCESS",
      cell: (worker) => worker.processBytes === undefined ? "-" : Amounts.bytes(worker.processBytes),
      right: true
    },
    { title: "MACHINE", cell: (worker) => worker.host ?? "-" },
    { title: "NODE", cell: (worker) => worker.node, ink: ink.dim }
  ]
  if (list.some((worker) => resources(worker) !== "")) {
    columns.push({ title: "RESOURCES", cell: resources })
  }
  return table(columns, [...list].sort(byName), ink)
}

/** The most work first. */
const byWork = (a: Door.GroupProgress, b: Door.GroupProgress): number =>
  left(b) - left(a) || b.total - a.total || a.group.localeCompare(b.group)

const number = (
  title: string,
  of: (group: Door.GroupProgress) => number,
  ink?: (text: string) => string
): Column<Door.GroupProgress> => ({
  title,
  right: true,
  cell: (group) => String(of(group)),
  ink: ink === undefined ? undefined : (text, group) => of(group) > 0 ? ink(text) : text
})

/**
 * A line for each group of tasks (those of one name) that somebody wants, the most work first.
 *
 * @since 0.1.0
 * @category rendering
 */
export const tasks = (groups: ReadonlyArray<Door.GroupProgress>, ink: Ink = plain): Lines => {
  if (groups.length === 0) return ["Nobody wants anything: there are no tasks."]
  const columns: ReadonlyArray<Column<Door.GroupProgress>> = [
    { title: "TASK", cell: (group) => group.group, ink: ink.bold },
    number("WAITING", (group) => group.waiting),
    number("QUEUED", (group) => group.queued),
    number("RUNNING", (group) => group.running, ink.cyan),
    number("DONE", (group) => group.done, ink.green),
    number("FAILED", (group) => group.erred, ink.red),
    number("ALL", (group) => group.total),
    {
      title: "LEFT",
      right: true,
      cell: (group) =>
        left(group) === 0 ? "-" : group.millisLeft === undefined ? "?" : `~${Amounts.millis(group.millisLeft)}`
    }
  ]
  return table(columns, [...groups].sort(byWork), ink)
}

/**
 * What the scheduler decided, in order.
 *
 * @since 0.1.0
 * @category rendering
 */
export const story = (subject: string, lines: ReadonlyArray<Door.StoryLine>, ink: Ink = plain): Lines => {
  const columns: Array<Column<Door.StoryLine>> = [
    { title: "TIME", cell: (line) => Amounts.clock(line.at), ink: ink.dim },
    { title: "WHAT", cell: (line) => line.what, ink: ink.bold },
    { title: "TOOK", cell: (line) => line.millis === undefined ? "" : Amounts.millis(line.millis), right: true },
    { title: "WHO", cell: (line) => line.name ?? "" },
    { title: "DETAIL", cell: (line) => line.detail }
  ]
  if (lines.some((line) => line.subject !== subject)) {
    columns.splice(1, 0, {
      title: "OF",
      cell: (line) => line.subject
    })
  }
  return table(columns, lines, ink)
}

/**
 * Where a task stands, in a sentence.
 *
 * @since 0.1.0
 * @category rendering
 */
export const explanation = (answer: Door.Explanation, ink: Ink = plain): Lines => [
  clean(answer.summary),
  ...answer.deaths.map((death) => ink.yellow(`a worker died of it: ${clean(death)}`))
]

/**
 * What is held where.
 *
 * @since 0.1.0
 * @category rendering
 */
export const memory = (view: Door.Memory, ink: Ink = plain): Lines => {
  const ofWorkers = table<Door.MemoryOfWorker>(
    [
      { title: "WORKER", cell: (one) => one.name, ink: ink.bold },
      { title: "VALUES", cell: (one) => String(one.values), right: true },
      { title: "MANAGED", cell: (one) => Amounts.bytes(one.managed), right: true },
      { title: "LIMIT", cell: (one) => one.limit === undefined ? "-" : Amounts.bytes(one.limit), right: true },
      { title: "ON DISK", cell: (one) => Amounts.bytes(one.spilled), right: true },
      { title: "REST", cell: (one) => one.rest === undefined ? "-" : Amounts.bytes(one.rest), right: true },
      { title: "PROCESS", cell: (one) => one.process === undefined ? "-" : Amounts.bytes(one.process), right: true },
      { title: "", cell: (one) => one.paused ? "paused" : "", ink: ink.yellow }
    ],
    [...view.workers].sort(byName),
    ink
  )
  const ofGroups = table<Door.MemoryOfGroup>(
    [
      { title: "TASK", cell: (one) => one.group, ink: ink.bold },
      { title: "VALUES", cell: (one) => String(one.keys), right: true },
      { title: "COPIES", cell: (one) => String(one.copies), right: true },
      { title: "BYTES", cell: (one) => Amounts.bytes(one.bytes), right: true }
    ],
    view.groups,
    ink
  )
  const ofValues = table<Door.HeldValue>(
    [
      { title: "LARGEST", cell: (one) => one.key, ink: ink.bold },
      { title: "COPIES", cell: (one) => String(one.copies), right: true },
      { title: "BYTES", cell: (one) => Amounts.bytes(one.bytes), right: true }
    ],
    view.largest,
    ink
  )
  return [
    ...ofWorkers,
    ...(view.groups.length > 0 ? ["", ...ofGroups] : []),
    ...(view.largest.length > 0 ? ["", ...ofValues] : [])
  ]
}

const bar = (share: number, width: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width)
  return "#".repeat(full) + ".".repeat(width - full)
}

/**
 * All of it at once, as `creel top` draws it.
 *
 * @since 0.1.0
 * @category rendering
 */
export const top = (view: Status, ink: Ink = plain): Lines => {
  const done = sum(view.progress, (group) => group.done + group.erred)
  const all = sum(view.progress, (group) => group.total)
  const busy = sum(view.workers, (worker) => worker.assigned)
  const slots = sum(view.workers, (worker) => worker.slots)
  const share = (of: number, whole: number) => whole === 0 ? 0 : of / whole
  return [
    ...status(view, ink),
    `${ink.dim("done       ")}${bar(share(done, all), 30)} ${done}/${all}`,
    `${ink.dim("busy       ")}${bar(share(busy, slots), 30)} ${busy}/${slots}`,
    "",
    ...workers(view.workers, ink),
    "",
    ...tasks(view.progress, ink)
  ]
}

/** Cuts at so many columns, marks not counted; what is cut off ends all marks. */
const cut = (line: string, columns: number): string => {
  if (widthOf(line) <= columns) return line
  let seen = 0
  let out = ""

  for (const part of line.split(/(\u001b\[\d+m)/)) {
    if (part.startsWith("\u001b[")) out += part
    else {
      const room = columns - seen
      out += part.slice(0, Math.max(0, room))
      seen += Math.min(part.length, Math.max(0, room))
    }
  }
  return out
}

/**
 * One picture of so many rows and columns, to be written over the one before: no line wraps, and what was longer before
 * is gone.
 *
 * @since 0.1.0
 * @category rendering
 */
export const frame = (lines: Lines, size: { readonly rows: number; readonly columns: number }): string => {
  const room = Math.max(1, size.rows - 1)
  const shown = lines.length <= room
    ? lines
    : [...lines.slice(0, room - 1), `... ${lines.length - room + 1} more lines: make the window taller`]
  return `\u001b[H${shown.map((line) => `${cut(line, size.columns)}\u001b[K\n`).join("")}\u001b[J`
}

/**
 * An error as people read it: what happened, and what to do below it.
 *
 * @since 0.1.0
 * @category rendering
 */
export const error = (message: string, ink: Ink = plain): Lines => {
  const [what = "", ...todo] = message.split(/\.? What to do: /)
  return [
    `${ink.red("creel:")} ${what}`,
    ...(todo.length > 0 ? [`  what to do: ${todo.join(" ").replace(/\.$/, "")}`] : [])
  ]
}

/**
 * @since 0.1.0
 * @category rendering
 */
export const retired = (worker: string, at: Door.Retiring, ink: Ink = plain): Lines => [
  `${ink.bold(clean(worker))} has ${ink.green(at.state)}: nothing is left there${
    at.state === "retired" ? ", and its process may be stopped" : ", and it is stopped"
  }`
]

/**
 * @since 0.1.0
 * @category rendering
 */
export const restarted = (
  scheduler: { readonly namespace: string; readonly address: string; readonly incarnation: number },
  ink: Ink = plain
): Lines => [
  `the scheduler of ${ink.bold(clean(scheduler.namespace))} begins anew at ${
    clean(scheduler.address)
  }, incarnation ${scheduler.incarnation}`
]

/**
 * @since 0.1.0
 * @category rendering
 */
export const cancelled = (keys: ReadonlyArray<string>, ink: Ink = plain): Lines =>
  keys.map((key) => `${ink.bold(clean(key))} is cancelled, and what depends on it`)

/**
 * What `creel certs` has made.
 *
 * @since 0.1.0
 * @category models
 */
export interface CertsView {
  readonly directory: string
  /** Made now; absent where it was there before. */
  readonly authority: { readonly cert: string; readonly key: string } | undefined
  readonly certificates: ReadonlyArray<{
    readonly role: Security.Role
    readonly hosts: ReadonlyArray<string>
    readonly cert: string
    readonly key: string
  }>
}

/**
 * @since 0.1.0
 * @category rendering
 */
export const certs = (view: CertsView, ink: Ink = plain): Lines => {
  const { authority, certificates, directory } = view
  const made = certificates.map(({ cert, hosts, key, role }) => ({ what: role, cert, key, hosts: hosts.join(", ") }))
  const all = authority === undefined ? made : [{ what: "authority", ...authority, hosts: "" }, ...made]
  const rows = table<typeof all[number]>(
    [
      { title: "FOR", cell: (row) => row.what, ink: ink.bold },
      { title: "CERTIFICATE", cell: (row) => row.cert },
      { title: "PRIVATE KEY", cell: (row) => row.key },
      { title: "HOSTS", cell: (row) => row.hosts }
    ],
    all,
    ink
  )
  const worker = certificates.find(({ role }) => role === "worker")
  return [
    ...rows.map((row) => row.trimEnd()),
    "",
    "The key of the authority makes more of these: keep it, and give it to no node.",
    ...(worker === undefined
      ? []
      : [`A node is given: --cert ${worker.cert} --key ${worker.key} --ca ${directory.replace(/\/$/, "")}/ca.pem`])
  ]
}

/**
 * What a node says when it is up.
 *
 * @since 0.1.0
 * @category models
 */
export interface NodeView {
  readonly name: string
  readonly node: string
  readonly namespace: string
  readonly storage: string
  readonly executors: { readonly kind: "threads" | "processes"; readonly count: number }
  readonly workers: ReadonlyArray<string>
  readonly tasks: ReadonlyArray<string>
  /** Where its values are read. */
  readonly values: string
  /** Where the scheduler is reached, when it is here. */
  readonly links: string
  readonly scheduler: Placement.Place
  readonly security: "none" | "secret" | "mutual"
  /** Milliseconds. */
  readonly leaveWithin: number
}

const secured: { readonly [K in NodeView["security"]]: string } = {
  none: "none: this machine only",
  secret: "a secret that all nodes share",
  mutual: "certificates of both ends"
}

/**
 * @since 0.1.0
 * @category rendering
 */
export const node = (view: NodeView, ink: Ink = plain): Lines => {
  const label = (text: string) => `  ${ink.dim(text.padEnd(10))}`
  const { executors, scheduler } = view
  const here = scheduler.address === view.links ? ", carried here" : ""
  const one = executors.kind === "threads" ? "thread" : "process"
  return [
    `${ink.bold(clean(view.name))} is up: ${Amounts.count(executors.count, one, executors.kind)}, tasks ${
      clean(view.tasks.join(", "))
    }`,
    `${label("namespace")}${clean(view.namespace)}, in ${view.storage}`,
    `${label("workers")}${clean(view.workers.join(", "))}`,
    `${label("scheduler")}${scheduler.address}, incarnation ${scheduler.incarnation}${here}`,
    `${label("listens")}values at ${view.values}, scheduler at ${view.links} while it is here`,
    `${label("security")}${secured[view.security]}`,
    ink.dim(
      `SIGTERM or Ctrl-C: it hands over what it has, within ${
        Amounts.millis(view.leaveWithin)
      }, and ends. Once more: at once.`
    )
  ]
}

/**
 * @since 0.1.0
 * @category rendering
 */
export const leaving = (name: string, ink: Ink = plain): Lines => [
  `${ink.bold(clean(name))} leaves: it hands over what it has. Once more, and it ends at once.`
]

/**
 * @since 0.1.0
 * @category rendering
 */
export const ended = (name: string, ink: Ink = plain): Lines => [`${ink.bold(clean(name))} has ended`]
