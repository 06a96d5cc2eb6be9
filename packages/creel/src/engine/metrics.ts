/**
 * What the scheduler knows, as Effect metrics: read from its state on a period, so that no message pays for them.
 *
 * `creel_tasks{state}`, `creel_workers`, `creel_clients`, `creel_attempts`, `creel_held_bytes`, `creel_lineage_rows`,
 * `creel_lineage_bytes`.
 */
import * as Scheduler from "@creel/core/Scheduler"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Schedule from "effect/Schedule"

const gauge = (name: string, description: string) => Metric.gauge(`creel_${name}`, { description })

const tasks = gauge("tasks", "Tasks the scheduler knows, by state")
const workers = gauge("workers", "Workers that have joined")
const clients = gauge("clients", "Clients that are attached")
const attempts = gauge("attempts", "Attempts given to workers that have not ended")
const held = gauge("held_bytes", "Bytes of values on workers; a value held twice counts twice")
const lineage = gauge("lineage_rows", "Rows kept only so that others can be computed again")
const lineageBytes = gauge("lineage_bytes", "What those rows take, and arguments that clients serve for nothing else")

const states = ["Idle", "Waiting", "Queued", "Assigned", "Stored", "Failed"] as const

const read = (state: Scheduler.State): Effect.Effect<void> => {
  const counts = Scheduler.counts(state)
  let bytes = 0
  for (const worker of state.workers.values()) bytes += worker.heldBytes
  return Effect.all([
    ...states.map((name) => Metric.set(Metric.tagged(tasks, "state", name), counts[name])),
    Metric.set(workers, counts.workers),
    Metric.set(clients, counts.clients),
    Metric.set(attempts, counts.attempts),
    Metric.set(held, bytes),
    Metric.set(lineage, counts.lineage),
    Metric.set(lineageBytes, counts.lineageBytes)
  ], { discard: true })
}

/** Reads for ever, once a second of real time: a test that moves its clock by a day need not stop at each second of it. */
export const reading = (state: () => Scheduler.State | undefined): Effect.Effect<unknown> =>
  Effect.repeat(
    Effect.suspend(() => {
      const now = state()
      return now === undefined ? Effect.void : read(now)
    }),
    Schedule.spaced("1 second")
  ).pipe(Effect.withClock(Clock.make()))
