/**
 * Where a worker keeps values: encoded bytes by the name of the value, nothing about tasks or futures. What is in the
 * store is servable; who may read it, when it is dropped, and when it goes to the disk and comes back, others decide.
 *
 * @since 0.1.0
 */
import type * as Id from "@creel/core/Id"
import * as Payload from "@creel/core/Payload"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/**
 * A value could not be written to the disk, or not be read back. A writer goes on having it in memory; for a reader it is
 * gone, and is computed again where that is possible.
 *
 * @since 0.1.0
 * @category errors
 */
export class DiskError extends Schema.TaggedError<DiskError>("creel/Store/DiskError")("DiskError", {
  /** `Full`: no room is left. `Corrupt`: what was read is not what was written. */
  reason: Schema.Literal("Full", "Failed", "Corrupt", "NoDisk"),
  value: Schema.String,
  detail: Schema.String
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `${this.value}: ${what[this.reason]}: ${this.detail}. What to do: ${advice[this.reason]}`
  }
}

const what = {
  Full: "the disk has no room for it",
  Failed: "the disk refused it",
  Corrupt: "the disk has other bytes than were written",
  NoDisk: "there is no disk"
}

const advice = {
  Full: "free space where values are spilled, or name another directory",
  Failed: "look at the directory where values are spilled, and its rights",
  Corrupt: "nothing, if it can be computed again; then look at the disk",
  NoDisk: "give the cluster a place to spill to"
}

/**
 * A value as bytes that can be sent as they stand: how many, a name for exactly these, and they themselves from any of them
 * on, as many times as somebody asks. Whoever receives them looks whether they are right.
 *
 * @since 0.1.0
 * @category models
 */
export interface Source {
  readonly bytes: number
  readonly digest: string
  readonly stream: (from: number) => AsyncIterable<Uint8Array>
}

/**
 * Where a store spills to. What is read is what was written, byte by byte, or a `DiskError`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Disk {
  readonly write: (value: Id.ValueId, payload: Payload.Payload) => Effect.Effect<void, DiskError>
  readonly read: (value: Id.ValueId) => Effect.Effect<Payload.Payload, DiskError>
  /** What is there, to be sent without being loaded, while the scope is open, whatever is removed. Absent: it cannot. */
  readonly source?: ((value: Id.ValueId) => Effect.Effect<Source, DiskError, Scope.Scope>) | undefined
  /** In its own time, and whatever becomes of it: what is left over goes with the directory. */
  readonly remove: (value: Id.ValueId) => void
}

/**
 * A value in memory that is being read. `end` it once.
 *
 * @since 0.1.0
 * @category models
 */
