/**
 * What there is, in Prometheus' text format (version 0.0.4): names after its conventions, base units, counters that end
 * in `_total`. A scrape asks one question, and is no looking on: no worker reports for its sake.
 */
import type * as Observe from "creel/Observe"

type Labels = Readonly<Record<string, string>>
type Sample = readonly [labels: Labels, value: number | undefined]

interface Family {
  readonly name: string
  readonly type: "gauge" | "counter"
  readonly help: string
  readonly samples: ReadonlyArray<Sample>
}

export const contentType = "text/plain; version=0.0.4; charset=utf-8"

const states = ["Idle", "Waiting", "Queued", "Assigned", "Stored", "Failed"] as const
const places = ["waiting", "queued", "assigned", "running", "stored", "failed"] as const

const gauge = (name: string, help: string, samples: ReadonlyArray<Sample>): Family => ({
  name: `creel_${name}`,
  type: "gauge",
  help,
  samples
})

const counter = (name: string, help: string, value: number): Family => ({
  name: `creel_${name}_total`,
  type: "counter",
  help,
  samples: [[{}, value]]
})

const one = (value: number | undefined): ReadonlyArray<Sample> => [[{}, value]]

const ofScheduler = ({ began, computed, counts, failed, groups, incarnation, now }: Observe.Glance): Array<Family> => [
  gauge(
    "tasks",
    "Tasks the scheduler knows, by state.",
    states.map((state) => [{ state: state.toLowerCase() }, counts[state]])
  ),
  counter("tasks_computed", "Attempts that ended with a value, in this life of the scheduler.", computed),
  counter("tasks_failed", "Tasks that failed for good, in this life of the scheduler.", failed),
  gauge("attempts", "Attempts given to workers that have not ended.", one(counts.attempts)),
  gauge("clients", "Clients that are attached.", one(counts.clients)),
  gauge("lineage_rows", "Tasks remembered only so that others can be computed again.", one(counts.lineage)),
  gauge("lineage_bytes", "What those take.", one(counts.lineageBytes)),
  gauge("scheduler_inline_bytes", "Small values that the scheduler keeps itself.", one(counts.inlineBytes)),
  gauge("scheduler_incarnation", "Which life of the scheduler this is.", one(incarnation)),
  gauge("scheduler_start_time_seconds", "When this life began, since the epoch.", one(began / 1000)),
  gauge("scheduler_time_seconds", "The scheduler's clock, since the epoch.", one(now / 1000)),
  gauge(
    "group_tasks",
    "Tasks of the largest groups, by where they are.",
    groups.flatMap((group) => places.map((state): Sample => [{ group: group.group, state }, group[state]]))
  ),
  gauge(
    "group_task_seconds",
    "How long a task of this group takes: a moving average.",
    groups.map(({ group, millis }) => [{ group }, seconds(millis)])
  )
]

const seconds = (millis: number | undefined): number | undefined => millis === undefined ? undefined : millis / 1000

const ofWorkers = ({ workers }: Observe.Glance): Array<Family> => {
  const each = (read: (worker: Observe.Glance["workers"][number]) => number | undefined): ReadonlyArray<Sample> =>
    workers.map((worker) => [{ worker: worker.info.name, node: worker.info.node }, read(worker)])
  const status = (health: string): Sample => [
    { status: health },
    workers.filter((worker) => (worker.health === "well" ? "running" : worker.health) === health).length
  ]
  return [
    gauge("workers", "Workers that have joined, by status.", ["running", "suspect", "leaving"].map(status)),
    gauge("worker_slots", "Tasks it can run at once.", each(({ info }) => info.slots)),
    gauge("worker_slots_used", "Slots taken by what it was given.", each(({ used }) => used)),
    gauge("worker_running", "Attempts known to run there.", each(({ running }) => running)),
    gauge("worker_suspended", "Attempts there that wait for futures.", each(({ suspended }) => suspended)),
    gauge("worker_assigned", "Attempts given to it that have not ended.", each(({ attempts }) => attempts)),
    gauge("worker_expected_seconds", "How long that is expected to take.", each(({ load }) => load / 1000)),
    gauge("worker_silence_seconds", "Since it was last heard.", each(({ silent }) => silent / 1000)),
    gauge("worker_busy_ratio", "How busy its executors were of late, from 0 to 1.", each(({ busy }) => busy)),
    gauge("worker_processors", "Processors that its whole process used of late.", each(({ use }) => use?.processors)),
    gauge(
      "worker_loop_busy_ratio",
      "For how much of the time of late its own event loop was busy, from 0 to 1.",
      each(({ use }) => use?.loop)
    ),
    gauge("worker_values", "Values it holds.", each(({ keys }) => keys)),
    gauge("worker_held_bytes", "Of values it holds, in memory and on disk.", each(({ heldBytes }) => heldBytes)),
    gauge(
      "worker_managed_bytes",
      "Of values in memory, where that has a limit.",
      each(({ memory }) => memory?.managed)
    ),
    gauge(
      "worker_shared_bytes",
      "Of values in memory, those in memory that its executors share.",
      each(({ sharedBytes }) => sharedBytes)
    ),
    gauge("worker_spilled_bytes", "Of values on disk.", each(({ memory }) => memory?.spilled)),
    gauge("worker_limit_bytes", "Managed bytes at most.", each(({ memory }) => memory?.limit)),
    gauge(
      "worker_paused",
      "1 where so little room is left that tasks begin one by one.",
      each(({ memory }) => memory === undefined ? undefined : memory.paused ? 1 : 0)
    ),
    gauge("worker_process_bytes", "Of its whole process.", each(({ processBytes }) => processBytes))
  ]
}

const escaped = (text: string): string => text.replace(/\\/g, "\\\\").replace(/"/g, "\\\"").replace(/\n/g, "\\n")

const labelled = (labels: Labels): string => {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return parts.length === 0 ? "" : `{${parts.join(",")}}`
}

const lines = ({ help, name, samples, type }: Family): ReadonlyArray<string> => {
  const known = samples.filter(([, value]) => value !== undefined)
  if (known.length === 0) return []
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...known.map(([labels, value]) => `${name}${labelled(labels)} ${value}`)
  ]
}

export const render = (glance: Observe.Glance): string =>
  [...ofScheduler(glance), ...ofWorkers(glance)].flatMap(lines).join("\n") + "\n"
