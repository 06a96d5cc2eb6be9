/**
 * The shapes of what the scheduler knows beside rows (`rowShapes`): groups, classes, pools and peers. `books` alone writes
 * what a worker is busy with; `peers` who is there. Everything is mutated in place, for speed, and by `step` alone.
 *
 * @since 0.1.0
 */
import type { Failure } from "../../Failure.js"
import type { ClientId, Key, PeerId, WorkerId } from "../../Id.js"
import type { ExecutorMemory, ProcessUse, ToClient, ToWorker, WorkerInfo, WorkerMemory } from "../../Note.js"
import * as Saturation from "../../policy/saturation.js"
import { Held } from "./held.js"
import { Queue } from "./queue.js"
import { Rank, Ranks } from "./ranks.js"
import { type Queued, type Row, rowBefore, type RowState, type WantOf } from "./rowShapes.js"
import type { Run } from "./runShape.js"

/**
 * What people call a set of tasks: counted and timed together.
 *
 * @since 0.1.0
 * @category models
 */
export class Group {
  /** Moving average of how long it runs, once one has. */
  millis: number | undefined = undefined
  rows = 0
  running = 0
  readonly counts = { Idle: 0, Waiting: 0, Queued: 0, Assigned: 0, Stored: 0, Failed: 0 }
  constructor(readonly name: string) {}

  /** By name and not by `counts[tag]`, which would be looked up anew each time. */
  count(tag: RowState["_tag"], change: number): void {
    const { counts } = this
    switch (tag) {
      case "Idle":
        counts.Idle += change
        return
      case "Waiting":
        counts.Waiting += change
        return
      case "Queued":
        counts.Queued += change
        return
      case "Assigned":
        counts.Assigned += change
        return
      case "Stored":
        counts.Stored += change
        return
      case "Failed":
        counts.Failed += change
        return
    }
  }
}

/**
 * Queued rows that the same workers may run.
 *
 * @since 0.1.0
 * @category models
 */
export class Class {
  place = -1
  readonly queue = new Queue<Row>(rowBefore)
  /** The state of rows queued last. */
  queued: Queued = { _tag: "Queued", class: this, since: Number.NEGATIVE_INFINITY }
  /** Of a plain class: pools whose workers know the task. */
  readonly pools: Array<Pool> = []
  /** Of a special class: who may and could run it. */
  readonly eligible = new Set<Worker>()
  /** Of a special class: those of them believed to have room. */
  readonly roomy = new Set<Worker>()
  blocked = false
  /** It was found that nobody may or could run it, and is to be looked at again. */
  stuck = false
  /** When a worker that could run it went, or was told to leave, the last time. */
  served = Number.NEGATIVE_INFINITY
  constructor(
    readonly id: string,
    readonly task: string,
    readonly slots: number,
    readonly urgent: boolean,
    readonly special: boolean,
    /** One at a time on each worker: see `apart`. */
    readonly apart: boolean,
    readonly names: ReadonlyArray<string> | undefined,
    readonly soft: boolean,
    readonly resources: Readonly<Record<string, number>> | undefined
  ) {}
}

/**
 * Workers of a pool by what they have of one kind.
 *
 * @since 0.1.0
 * @category models
 */
export class Ranking {
  /** The least pressed first. */
  readonly calm = new Ranks<Share>()
  /** Those booked for more than their slots, the most pressed first. It follows once a batch: only stealing asks it. */
  readonly busy = new Ranks<Share>()
}

/**
 * Workers that know the same tasks.
 *
 * @since 0.1.0
 * @category models
 */
export class Pool {
  readonly whole = new Ranking()
  readonly part = new Ranking()
  readonly workers = new Set<Worker>()
  readonly classes: Array<Class> = []
  constructor(readonly id: string, readonly tasks: ReadonlySet<string>) {}
  ranking(slots: number): Ranking {
    return Saturation.isWhole(slots) ? this.whole : this.part
  }
}

/**
 * What a worker has in its books of one kind: whole tasks, or fractions.
 *
 * @since 0.1.0
 * @category models
 */
