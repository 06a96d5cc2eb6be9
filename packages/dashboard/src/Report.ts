/**
 * What a cluster did while something ran, as one HTML file that needs nothing else: no script, no network, no server. It is
 * read by whoever was not there, and kept beside the results.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Door from "creel/Door"
import type * as Observe from "creel/Observe"
import * as TaskStream from "creel/TaskStream"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as reportPage from "./internal/reportPage.js"

/**
 * What values took at one moment, in bytes, on all workers together.
 *
 * @since 0.1.0
 * @category models
 */
export interface MemoryPoint {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly held: number
  readonly spilled: number
  /** Of the processes, each counted once, where that is known. */
  readonly processes: number
}

/**
 * A task that failed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Failed {
  readonly key: string
  readonly group: string
  readonly reason: string
  readonly detail: string
  readonly stack: string | undefined
}

/**
 * All that a report is made of.
 *
 * @since 0.1.0
 * @category models
 */
export interface Recording {
  readonly title: string
  /** Milliseconds since the epoch. */
  readonly began: number
  readonly ended: number
  /** Those that were there at any time, as they were last seen. */
  readonly workers: ReadonlyArray<{ readonly id: string; readonly name: string; readonly slots: number }>
  readonly rows: ReadonlyArray<TaskStream.Row>
  /** How much was done that is not among the rows. */
  readonly missed: number
  readonly memory: ReadonlyArray<MemoryPoint>
  /** What the scheduler decided that was unusual, oldest first: at most 1,000. */
  readonly events: ReadonlyArray<Observe.Glance["entries"][number]>
  /** At most 50. */
  readonly failures: ReadonlyArray<Failed>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default: `Creel`. */
  readonly title?: string | undefined
  /** From one look at the cluster to the next, at most 2 seconds. Default: 200 milliseconds. */
  readonly every?: Duration.DurationInput | undefined
}

const eventsMax = 1_000
const failuresMax = 50

class Recorder {
  private readonly workers = new Map<string, Recording["workers"][number]>()
  private readonly rows: Array<TaskStream.Row> = []
  private readonly memory: Array<MemoryPoint> = []
  private readonly events: Array<Observe.Glance["entries"][number]> = []
  private readonly failures: Array<Failed> = []
  private readonly read = TaskStream.makeReader()
  private missed = 0

  see(glance: Observe.Glance): void {
    for (const row of this.read(glance)) this.rows.push(row)
    for (const { note } of glance.activities) this.missed += note.missed
    this.missed += glance.activitiesMissed
    for (const { id, info } of glance.workers) this.workers.set(id, { id, name: info.name, slots: info.slots })
    this.memory.push(memoryOf(glance))
    for (const entry of glance.entries) if (this.events.length < eventsMax) this.events.push(entry)
    for (const { failure: { detail, reason, stack }, group, key } of glance.failures) {
      if (this.failures.length < failuresMax) this.failures.push({ key, group, reason, detail, stack })
    }
  }

  recording(title: string, began: number, ended: number): Recording {
    const { events, failures, memory, missed, rows, workers } = this
    return {
      title,
      began,
      ended,
      workers: [...workers.values()],
      rows,
      missed,
      memory,
      events,
      failures
    }
  }
}

const memoryOf = ({ now, workers }: Observe.Glance): MemoryPoint => {
  const processes = new Map<string, number>()
  let held = 0
  let spilled = 0
  for (const { heldBytes, info, memory, processBytes } of workers) {
    held += heldBytes
    spilled += memory?.spilled ?? 0
    if (processBytes !== undefined) processes.set(info.node, Math.max(processes.get(info.node) ?? 0, processBytes))
  }
  return { at: now, held, spilled, processes: [...processes.values()].reduce((a, b) => a + b, 0) }
}

/**
 * Runs an effect, and records what the cluster does meanwhile. To have the recording of what fails, give it `Effect.exit`
 * of that.
 *
 * @since 0.1.0
 * @category constructors
 */
export const record = (options?: Options) =>
<A, E, R>(
  self: Effect.Effect<A, E, R>
): Effect.Effect<{ readonly value: A; readonly recording: Recording }, E, R | Door.Door> =>
  Effect.gen(function*() {
    const recorder = new Recorder()
    const began = yield* Clock.currentTimeMillis
    let ended = began
    const value = yield* TaskStream.follow((glance) => recorder.see(glance), options)(
      Effect.tap(self, () => Effect.map(Clock.currentTimeMillis, (now) => ended = now))
    )
    return { value, recording: recorder.recording(options?.title ?? "Creel", began, ended) }
  })

/**
 * A recording as one HTML page: the task stream, what each task name took, workers, memory over time, events, and errors with
 * their stacks.
 *
 * @since 0.1.0
 * @category exports
 */
export const html = (recording: Recording): string => reportPage.page(recording)

/**
 * Runs an effect, and writes a report of what the cluster did meanwhile, however it ends.
 *
 * @example
 * ```ts
 * import { Report } from "@creel/dashboard"
 * import { NodeContext } from "@effect/platform-node"
 * import { Client, LocalCluster, Task, TaskGroup } from "creel"
 * import { Effect } from "effect"
 *
 * const square = Task.sync("square", (x: number) => x * x)
 *
 * const program = Client.map(square, [1, 2, 3]).pipe(
 *   Effect.flatMap(Client.gather),
 *   Effect.scoped,
 *   Report.toFile("squares.html", { title: "Three squares" }),
 *   Effect.provide(LocalCluster.layer({ tasks: TaskGroup.make(square) })),
 *   Effect.provide(NodeContext.layer)
 * )
 * ```
 *
 * @since 0.1.0
 * @category exports
 */
export const toFile = (file: string, options?: Options) =>
<A, E, R>(
  self: Effect.Effect<A, E, R>
): Effect.Effect<A, E | PlatformError, R | Door.Door | FileSystem.FileSystem> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const files = yield* FileSystem.FileSystem
      const { recording, value } = yield* record({ title: file, ...options })(Effect.exit(restore(self)))
      yield* files.writeFileString(file, html(recording))
      return yield* value
    })
  )
