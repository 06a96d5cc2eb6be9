/**
 * Answers to what people ask, read from the scheduler's state between its steps.
 */
import * as Journal from "@creel/core/Journal"
import * as Scheduler from "@creel/core/Scheduler"
import * as Effect from "effect/Effect"
import type * as Door from "../Door.js"
import type * as Observe from "../Observe.js"
import { Demands } from "./demands.js"

export interface Source {
  readonly state: () => Scheduler.State | undefined
  /** Until the scheduler has heard all that was said to it before. */
  readonly heard: Effect.Effect<void>
  readonly now: () => number
  readonly tell: (event: Scheduler.Event) => void
  readonly tree: Effect.Effect<Observe.Tree>
  readonly profile: Door.Questions["profile"]
  readonly restartScheduler: Door.Questions["restartScheduler"]
  readonly scale: Door.Questions["scale"]
  readonly adapt: Door.Questions["adapt"]
  /** Stops a worker, by name or id; says whether it is one that can be stopped here. */
  readonly stop: (worker: string) => Effect.Effect<boolean>
}

export const questions = (source: Source): Door.Questions => {
  const ask = <A>(none: A, answer: (state: Scheduler.State) => A): Effect.Effect<A> =>
    Effect.map(source.heard, () => {
      const state = source.state()
      return state === undefined ? none : answer(state)
    })
  return {
    explain: (key) => started(source, (state) => Scheduler.explain(state, key, source.now())),
    whoHas: (keys) =>
      ask(
        {},
        (state) =>
          mapRecord(
            Scheduler.whoHas(state, keys),
            (ids) => ids.filter((id) => state.workers.has(id)).map(nameIn(state))
          )
      ),
    hasWhat: ask(
      {},
      (state) =>
        Object.fromEntries(Object.entries(Scheduler.hasWhat(state)).map(([id, keys]) => [nameIn(state)(id), keys]))
    ),
    workers: ask([], (state) => Scheduler.workers(state, source.now()).map(workerView)),
    nbytes: ask({}, nbytes),
    memory: (values) => ask(nothing, (state) => memory(state, values)),
    whyHeld: (key) =>
      started(source, (state) => {
        const why = Scheduler.whyHeld(state, key)
        return { ...why, holders: why.holders.map(peerIn(state)) }
      }),
    wouldFree: (client, keys) =>
      ask({ bytes: 0, elsewhere: 0, keys: [], stopped: [] }, (state) => Scheduler.wouldFree(state, client, keys)),
    progress: (keys) => ask([], (state) => progress(state, keys)),
    story: (subject) =>
      ask([], (state) =>
        Scheduler.story(state, subject).map((entry) => ({
          at: entry.at,
          subject: entry.key ?? entry.peer ?? "",
          what: entry.what,
          peer: entry.key === undefined ? undefined : entry.peer,
          name: entry.key === undefined || entry.peer === undefined ? undefined : peerIn(state)(entry.peer),
          detail: Journal.sentence(entry, peerIn(state)),
          millis: entry.millis
        }))),
    restartScheduler: source.restartScheduler,
    restart: (by) => Effect.sync(() => source.tell({ _tag: "Restart", by })),
    cancel: (keys, { by, reason }) => cancelled(source, keys, by, reason),
    scale: source.scale,
    adapt: source.adapt,
    demand: demanded(source, ask),
    replicate: (keys, copies, workers) => copied(source, { _tag: "Replicate", keys, copies, workers }),
    checkpoint: (keys) => copied(source, { _tag: "Checkpoint", keys }),
    rebalance: (keys, workers) =>
      Effect.suspend(() => {
        source.tell({ _tag: "Rebalance", keys, workers })
        return ask(0, Scheduler.moving)
      }),
    moving: ask(0, Scheduler.moving),
    observe: (options) =>
      Effect.suspend(() => {
        if (options.watch !== false) source.tell({ _tag: "Watched" })
        return started(source, (state) => Scheduler.glance(state, source.now(), options))
      }),
    key: (key) => ask(undefined, (state) => Scheduler.rowOf(state, key)),
    graph: (max) => started(source, (state) => Scheduler.graph(state, max)),
    profile: (options) => Effect.zipRight(source.heard, source.profile(options)),
    tree: source.tree,
    retire: (worker, over, by) =>
      over === true
        ? Effect.sync(() => stay(source, worker))
        : Effect.flatMap(
          ask(false, (state) => by !== undefined && Scheduler.runsOn(state, by, worker)),
          (isOwn) => isOwn ? Effect.succeed(own) : leave(source, worker)
        )
  }
}

