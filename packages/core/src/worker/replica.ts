/**
 * The row of a value, here or on its way here.
 *
 * @since 0.1.0
 */
import type { Key, PeerId, ValueId } from "../Id.js"
import type * as Note from "../Note.js"
import type { Payload } from "../Payload.js"
import type { Few } from "./few.js"
// house: a value and the jobs that count on it know each other
import type { Job } from "./state.js"

/** What a value has only where memory is limited, or somebody reads it for long: kept apart so that the others are small. */
class Moves {
  place: "memory" | "spilling" | "disk" | "loading" = "memory"
  turn = 0
  pins = 0
  readers = 0
}

const asked = 1
const told = 2
const expected = 4

export class Replica {
  type = ""
  how: Note.ValueHeld["how"] = "copied"
  /** How long it took, in whole microseconds: an engine keeps no fraction in the place itself. */
  private micros = 0
  /** Jobs here that count on it. */
  jobs: Few<Job> = undefined
  /** Of `asked`, `told` and `expected` those that hold. */
  private bits = 0
  private moves: Moves | undefined = undefined
  constructor(
    readonly key: Key,
    readonly value: ValueId,
    readonly digest: string,
    public bytes: number,
    /** A small value itself: hands read it here. */
    readonly inline: Payload | undefined,
    public state: ReplicaState,
    /** In its name, by which its place is found. */
    readonly number: number
  ) {}
  private write(bit: number, is: boolean): void {
    this.bits = is ? this.bits | bit : this.bits & ~bit
  }
  /** Asked for by the scheduler, apart from any job. */
  get asked(): boolean {
    return (this.bits & asked) !== 0
  }
  set asked(is: boolean) {
    this.write(asked, is)
  }
  /** Whether the scheduler knows of it, and so is the one to drop it. */
  get told(): boolean {
    return (this.bits & told) !== 0
  }
  set told(is: boolean) {
    this.write(told, is)
  }
  /** Whether room is set aside for it to come into. */
  get expected(): boolean {
    return (this.bits & expected) !== 0
  }
  set expected(is: boolean) {
    this.write(expected, is)
  }
  private get moved(): Moves {
    return this.moves ??= new Moves()
  }
  /** Once it is held: where its bytes are. Only in `memory` can a job begin with it. */
  get place(): Moves["place"] {
    return this.moves === undefined ? "memory" : this.moves.place
  }
  set place(place: Moves["place"]) {
    if (place !== this.place) this.moved.place = place
  }
  /** The number of its last move to or from the disk. */
  get turn(): number {
    return this.moves === undefined ? 0 : this.moves.turn
  }
  set turn(turn: number) {
    if (turn !== this.turn) this.moved.turn = turn
  }
  /** How many jobs have room set aside for it. */
  get pins(): number {
    return this.moves === undefined ? 0 : this.moves.pins
  }
  set pins(pins: number) {
    if (pins !== this.pins) this.moved.pins = pins
  }
  /** How many read it now from memory here, for more than a moment. */
  get readers(): number {
    return this.moves === undefined ? 0 : this.moves.readers
  }
  set readers(readers: number) {
    if (readers !== this.readers) this.moved.readers = readers
  }
  get isNeeded(): boolean {
    return this.asked || this.jobs !== undefined
  }
  get millis(): number {
    return this.micros / 1000
  }
  set millis(millis: number) {
    const micros = Math.round(millis * 1000)
    // Said to be a small integer, where it is one.
    this.micros = micros === (micros | 0) ? micros | 0 : micros
  }
}

export type ReplicaState =
  | { readonly _tag: "Wanted"; readonly holders: Array<PeerId> }
  | {
    readonly _tag: "Fetching"
    readonly from: PeerId
    readonly since: number
    readonly holders: Array<PeerId>
    /** Told to stop; its end has still to come. */
    stopped: boolean
  }
  | typeof held
  | typeof absent

export const held = { _tag: "Held" } as const

/** It is not here any more; what still names it is out of date. */
export const absent = { _tag: "Absent" } as const
