/**
 * Inputs that jobs name without bringing them: an earlier job of the same executor made the value, or is about to. It
 * owns what is kept for that, and which jobs wait for which; when a job begins is the Runner's business.
 *
 * 1. The results kept are the latest `capacity` small ones, by the attempt that made each.
 * 2. A job that waits stands with every maker that it waits for, and leaves in one of three ways: all have given (`ready`),
 *    one has ended without a value (`lost`), or it was taken back.
 *
 * Imperative on purpose: `keep` runs for every result.
 */
import * as Id from "@creel/core/Id"
import type { Payload } from "@creel/core/Payload"
import * as Payloads from "@creel/core/Payload"
import type { Job } from "../Executor.js"

/** How many results are kept; each at most `Payload.inlineMax` bytes. */
const capacity = 1024

interface Waiting {
  readonly job: Job
  /** Arrival: lower ones begin first. */
  readonly order: number
  readonly inputs: Array<Job["inputs"][number]>
  missing: number
}

/** What becomes of a job as it stands. */
export type Look =
  | { readonly _tag: "Ready"; readonly job: Job }
  | { readonly _tag: "Waits" }
  | { readonly _tag: "Unready" }

const waits: Look = { _tag: "Waits" }
const unready: Look = { _tag: "Unready" }

export class OwnInputs {
  // A ring: writing is two stores, and what is asked for was mostly made just before.
  private readonly makers: Array<Id.Attempt> = []
  private readonly results: Array<Payload> = []
  private next = 0

  private readonly byMaker = new Map<Id.Attempt, Array<Waiting>>()
  private readonly waiting = new Map<Id.Attempt, Waiting>()
  private arrivals = 0
  /** Jobs that waited and have all they need, by arrival. */
  private readonly resumed: Array<Waiting> = []

  /** `coming` answers whether an attempt runs here or is queued. */
  constructor(private readonly coming: (attempt: Id.Attempt) => boolean) {}

  keep(attempt: Id.Attempt, payload: Payload): void {
    if (!Payloads.isInline(payload)) return
    this.makers[this.next] = attempt
    this.results[this.next] = payload
    this.next = (this.next + 1) % capacity
  }

  private find(maker: Id.Attempt): Payload | undefined {
    const length = this.makers.length
    for (let back = 1; back <= length; back++) {
      const at = (this.next - back + length) % length
      if (this.makers[at] === maker) return this.results[at]
    }
    return undefined
  }

  /** Called when it is the job's turn. */
  look(job: Job): Look {
    const order = this.arrivals++
    const inputs = [...job.inputs]
    const missing = new Map<Id.Attempt, true>()
    for (let i = 0; i < inputs.length; i++) {
      const { payload, value } = inputs[i]!
      if (payload !== undefined) continue
      const maker = Id.makerIn(value)
      if (maker === undefined || maker === job.attempt) return unready
      const kept = this.find(maker)
      if (kept !== undefined) inputs[i] = { value, payload: kept }
      else if (this.has(maker) || this.coming(maker)) missing.set(maker, true)
      else return unready
    }
    if (missing.size === 0) return { _tag: "Ready", job: { ...job, inputs } }
    const row: Waiting = { job, order, inputs, missing: missing.size }
    this.waiting.set(job.attempt, row)
    for (const maker of missing.keys()) {
      const rows = this.byMaker.get(maker)
      if (rows === undefined) this.byMaker.set(maker, [row])
      else rows.push(row)
    }
    return waits
  }

  /** The next job that waited and need not any more. */
  shift(): Job | undefined {
    const row = this.resumed.shift()
    return row === undefined ? undefined : { ...row.job, inputs: row.inputs }
  }

  get hasReady(): boolean {
    return this.resumed.length > 0
  }

  /** Whether it waits, or has waited and not begun. */
  private has(attempt: Id.Attempt): boolean {
    return this.waiting.has(attempt) || this.resumed.some((row) => row.job.attempt === attempt)
  }

  /** Takes a job back; false if it is not here. */
  remove(attempt: Id.Attempt): boolean {
    if (this.waiting.delete(attempt)) return true
    const index = this.resumed.findIndex((row) => row.job.attempt === attempt)
    if (index < 0) return false
    this.resumed.splice(index, 1)
    return true
  }

  /** An attempt has ended. Answers the jobs that can never begin for want of its value. */
  ended(maker: Id.Attempt, payload: Payload | undefined): ReadonlyArray<Id.Attempt> {
    const rows = this.byMaker.get(maker)
    if (rows === undefined) return []
    this.byMaker.delete(maker)
    const lost: Array<Id.Attempt> = []
    for (const row of rows) {
      // Taken back, or lost by another maker, meanwhile.
      if (this.waiting.get(row.job.attempt) !== row) continue
      if (payload === undefined) {
        this.waiting.delete(row.job.attempt)
        lost.push(row.job.attempt)
        continue
      }
      fill(row, maker, payload)
      if (--row.missing > 0) continue
      this.waiting.delete(row.job.attempt)
      this.resume(row)
    }
    return lost
  }

  private resume(row: Waiting): void {
    let at = this.resumed.length
    while (at > 0 && this.resumed[at - 1]!.order > row.order) at--
    this.resumed.splice(at, 0, row)
  }

  clear(): void {
    this.makers.length = 0
    this.results.length = 0
    this.next = 0
    this.byMaker.clear()
    this.waiting.clear()
    this.resumed.length = 0
  }
}

const fill = (row: Waiting, maker: Id.Attempt, payload: Payload): void => {
  for (let i = 0; i < row.inputs.length; i++) {
    const input = row.inputs[i]!
    if (input.payload === undefined && Id.makerIn(input.value) === maker) {
      row.inputs[i] = { value: input.value, payload }
    }
  }
}
