/**
 * Profiles, asked of workers and put together: one at a time, since two would see each other.
 *
 *   P1. A profile ends: with the answers of all, or without those that are gone, or that say nothing for too long.
 */
import type * as Id from "@creel/core/Id"
import type * as Note from "@creel/core/Note"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Executors } from "../Executor.js"
import type * as Observe from "../Observe.js"
import { CallTrees, empty } from "./callTrees.js"

/** Calls that one worker tells, and that are told of all. */
export const nodesOfWorker = 3000
const nodesOfAll = 8000

/** Milliseconds beyond the profile's own: for what computes without a pause meanwhile, and for the way. */
export const executorWaits = 15_000
const workerWaits = 20_000

const within = (least: number, value: number, most: number): number =>
  Number.isNaN(value) ? least : Math.min(most, Math.max(least, Math.round(value)))

interface Named {
  readonly id: Id.WorkerId
  readonly name: string
}

/** One profile under way. */
class Run {
  readonly done = Effect.runSync(Deferred.make<void>())
  private readonly missing: Map<Id.WorkerId, Named>
  private readonly workers: Array<Observe.ProfileOfWorker> = []
  private readonly trees = new CallTrees()

  constructor(of: ReadonlyArray<Named>) {
    this.missing = new Map(of.map((one) => [one.id, one]))
    this.ended()
  }

  told(id: Id.WorkerId, { executors, tree }: Note.Profiled): void {
    if (this.settle(id, executors, undefined)) this.trees.add(tree)
    this.ended()
  }

  gone(id: Id.WorkerId): void {
    this.settle(id, [], "it was lost meanwhile")
    this.ended()
  }

  private settle(
    id: Id.WorkerId,
    executors: Observe.ProfileOfWorker["executors"],
    problem: string | undefined
  ): boolean {
    const one = this.missing.get(id)
    if (one === undefined) return false
    this.missing.delete(id)
    this.workers.push({ id, name: one.name, executors, problem })
    return true
  }

  private ended(): void {
    if (this.missing.size === 0) Deferred.unsafeDone(this.done, Exit.void)
  }

  result(): Pick<Observe.Profile, "workers" | "tree"> {
    for (const id of [...this.missing.keys()]) this.settle(id, [], "it did not answer in time")
    const byName = (a: Named, b: Named) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0
    return { workers: this.workers.sort(byName), tree: this.trees.take(nodesOfAll) }
  }
}

export class Profiling {
  private readonly turn = Effect.unsafeMakeSemaphore(1)
  private current: { readonly number: number; readonly run: Run } | undefined
  private count = 0

  constructor(
    private readonly options: {
      readonly workers: () => ReadonlyArray<Named>
      readonly tell: (worker: Id.WorkerId, note: Note.Profile) => void
    }
  ) {}

  readonly ask = (asked: Observe.ProfileOptions): Effect.Effect<Observe.Profile> =>
    this.turn.withPermits(1)(this.once(asked))

  private once({ interval, millis, worker }: Observe.ProfileOptions): Effect.Effect<Observe.Profile> {
    return Effect.gen(this, function*() {
      const at = yield* Clock.currentTimeMillis
      const workers = this.options.workers().filter((one) =>
        worker === undefined || one.name === worker || one.id === worker
      )
      const run = new Run(workers)
      const number = ++this.count
      const how = { millis: within(100, millis, 30_000), interval: within(100, interval, 100_000) }
      this.current = { number, run }
      for (const { id } of workers) this.options.tell(id, { _tag: "Profile", profile: number, ...how })
      yield* Effect.timeoutOption(Deferred.await(run.done), how.millis + workerWaits)
      this.current = undefined
      return { at, ...how, ...run.result() }
    })
  }

  get underWay(): boolean {
    return this.current !== undefined
  }

  told(worker: Id.WorkerId, note: Note.Profiled): void {
    if (this.current?.number === note.profile) this.current.run.told(worker, note)
  }

  gone(worker: Id.WorkerId): void {
    this.current?.run.gone(worker)
  }
}

const unable = "fibers of a thread that is not theirs alone cannot be profiled: profile that program itself " +
  "(`node --cpu-prof`), or run it on threads or processes"

/** A worker's part. */
export const ofWorker = (
  executors: Executors,
  { interval, millis, profile }: Note.Profile,
  worker: string
): Effect.Effect<Note.Profiled> =>
  Effect.map(
    executors.profile === undefined
      ? Effect.succeed({ executors: [{ executor: worker, sampled: 0, idle: 0, problem: unable }], tree: empty })
      : executors.profile(millis, interval),
    (profiled) => ({ _tag: "Profiled", profile, ...profiled })
  )
