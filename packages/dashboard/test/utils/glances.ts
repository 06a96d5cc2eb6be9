/** Glances as a scheduler would give them, for tests that need no scheduler. */
import type { Glance } from "../../src/fold/glance.js"

type Batch = Glance["activities"][number]

export const worker = (id: string, more: Partial<Glance["workers"][number]> = {}): Glance["workers"][number] => ({
  id,
  info: { name: `name of ${id}`, node: "n", slots: 1, resources: {}, tasks: [] },
  health: "well",
  silent: 0,
  used: 0,
  attempts: 0,
  running: 0,
  suspended: 0,
  ending: 0,
  load: 0,
  keys: 0,
  heldBytes: 0,
  processBytes: undefined,
  busy: undefined,
  memory: undefined,
  executors: [],
  resources: {},
  now: [],
  ...more
})

export const group = (name: string, more: Partial<Glance["groups"][number]> = {}): Glance["groups"][number] => ({
  group: name,
  idle: 0,
  waiting: 0,
  queued: 0,
  assigned: 0,
  running: 0,
  stored: 0,
  failed: 0,
  millis: undefined,
  ...more
})

export const glance = (now: number, more: Partial<Glance> = {}): Glance => ({
  incarnation: 1,
  now,
  began: 0,
  computed: 0,
  failed: 0,
  counts: {
    Idle: 0,
    Waiting: 0,
    Queued: 0,
    Assigned: 0,
    Stored: 0,
    Failed: 0,
    rows: 0,
    lineage: 0,
    lineageBytes: 0,
    attempts: 0,
    workers: 1,
    clients: 1,
    inlineBytes: 0,
    unclaimed: 0
  },
  groups: [],
  workers: [worker("a")],
  entries: [],
  cursor: 0,
  missed: 0,
  activities: [],
  activityCursor: 0,
  activitiesMissed: 0,
  failures: [],
  failureCursor: 0,
  ...more
})

export interface Ran {
  readonly key: string
  readonly start: number
  readonly millis: number
  readonly name?: string
  readonly executor?: string
  readonly kind?: number
  readonly end?: number
  readonly bytes?: number
}

/** What a worker says it did; its clock is `ahead` of the scheduler's. */
export const batch = (
  of: string,
  heard: number,
  ran: ReadonlyArray<Ran>,
  { ahead = 0, missed = 0, way = 0 }: { readonly ahead?: number; readonly missed?: number; readonly way?: number } = {}
): Batch => {
  const names: Array<string> = []
  const number = (name: string) => names.includes(name) ? names.indexOf(name) : names.push(name) - 1
  return {
    worker: of,
    heard,
    from: 0,
    note: {
      _tag: "Activities",
      at: heard - way + ahead,
      missed,
      columns: {
        kinds: ran.map(({ kind = 0 }) => kind),
        ends: ran.map(({ end = 0 }) => end),
        groups: ran.map(({ name = "task" }) => number(name)),
        lanes: ran.map(({ executor = "x" }) => number(executor)),
        keys: ran.map(({ key }) => key),
        starts: ran.map(({ start }) => start + ahead),
        millis: ran.map(({ millis }) => millis),
        bytes: ran.map(({ bytes = 0 }) => bytes)
      },
      names
    }
  }
}