export interface Loan {
  readonly payload: Payload.Payload
  readonly end: () => void
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Watcher {
  readonly lent: (value: Id.ValueId) => void
  readonly returned: (value: Id.ValueId) => void
  /** What it has in memory without having put it here: that is read, and spilled, as if it had, and goes when it says so. */
  readonly kept?: ((value: Id.ValueId) => Payload.Payload | undefined) | undefined
}

/**
 * The values of one holder.
 *
 * @since 0.1.0
 * @category models
 */
export interface Store {
  /** What is in memory. */
  readonly get: (value: Id.ValueId) => Payload.Payload | undefined
  /**
   * The same for somebody who reads it for more than a moment: it counts in memory until they let go of it, whatever becomes
   * of the value.
   */
  readonly lend: (value: Id.ValueId) => Loan | undefined
  /** Who is told of loans, from now on. */
  readonly watch: (watcher: Watcher) => void
  readonly isSpilled: (value: Id.ValueId) => boolean
  /** A spilled value, for somebody who takes it away: it stays where it is. */
  readonly peek: (value: Id.ValueId) => Effect.Effect<Payload.Payload, DiskError>
  /** The same without loading it, where the disk can do that: undefined where it cannot. */
  readonly source: (value: Id.ValueId) => Effect.Effect<Source, DiskError, Scope.Scope> | undefined
  /** A value is written once: a second write of the same name is ignored. */
  readonly put: (value: Id.ValueId, payload: Payload.Payload) => void
  /** From memory and disk. */
  readonly drop: (value: Id.ValueId) => void
  /** From memory to the disk. It stays in memory until it is there. */
  readonly spill: (value: Id.ValueId) => Effect.Effect<void, DiskError>
  /** From the disk to memory. Where it cannot be read it is dropped. */
  readonly load: (value: Id.ValueId) => Effect.Effect<void, DiskError>
  /** Bytes put here that are in memory, heads and buffers together. */
  readonly bytes: () => number
  /** Of `bytes`, those that stand in shared memory. */
  readonly sharedBytes: () => number
  /** How many values were put here and are, in memory and on disk. */
  readonly size: () => number
}

const loan = (
  value: Id.ValueId,
  payload: Payload.Payload | undefined,
  watcher: Watcher | undefined
): Loan | undefined => {
  if (payload === undefined) return undefined
  watcher?.lent(value)
  let isOver = false
  const end = (): void => {
    if (isOver) return
    isOver = true
    watcher?.returned(value)
  }
  return { payload, end }
}

const noDisk = (value: Id.ValueId) => new DiskError({ reason: "NoDisk", value, detail: "this worker has none" })

/**
 * `done` is told whether the value stays: dropped meanwhile, nobody would look for it on the disk, also where the same came
 * again since.
 */
const spilling = (
  work: Effect.Effect<void, DiskError>,
  value: Id.ValueId,
  writing: Map<Id.ValueId, object>,
  done: (stays: boolean) => void
): Effect.Effect<void, DiskError> => {
  const mine = {}
  writing.set(value, mine)
  const isMine = () => writing.get(value) === mine
  return work.pipe(
    Effect.map(() => done(isMine())),
    Effect.ensuring(Effect.sync(() => isMine() && writing.delete(value)))
  )
}

/**
 * A store in memory, which spills to the disk it is given. `letGo` is told of bytes in shared memory that are not held any
 * more.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (disk?: Disk | undefined, letGo?: ((bytes: number) => void) | undefined): Store => {
  const values = new Map<Id.ValueId, Payload.Payload>()
  const spilled = new Set<Id.ValueId>()
  /** On their way to the disk, and the write of each that counts. */
  const writing = new Map<Id.ValueId, object>()
  let bytes = 0
  let shared = 0
  let watcher: Watcher | undefined

  const count = (payload: Payload.Payload, times: 1 | -1): void => {
    bytes += times * Payload.bytes(payload)
    for (const buffer of Payload.buffers(payload)) if (isShared(buffer)) shared += times * buffer.byteLength
  }

  const put = (value: Id.ValueId, payload: Payload.Payload): void => {
    if (values.has(value)) return
    values.set(value, payload)
    count(payload, 1)
  }

  const forget = (value: Id.ValueId): void => {
    const payload = values.get(value)
    if (payload === undefined) return
    values.delete(value)
    const before = shared
    count(payload, -1)
    if (shared < before) letGo?.(before - shared)
  }

  const unspill = (value: Id.ValueId): void => {
    if (spilled.size > 0 && spilled.delete(value)) disk?.remove(value)
  }

  const get = (value: Id.ValueId): Payload.Payload | undefined =>
    values.get(value) ?? (spilled.size > 0 && spilled.has(value) ? undefined : watcher?.kept?.(value))

  return {
    get,
    lend: (value) => loan(value, get(value), watcher),
    watch: (to) => void (watcher = to),
    isSpilled: (value) => spilled.has(value),
    peek: (value) => disk === undefined ? Effect.fail(noDisk(value)) : disk.read(value),
    source: (value) => spilled.has(value) ? disk?.source?.(value) : undefined,
    put,
    drop: (value) => {
      forget(value)
      unspill(value)
      if (writing.size > 0) writing.delete(value)
    },
    spill: (value) =>
      Effect.suspend(() => {
        const payload = get(value)
        if (disk === undefined || payload === undefined) return Effect.fail(noDisk(value))
        return spilling(disk.write(value, payload), value, writing, (stays) => {
          if (!stays) return disk.remove(value)
          forget(value)
          spilled.add(value)
        })
      }),
    load: (value) =>
      Effect.suspend(() => {
        if (disk === undefined || !spilled.has(value)) return Effect.fail(noDisk(value))
        return Effect.matchEffect(disk.read(value), {
          onFailure: (error) => {
            unspill(value)
            return Effect.fail(error)
          },
          onSuccess: (payload) =>
            Effect.sync(() => {
              if (!spilled.has(value)) return
              put(value, payload)
              unspill(value)
            })
        })
      }),
    bytes: () => bytes,
    sharedBytes: () => shared,
    size: () => values.size + spilled.size
  }
}

const isShared = (buffer: ArrayBuffer | SharedArrayBuffer): boolean =>
  typeof SharedArrayBuffer !== "undefined" && buffer instanceof SharedArrayBuffer