export class Share {
  readonly calm: Rank<Share>
  readonly busy: Rank<Share>
  /** The attempt booked last. */
  last: Run | undefined = undefined
  runs = 0
  used = 0
  load = 0
  /** Slots' worth of work that was recalled for it. */
  incoming = 0
  pressure = -1
  /** Nothing in it can be stolen, until something is added. */
  dry = false
  /** Those of its worker's info. */
  slots: number
  constructor(readonly worker: Worker) {
    this.slots = worker.info.slots
    this.calm = new Rank(this, worker.seq)
    this.busy = new Rank(this, worker.seq)
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export class Worker {
  // First what is touched for each task: together it stands in few lines of the processor's cache.
  readonly _tag = "Worker"
  gone = false
  /** In the indexes: it can be given work. */
  open = false
  suspect = false
  /** It is to leave: it gets nothing more, and what only it holds goes to others. */
  retiring = false
  heard: number
  readonly whole: Share
  readonly part: Share
  /** Attempts in its books, oldest first. */
  first: Run | undefined = undefined
  last: Run | undefined = undefined
  runs = 0
  suspended = 0
  /** Attempts in its books that keep others like them out: see `apart`. */
  apart = 0
  /** Rows whose value it holds. */
  readonly held = new Held()
  heldBytes = 0
  /** The holders of what nobody else holds, and their ids: the same for all such values. */
  readonly alone: ReadonlyArray<Peer> = [this]
  readonly ids: ReadonlyArray<PeerId>
  /** What this step has said to it. */
  mail: Array<ToWorker> | undefined = undefined
  moved = false
  gained = false
  unranked = false
  memory: WorkerMemory | undefined = undefined
  pool: Pool | undefined = undefined
  /** Special classes it is eligible for. */
  readonly classes = new Set<Class>()
  /** Rows assigned to it whose dependents may follow them here, see `plan`. */
  tails: Array<Row> = []
  /** Of a worker that is to leave: what nobody else holds, as of the last settling. */
  readonly onlyHere = new Set<Row>()
  readonly taken: Record<string, number> = {}
  /** Values it told of that no row claims yet. */
  readonly unclaimed = new Set<Key>()
  /** Rows it was asked for copies of. */
  readonly copying = new Set<Row>()
  /** Rows it was asked for further copies of: see `Spread`. */
  readonly carrying = new Set<Row>()
  /** Bytes of values it was asked to copy. */
  coming = 0
  /** It was told that it may leave. */
  released = false
  /** The slots counted in `state.slots`. */
  bookedSlots = 0
  /** It told of more than it should have been given, in an earlier life. */
  overdrawn = false
  processBytes: number | undefined = undefined
  sharedBytes: number | undefined = undefined
  use: ProcessUse | undefined = undefined
  heaps: ReadonlyArray<ExecutorMemory> | undefined = undefined
  busy: number | undefined = undefined
  reportedBytes = 0
  /** Holders it could not reach, until when. */
  unreachable: Map<PeerId, number> | undefined = undefined
  constructor(readonly id: WorkerId, readonly seq: number, public info: WorkerInfo, now: number) {
    this.heard = now
    this.ids = [id]
    this.whole = new Share(this)
    this.part = new Share(this)
  }
  share(slots: number): Share {
    return Saturation.isWhole(slots) ? this.whole : this.part
  }
  /** Of both kinds: more than its slots where fractions run beside whole tasks. */
  get used(): number {
    return this.whole.used + this.part.used
  }
  get load(): number {
    return this.whole.load + this.part.load
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export class Client {
  readonly _tag = "Client"
  /** As of a worker. */
  readonly alone: ReadonlyArray<Peer> = [this]
  readonly ids: ReadonlyArray<PeerId>
  /** Its wants, oldest first. */
  firstWant: WantOf | undefined = undefined
  lastWant: WantOf | undefined = undefined
  /** The greatest want number it was heard to give. */
  heard = 0
  readonly held = new Held()
  /** What this step has said to it. */
  mail: Array<ToClient> | undefined = undefined
  name = ""
  /** Since when its link is down. */
  down: number | undefined = undefined
  /** Keys whose work this client could not submit: until it releases them, what it says of them means that work. */
  refused: Map<Key, Failure> | undefined = undefined
  /** The worker whose attempt submitted through it, if one did. */
  home: Worker | undefined = undefined
  gone = false
  constructor(readonly id: ClientId, readonly seq: number) {
    this.ids = [id]
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export type Peer = Worker | Client
