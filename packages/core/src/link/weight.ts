/**
 * What notes weigh. Estimates: windows and budgets need an order of magnitude that costs nothing to compute.
 *
 * Owns sizes only; what is done about them is the link's and the client's business.
 *
 * @since 0.1.0
 */
import type { Failure } from "../Failure.js"
import type { Key } from "../Id.js"
import type { ClientTold, Death, Input, Note, Spent, WorkerTold } from "../Note.js"
import * as Payload from "../Payload.js"
import type { Spec } from "../Spec.js"

/** See `Link.valueMax`. */
export const valueMax = 64 * 1024

/** See `Link.TooLarge`. */
export interface TooLarge {
  readonly _tag: "TooLarge"
  readonly note: Note["_tag"]
  readonly key: Key
  readonly bytes: number
  readonly max: number
  /** What happened and what to do, for a person. */
  readonly detail: string
}

/** An object's own bytes on the wire: tags, numbers, punctuation. */
const struct = 32

const ofPayload = (payload: Payload.Payload | undefined): number => payload === undefined ? 0 : Payload.bytes(payload)

/** See `Link.weigh`; of one name in a list. */
export const ofName = (name: string): number => name.length + 3

const ofNames = (names: ReadonlyArray<string> | undefined): number => {
  let total = 0
  if (names !== undefined) { for (const name of names) total += ofName(name) }
  return total
}

const ofRecord = (record: Readonly<Record<string, string | number>> | undefined): number => {
  let total = 0
  if (record !== undefined) {
    for (const [name, value] of Object.entries(record)) {
      total += name.length + 4 + (typeof value === "string" ? value.length : 8)
    }
  }
  return total
}

const ofFailure = (failure: Failure): number =>
  struct + failure.key.length + failure.detail.length + ofPayload(failure.cause) + (failure.stack?.length ?? 0)

/** See `Link.weigh`; of one spec. */
export const ofSpec = (spec: Spec): number =>
  3 * struct + spec.key.length + spec.digest.length + spec.task.length + spec.group.length + ofPayload(spec.args) +
  ofNames(spec.inputs) + ofNames(spec.workers) + ofRecord(spec.resources) + ofRecord(spec.outward?.annotations)

const sum = <A>(all: ReadonlyArray<A>, of: (one: A) => number): number => {
  let total = 0
  for (const one of all) total += of(one)
  return total
}

/** See `Link.weigh`; of one value that is told of. */
export const ofValue = (
  value: {
    readonly key: string
    readonly value: string
    readonly digest: string
    readonly inline: Payload.Payload | undefined
  }
): number => 2 * struct + value.key.length + value.value.length + value.digest.length + ofPayload(value.inline)

/** See `Link.weigh`; of one want. */
export const ofWant = (want: { readonly key: string; readonly digest?: string | undefined }): number =>
  want.key.length + 12 + (want.digest?.length ?? 0)

/** See `Link.weigh`; of one want, with what its client was told. */
export const ofTold = (want: ClientTold["wants"][number]): number =>
  ofWant(want) + struct + (want.told !== undefined && "failure" in want.told ? ofFailure(want.told.failure) : struct)

/** See `Link.weigh`; of one job that is told of. */
export const ofJob = (job: WorkerTold["jobs"][number]): number => struct + ofSpec(job.spec) + ofNames(job.inputs)

/** See `Link.weigh`; of one input. */
export const ofInput = (input: Input): number => ofValue(input) + ofNames(input.holders)

/** See `Link.weigh`; of what is counted against one task. */
export const ofSpent = (spent: Spent): number =>
  struct + spent.key.length + spent.digest.length + sum(spent.deaths, ofDeath)

const ofDeath = ({ how }: Death): number => struct + how.length