const started = <A>(source: Source, answer: (state: Scheduler.State) => A): Effect.Effect<A> =>
  Effect.flatMap(source.heard, () => {
    const state = source.state()
    // A life of the scheduler begins at once: this is over before anybody can ask twice.
    return state === undefined ? Effect.dieMessage("the scheduler has not started") : Effect.sync(() => answer(state))
  })
type Ask = <A>(none: A, answer: (state: Scheduler.State) => A) => Effect.Effect<A>

/** What a node that adapts is told; what it has done since it asked last is written down first. */
const demanded = (source: Source, ask: Ask): Door.Questions["demand"] => {
  const demands = new Demands()
  return (node) =>
    Effect.suspend(() => {
      const { changed } = node
      if (changed !== undefined) source.tell({ _tag: "Scaled", node: node.node, detail: changed })
      return ask(nothingToDo, (state) => demands.of(state, node, source.now()))
    })
}

const nothingToDo: Door.Demand = { work: 0, parallel: 0, elsewhere: 0, share: 1, workers: [] }

const unfinished: ReadonlySet<string> = new Set(["Waiting", "Queued", "Assigned"])

/** Those that are unfinished. */
const cancelled = (
  source: Source,
  keys: ReadonlyArray<string>,
  by: string,
  reason: string
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(source.heard, () => {
    const state = source.state()
    if (state === undefined) return []
    const open = keys.filter((key) => isOpen(state, key))
    source.tell({ _tag: "CancelAll", keys: open, by, reason })
    return open
  })

const isOpen = (state: Scheduler.State, key: string): boolean => {
  const row = state.rows.get(key)
  return row !== undefined && unfinished.has(row.state._tag)
}

const own: Door.Retiring = { state: "own", tasks: 0, copying: 0, stuck: 0 }

const leave = (source: Source, worker: string): Effect.Effect<Door.Retiring> =>
  Effect.flatMap(retiring(source, worker), (at): Effect.Effect<Door.Retiring> => {
    const { attempts: tasks, copying, known, stuck } = at
    const be = (state: Door.Retiring["state"]): Door.Retiring => ({ state, tasks, copying, stuck })
    if (!known) return Effect.succeed(be("unknown"))
    if (tasks + copying > 0 || at.recovering || !at.retiring) return Effect.succeed(be("busy"))
    if (stuck === 0) return Effect.map(source.stop(worker), (stopped) => be(stopped ? "left" : "retired"))
    stay(source, worker)
    return Effect.succeed(be("stuck"))
  })

const stay = (source: Source, worker: string): Door.Retiring => {
  source.tell({ _tag: "Retire", worker, over: true })
  return { state: "stuck", tasks: 0, copying: 0, stuck: 0 }
}

/** Has values copied, and says how far they are. */
const copied = (
  source: Source,
  event: Extract<Scheduler.Event, { readonly _tag: "Replicate" | "Checkpoint" }>
): Effect.Effect<ReadonlyArray<Door.Copies>> =>
  Effect.suspend(() => {
    source.tell(event)
    return Effect.map(source.heard, () => {
      const state = source.state()
      return state === undefined
        ? []
        : Scheduler.copiesOf(state, event.keys).map((one) => ({ ...one, workers: one.workers.map(nameIn(state)) }))
    })
  })

/** Has the worker retire, and says how far it is. */
const retiring = (
  source: Source,
  worker: string
): Effect.Effect<Scheduler.RetiringOf & { readonly recovering: boolean }> =>
  Effect.suspend(() => {
    source.tell({ _tag: "Retire", worker, over: false })
    return Effect.map(source.heard, () => {
      const state = source.state()
      return state === undefined
        ? { known: true, retiring: false, attempts: 0, copying: 0, stuck: 0, recovering: true }
        : { ...Scheduler.retiringOf(state, worker), recovering: state.recovering !== undefined }
    })
  })

const mapRecord = <A, B>(record: Readonly<Record<string, A>>, f: (a: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]))

/** People know workers by name. */
const nameIn = (state: Scheduler.State) => (id: string): string => state.workers.get(id)?.info.name ?? id

const peerIn = (state: Scheduler.State) => (id: string): string => state.clients.get(id)?.name ?? nameIn(state)(id)

const nothing: Door.Memory = { workers: [], groups: [], largest: [], scheduler: 0 }

/** How many of the largest values are named. */
const largest = 20

