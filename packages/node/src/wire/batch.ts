/**
 * What one turn has to say to the other side, as columns: a few long strings and one list of numbers cross a thread's
 * border ten times as fast as the objects they speak of. What is written is read back in the same order; what each
 * message consists of is the neighbours' business (`commands`, `events`).
 *
 * Imperative on purpose: this runs for every job and every end.
 */
import * as Payload from "@creel/core/Payload"

/**
 * - Numbers: kinds, attempts, lengths. Small integers, as nearly all are, cross at a third of what fractions and large ones
 *   cost, and one such among them makes all of a batch as dear: so attempts and times are said in small ones.
 * - Text: strings, one after another; the lengths are among the numbers.
 * - Bytes: the heads of small payloads, one after another, a byte a character: a string is cheaper to send than memory.
 * - Rest: what is too large or too rare for columns, as it is.
 */
export type Batch = readonly [
  numbers: ReadonlyArray<number>,
  text: string,
  bytes: string,
  rest: ReadonlyArray<unknown>
]

/** Parts of a millisecond that times are told in. */
const partsOfMilli = 10_000

/** How many names one side announces in one conversation; what comes after them is spelled out each time. */
const namesMax = 1024

/** Lengths that are none: the payload stands among the rest, or there is none. */
const inRest = -1
const absent = -2

export class BatchWriter {
  /** The first `count` are said next; what stands behind them is written over: a list that grows each time is twice its size more. */
  private numbers: Array<number> = []
  private count = 0
  private areSmall = true
  private text = ""
  private rest: Array<unknown> = []
  private bytes = ""
  private attemptBefore = 0
  private readonly names = new Map<string, number>()

  /** `prepare`: what is done to a payload that goes as it is. */
  constructor(private readonly prepare: (payload: Payload.Payload) => Payload.Payload) {}

  /** All that was written since, or nothing. */
  take(): Batch | undefined {
    if (this.count === 0) return undefined
    const batch: Batch = [this.numbers.slice(0, this.count), this.text, this.bytes, this.rest]
    // An engine remembers of a list that it had fractions, and would send all that follow as such.
    if (!this.areSmall) this.numbers = []
    this.areSmall = true
    this.count = 0
    this.text = ""
    this.rest = []
    this.bytes = ""
    return batch
  }

  number(n: number): void {
    if (n !== (n | 0)) this.areSmall = false
    this.numbers[this.count++] = n
  }

  /** As the distance from the one before it. */
  attempt(attempt: number): void {
    this.number(attempt - this.attemptBefore)
    this.attemptBefore = attempt
  }

  millis(millis: number): void {
    this.number(Math.round(millis * partsOfMilli))
  }

  string(value: string): void {
    this.number(value.length)
    this.text += value
  }

  other(value: unknown): void {
    this.rest.push(value)
  }

  /** A string that will be said again and again: told once, then by number. */
  name(value: string): void {
    const known = this.names.get(value)
    if (known !== undefined) {
      this.number(known)
    } else if (this.names.size < namesMax) {
      this.number(this.names.size)
      this.names.set(value, this.names.size)
      this.rest.push(value)
    } else {
      this.number(-1)
      this.rest.push(value)
    }
  }

  payload(payload: Payload.Payload | undefined): void {
    if (payload === undefined) {
      this.number(absent)
    } else if (Payload.isShort(payload)) {
      this.number(payload.length)
      this.bytes += payload
    } else if (Payload.isInline(payload)) {
      this.number(payload.head.length)
      this.bytes += Payload.latin1(payload.head)
    } else {
      this.number(inRest)
      this.rest.push(this.prepare(payload))
    }
  }
}

/** V8 copies so few characters; a longer slice would keep all of the batch. */
const copied = 12

export class BatchReader {
  private numbers: Batch[0] = []
  private text: Batch[1] = ""
  private allBytes: Batch[2] = ""
  /** The same as bytes, once they are asked for. */
  private memory: Uint8Array | undefined
  private rest: Batch[3] = []
  private atNumber = 0
  private atText = 0
  private atByte = 0
  private atRest = 0
  private attemptBefore = 0
  private readonly names: Array<string> = []

  /** `prepare`: what is done to a payload that came as it is. */
  constructor(private readonly prepare: (payload: Payload.Payload) => Payload.Payload) {}

  open(batch: Batch): void {
    this.numbers = batch[0]
    this.text = batch[1]
    this.allBytes = batch[2]
    this.memory = undefined
    this.rest = batch[3]
    this.atNumber = 0
    this.atText = 0
    this.atByte = 0
    this.atRest = 0
  }

  /** Nothing of the batch is kept. */
  close(): void {
    this.open([[], "", "", []])
  }

  get hasMore(): boolean {
    return this.atNumber < this.numbers.length
  }

  number(): number {
    return this.numbers[this.atNumber++]!
  }

  attempt(): number {
    return this.attemptBefore += this.number()
  }

  millis(): number {
    return this.number() / partsOfMilli
  }

  string(): string {
    const from = this.atText
    this.atText += this.number()
    return this.text.slice(from, this.atText)
  }

  /** Of the type that the writer gave it. */
  other<A>(): A {
    return this.rest[this.atRest++] as A
  }

  name(): string {
    const index = this.number()
    const known = this.names[index]
    if (known !== undefined) return known
    const fresh = this.other<string>()
    if (index === this.names.length) this.names.push(fresh)
    return fresh
  }

  payload(): Payload.Payload | undefined {
    const length = this.number()
    if (length >= 0) return this.bytes(length)
    return length === absent ? undefined : this.prepare(this.other<Payload.Payload>())
  }

  /** Memory of its own each: it may be kept for as long as one likes. */
  private bytes(length: number): Payload.Payload {
    const from = this.atByte
    this.atByte += length
    if (length <= copied) return Payload.unsafeShort(this.allBytes.slice(from, this.atByte))
    return Payload.copyOf(this.memory ??= Buffer.from(this.allBytes, "latin1"), from, this.atByte)
  }
}

/**
 * Hands over all that a batch says. What one of them throws keeps none of the others back: they may be ends that somebody
 * waits for, and names are told once and then by number. The first that was thrown is thrown when all is said.
 */
export const readAll = <A>(
  from: BatchReader,
  batch: Batch,
  read: (from: BatchReader) => A,
  hear: (said: A) => void
): void => {
  let thrown: { readonly error: unknown } | undefined
  from.open(batch)
  while (from.hasMore) {
    const said = read(from)
    try {
      hear(said)
    } catch (error) {
      thrown ??= { error }
    }
  }
  from.close()
  if (thrown !== undefined) throw thrown.error
}