/** See `Link.weigh`. */
export const weigh = (note: Note): number => {
  switch (note._tag) {
    case "ClientTold":
      return struct + sum(note.specs, ofSpec) + sum(note.offers, ofValue) + ofNames(note.cut) +
        sum(note.spent ?? [], ofSpent) + sum(note.wants, ofTold)
    case "Submit":
      return struct + sum(note.specs, ofSpec) + sum(note.wants, ofWant) + ofNames(note.keep)
    case "Release":
    case "Cancel":
    case "Retry":
      return struct + sum(note.wants, ofWant)
    case "WorkerTold":
      return struct + ofNames(note.info.tasks) + sum(note.values, ofValue) +
        sum(note.jobs, ofJob) + sum(note.outcomes, weigh)
    case "RunTask":
      return struct + ofSpec(note.spec) + sum(note.inputs, ofInput)
    case "Offer":
    case "ValueHeld":
      return struct + ofValue(note)
    case "TaskStored":
    case "FetchValue":
      return struct + ofValue(note) + ofNames(note.holders)
    case "TaskFailed":
    case "TaskNotStored":
      return struct + note.key.length + ofFailure(note.failure)
    case "TaskDied":
      return struct + note.key.length + note.detail.length
    case "TaskSpent":
      return ofSpent(note)
    case "TaskSuspended":
      return struct + note.key.length + ofNames(note.on)
    case "WorkerChanged":
      return struct + ofNames(note.info.tasks)
    case "Activities":
      return struct + ofNames(note.names) + ofNames(note.columns.keys) + 48 * note.columns.keys.length
    case "Profiled":
      return struct + ofNames(note.tree.names) + 40 * note.tree.parents.length + 96 * note.executors.length
    case "FetchFailed":
    case "ValueGone":
      return struct + note.key.length + note.value.length
    case "DropValue":
      return struct + note.value.length
    case "LineageCut":
      return struct + note.key.length + note.digest.length
    case "Heartbeat":
    case "ClientLeft":
    case "WorkerLeft":
    case "MayLeave":
    case "Watch":
    case "Profile":
      return struct
    case "TaskPending":
    case "Ended":
    case "TaskStarted":
    case "TaskReturned":
    case "TaskEnded":
    case "RecallRefused":
    case "TaskResumed":
    case "RecallTask":
    case "BeginTask":
    case "SpentHeard":
    case "CancelTask":
      return struct + note.key.length
  }
}

/** See `Link.isWork`. */
export const isWork = (note: { readonly _tag: Note["_tag"] }): boolean =>
  note._tag === "Submit" || note._tag === "Offer" || note._tag === "ClientTold" || note._tag === "RunTask"

const refuse = (note: Note, key: Key, bytes: number): TooLarge | undefined =>
  bytes <= valueMax ? undefined : {
    _tag: "TooLarge",
    note: note._tag,
    key,
    bytes,
    max: valueMax,
    detail: `${note._tag} of ${key} carries ${bytes} bytes where notes carry at most ${valueMax}: ` +
      "values travel from holder to reader, so offer it as a value instead"
  }

const first = <A>(all: ReadonlyArray<A>, of: (one: A) => TooLarge | undefined): TooLarge | undefined => {
  for (const one of all) {
    const refused = of(one)
    if (refused !== undefined) return refused
  }
  return undefined
}

/**
 * See `Link.tooLarge`. What is measured is what a value could hide in (arguments, inline payloads, causes and texts), each
 * alone: a list of ten thousand short names is long, but it is no value.
 */
export const tooLarge = (note: Note): TooLarge | undefined => {
  const spec = (one: Spec) => refuse(note, one.key, ofPayload(one.args) + ofRecord(one.outward?.annotations))
  const value = (one: { readonly key: Key; readonly inline: Payload.Payload | undefined }) =>
    refuse(note, one.key, ofPayload(one.inline))
  switch (note._tag) {
    case "ClientTold":
      return first(note.specs, spec) ?? first(note.offers, value)
    case "Submit":
      return first(note.specs, spec)
    case "RunTask":
      return spec(note.spec) ?? first(note.inputs, value)
    case "Offer":
    case "ValueHeld":
    case "TaskStored":
    case "FetchValue":
      return value(note)
    case "TaskFailed":
    case "TaskNotStored":
      return refuse(note, note.key, ofFailure(note.failure))
    case "TaskDied":
      return refuse(note, note.key, note.detail.length)
    case "WorkerTold":
      return first(note.values, value) ?? first(note.jobs, (job) => spec(job.spec)) ?? first(note.outcomes, tooLarge)
    default:
      return undefined
  }
}