const memory = (state: Scheduler.State, values: boolean): Door.Memory => ({
  workers: memoryOfWorkers(Scheduler.heldOnWorkers(state)),
  ...(values ? Scheduler.heldValues(state, largest) : { groups: [], largest: [] }),
  scheduler: state.inlineBytes
})

/** Workers of one node share a process: what is managed there is what all of them manage. */
const memoryOfWorkers = (held: ReadonlyArray<Scheduler.HeldOnWorker>): ReadonlyArray<Door.MemoryOfWorker> => {
  const nodes = new Map<string, { managed: number; process: number | undefined }>()
  const managedBy = (one: Scheduler.HeldOnWorker): number => one.memory?.managed ?? one.held
  for (const one of held) {
    const before = nodes.get(one.node)
    const process = Math.max(before?.process ?? 0, one.processBytes ?? 0)
    nodes.set(one.node, {
      managed: (before?.managed ?? 0) + managedBy(one),
      process: process === 0 ? undefined : process
    })
  }
  return held.map((one) => {
    const { managed, process } = nodes.get(one.node)!
    return {
      id: one.id,
      name: one.name,
      node: one.node,
      values: one.values,
      heldBytes: one.held,
      managed: managedBy(one),
      peak: one.memory?.peak,
      spilled: one.memory?.spilled ?? 0,
      // The two are not of the same moment.
      shared: one.sharedBytes === undefined ? undefined : Math.min(one.sharedBytes, managedBy(one)),
      process,
      rest: process === undefined ? undefined : Math.max(0, process - managed),
      limit: one.memory?.limit,
      paused: one.memory?.paused ?? false,
      executors: one.executors
    }
  })
}

const workerView = (view: Scheduler.WorkerView): Door.WorkerView => ({
  id: view.id,
  name: view.info.name,
  node: view.info.node,
  host: view.info.host,
  status: view.health === "well" ? "running" : view.health,
  slots: view.info.slots,
  assigned: view.attempts,
  values: view.keys,
  heldBytes: view.heldBytes,
  memory: view.memory,
  processBytes: view.processBytes,
  executors: view.executors,
  resources: view.info.resources,
  tasks: view.info.tasks
})

const nbytes = (state: Scheduler.State): Record<string, number> => {
  const out: Record<string, number> = {}
  for (const worker of state.workers.values()) {
    for (const row of worker.held) {
      if (row.state._tag === "Stored") out[row.group.name] = (out[row.group.name] ?? 0) + row.state.bytes
    }
  }
  return out
}

type Row = NonNullable<ReturnType<Scheduler.State["rows"]["get"]>>
type Counts = { -readonly [K in keyof Door.GroupProgress]: Door.GroupProgress[K] }
type Column = "waiting" | "queued" | "running" | "done" | "erred"

const column = (row: Row): Column => {
  switch (row.state._tag) {
    case "Waiting":
      return "waiting"
    case "Queued":
      return "queued"
    case "Assigned":
      return row.state.run.started === undefined ? "queued" : "running"
    case "Failed":
      return "erred"
    // What is idle although somebody asks after it was computed, used and let go.
    case "Idle":
    case "Stored":
      return "done"
  }
}

/** By group; of these keys and all they need, or of everything that is wanted. */
const progress = (
  state: Scheduler.State,
  keys: ReadonlyArray<string> | undefined
): ReadonlyArray<Door.GroupProgress> => {
  const groups = new Map<string, Counts & { millis: number | undefined }>()
  const seen = new Set<Row>()
  const count = (row: Row) => {
    const { millis, name } = row.group
    const none = { waiting: 0, queued: 0, running: 0, done: 0, erred: 0, total: 0, millisLeft: undefined }
    const into = groups.get(name) ?? { group: name, ...none, millis }
    groups.set(name, into)
    into[column(row)]++
    into.total++
  }
  const open: Array<Row> = keys === undefined
    ? [...state.rows.values()].filter((row) => row.state._tag !== "Idle")
    : keys.flatMap((key) => state.rows.get(key) ?? [])
  for (let row = open.pop(); row !== undefined; row = open.pop()) {
    if (seen.has(row)) continue
    seen.add(row)
    // Arguments and scattered data are no work.
    if (row.spec !== undefined) count(row)
    if (keys !== undefined) { for (const input of row.inputs) open.push(input) }
  }
  return [...groups.values()].map(({ millis, ...counts }) => {
    const left = counts.waiting + counts.queued + counts.running
    const known = millis !== undefined && state.slots > 0
    return { ...counts, millisLeft: left === 0 ? 0 : known ? (left * millis) / state.slots : undefined }
  })
}
