/**
 * One end of a session between two peers: it numbers the notes it sends, keeps them until they are acknowledged, and
 * applies the notes it receives once and in order. Both ends are this same machine.
 *
 * It owns numbers, acknowledgements and the window. Its neighbours own the rest: the transport carries frames and tells
 * when a connection broke; the machines decide what is told again when a session cannot go on.
 *
 * A session lives through broken connections: after a reconnect each end sends `hello`, and `resume`s from what the other
 * has received. When either end has no such session any more (`resume` answers `undefined`, or the frame names another),
 * both `make` a fresh one and the machines get `LinkReset` with `unacked`, whose outcomes they tell again.
 *
 * Invariants, one checker each in `check`:
 *
 * - L1: kept notes are exactly those numbered `base + 1` to `next - 1`.
 * - L2: `base <= sent < next`: nothing is acknowledged before it is sent, nothing sent before it is numbered.
 * - L3: `bytes` is the sum of the kept notes' weights, `flying` of those sent, `work` of those that make new work.
 * - L4: an acknowledgement never says more than was received.
 *
 * A note longer than `noteMax` is cut into pieces, numbered like notes, and joined at the other end: so frames stay short
 * whatever a peer has to tell, and both ends do something else in between.
 *
 * @since 0.1.0
 */
import type { Incarnation, PeerId } from "./Id.js"
import { cut, isWorkOf, join, type Piece } from "./link/pieces.js"
import { type TooLarge, tooLarge } from "./link/weight.js"
import type { Note } from "./Note.js"

export {
  /**
   * Entries of the lists of a long note, which comes after them: how it travels where it is longer than `noteMax`.
   *
   * @since 0.1.0
   * @category models
   */
  type Piece
} from "./link/pieces.js"

export {
  /**
   * Whether a note makes new work: only such notes may be held back.
   *
   * @since 0.1.0
   * @category guards
   */
  isWork,
  /**
   * A note that carries a value larger than notes may.
   *
   * @since 0.1.0
   * @category errors
   */
  type TooLarge,
  /**
   * `undefined`, or why a note must not be sent: something in it weighs more than `valueMax`.
   *
   * @since 0.1.0
   * @category guards
   */
  tooLarge,
  /**
   * The most that one value inside a note may weigh, in bytes: 64 KiB.
   *
   * @since 0.1.0
   * @category constants
   */
  valueMax,
  /**
   * About how many bytes a note is on the wire: what windows and budgets count.
   *
   * @since 0.1.0
   * @category getters
   */
  weigh
} from "./link/weight.js"

/**
 * What travels: some notes in a row, and how far the other direction was received.
 *
 * @since 0.1.0
 * @category models
 */
export interface Frame {
  readonly session: string
  readonly incarnation: Incarnation
  /** The number of the first note; of the next one where there are none. */
  readonly first: number
  readonly notes: ReadonlyArray<Note | Piece>
  /** The greatest number received in the other direction, all before it included. */
  readonly ack: number
  /** Notes after `ack` did not arrive although later ones did: send them again. */
  readonly again?: true
}

/**
 * What each end says first on a new connection.
 *
 * @since 0.1.0
 * @category models
 */
export interface Hello {
  readonly session: string
  readonly incarnation: Incarnation
  readonly received: number
}

/**
 * What a frame brought. `notes` are new, in order, and to be applied now; `acked` says what the other end took from us.
 *
 * - `Applied`: fine (`notes` may be empty).
 * - `Gap`: something before it is missing; it was dropped and the next `flush` asks for it again.
 * - `Old`: of another session or an earlier incarnation; dropped.
 * - `Newer`: of a later incarnation; dropped: begin a fresh session with it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Received {
  readonly _tag: "Applied" | "Gap" | "Old" | "Newer"
  readonly notes: ReadonlyArray<Note>
  readonly ack: number
  readonly acked: Acked
}

/**
 * Notes of ours that the other end has: their number, weight, and the weight of those that make new work.
 *
 * @since 0.1.0
 * @category models
 */
export interface Acked {
  readonly count: number
  readonly bytes: number
  readonly work: number
}

interface Kept {
  readonly note: Note | Piece
  readonly bytes: number
  /** All of it, where this is the last piece. */
  readonly whole?: Note
}

/**
 * One end of a session. Written by this module's functions alone.
 *
 * @since 0.1.0
 * @category models
 */
export interface Link {
  readonly self: PeerId | "scheduler"
  readonly session: string
  readonly incarnation: Incarnation
  /** Bytes that may be on their way unacknowledged; more wait here. */
  readonly window: number
  /** Bytes at which a frame is cut. */
  readonly frameMax: number
  /** Bytes at which a note is cut into pieces. */
  readonly noteMax: number
  kept: Array<Kept>
  /** Index in `kept` of the oldest unacknowledged note: the array is compacted now and then. */
  start: number
  base: number
  sent: number
  next: number
  bytes: number
  flying: number
  work: number
  received: number
  /** Of a note that has not come yet. */
  pieces: Array<Piece>
  /** The last acknowledgement put into a frame. */
  said: number
  gap: boolean
}

const none: Acked = { count: 0, bytes: 0, work: 0 }

/**
 * A fresh end of a session. `window` defaults to 4 MiB, `frameMax` to 1 MiB, `noteMax` to 256 KiB.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: {
  readonly self: PeerId | "scheduler"
  readonly session: string
  readonly incarnation?: Incarnation | undefined
  readonly window?: number | undefined
  readonly frameMax?: number | undefined
  readonly noteMax?: number | undefined
}): Link => ({
  self: options.self,
  session: options.session,
  incarnation: options.incarnation ?? 0,
  window: options.window ?? 4 * 1024 * 1024,
  frameMax: options.frameMax ?? 1024 * 1024,
  noteMax: options.noteMax ?? 256 * 1024,
  kept: [],
  start: 0,
  base: 0,
  sent: 0,
  next: 1,
  bytes: 0,
  flying: 0,
  work: 0,
  received: 0,
  pieces: [],
  said: 0,
  gap: false
})

const at = (link: Link, number: number): Kept => link.kept[link.start + number - link.base - 1]!

/**
 * Takes notes to be sent, in this order. All or none: where one is too large, the answer says which, and nothing was
 * taken.
 *
 * @since 0.1.0
 * @category combinators
 */
export const push = (link: Link, notes: ReadonlyArray<Note>): TooLarge | undefined => {
  for (const note of notes) {
    const refused = tooLarge(note)
    if (refused !== undefined) return refused
  }
  for (const whole of notes) {
    const parts = cut(whole, link.noteMax)
    for (const { bytes, note } of parts) {
      link.kept.push(note === whole || note._tag === "Piece" ? { note, bytes } : { note, bytes, whole })
      link.bytes += bytes
      if (isWorkOf(note)) link.work += bytes
    }
    link.next += parts.length
  }
  return undefined
}

/**
 * The next frame to put on the wire, or `undefined` when there is nothing to say or the window is full. Call it again
 * until it answers `undefined`, or once per turn of the wire: what gathers meanwhile makes the next frame larger.
 *
 * @since 0.1.0
 * @category combinators
 */
export const flush = (link: Link): Frame | undefined => {
  const notes: Array<Note | Piece> = []
  const first = link.sent + 1
  let bytes = 0
  while (link.sent + 1 < link.next) {
    const kept = at(link, link.sent + 1)
    // A note larger than the window, or than a frame, still goes, alone: held back it would wait for ever.
    if (notes.length > 0 && bytes + kept.bytes > link.frameMax) break
    if (link.flying > 0 && link.flying + kept.bytes > link.window) break
    notes.push(kept.note)
    bytes += kept.bytes
    link.flying += kept.bytes
    link.sent += 1
  }
  if (notes.length === 0 && link.said === link.received && !link.gap) return undefined
  const frame: Frame = { session: link.session, incarnation: link.incarnation, first, notes, ack: link.received }
  link.said = link.received
  if (!link.gap) return frame
  link.gap = false
  return { ...frame, again: true }
}

/** Forgets what the other end has, up to this number. */
const acknowledge = (link: Link, number: number): Acked => {
  if (number <= link.base) return none
  let count = 0
  let bytes = 0
  let work = 0
  while (link.base < number) {
    const kept = link.kept[link.start]!
    link.kept[link.start] = undefined as never // lets go of the note before the array is compacted
    link.start += 1
    link.base += 1
    if (link.base <= link.sent) link.flying -= kept.bytes
    count += 1
    bytes += kept.bytes
    if (isWorkOf(kept.note)) work += kept.bytes
  }
  link.bytes -= bytes
  link.work -= work
  if (link.sent < link.base) link.sent = link.base
  if (link.start > 1024 && link.start * 2 > link.kept.length) {
    link.kept = link.kept.slice(link.start)
    link.start = 0
  }
  return { count, bytes, work }
}

/** Whatever was sent and not acknowledged is to be sent again. */
const rewind = (link: Link): void => {
  link.sent = link.base
  link.flying = 0
}

/** What is whole by now; pieces of what is not wait for the rest of it. */
const joined = (link: Link, fresh: ReadonlyArray<Note | Piece>): ReadonlyArray<Note> => {
  if (link.pieces.length === 0 && !fresh.some(isPiece)) return fresh as ReadonlyArray<Note> // no piece is among them
  const notes: Array<Note> = []
  for (const note of fresh) {
    if (note._tag === "Piece") link.pieces.push(note)
    else {
      notes.push(link.pieces.length === 0 ? note : join(link.pieces, note))
      link.pieces = []
    }
  }
  return notes
}

const isPiece = (note: Note | Piece): boolean => note._tag === "Piece"

/**
 * Takes a frame from the wire.
 *
 * @since 0.1.0
 * @category combinators
 */
export const receive = (link: Link, frame: Frame): Received => {
  const dropped = (tag: Received["_tag"]): Received => ({ _tag: tag, notes: [], ack: link.received, acked: none })
  if (frame.incarnation > link.incarnation) return dropped("Newer")
  if (frame.incarnation < link.incarnation || frame.session !== link.session) return dropped("Old")
  // An acknowledgement of what was never numbered belongs to another life of this session.
  if (frame.ack >= link.next) return dropped("Old")
  const acked = acknowledge(link, frame.ack)
  if (frame.again === true && frame.ack >= link.base) rewind(link)
  if (frame.first > link.received + 1) {
    link.gap = true
    return { _tag: "Gap", notes: [], ack: link.received, acked }
  }
  const known = link.received + 1 - frame.first
  if (known >= frame.notes.length) {
    // A duplicate: its sender may not have seen the acknowledgement, so say it again.
    if (frame.notes.length > 0) link.said = -1
    return { _tag: "Applied", notes: [], ack: link.received, acked }
  }
  const fresh = known === 0 ? frame.notes : frame.notes.slice(known)
  link.received += fresh.length
  return { _tag: "Applied", notes: joined(link, fresh), ack: link.received, acked }
}

/**
 * What to say first on a new connection.
 *
 * @since 0.1.0
 * @category combinators
 */
export const hello = (link: Link): Hello => ({
  session: link.session,
  incarnation: link.incarnation,
  received: link.received
})

/**
 * Goes on after a reconnect from the other end's `hello`: the frames to send now, or `undefined` when this session cannot
 * go on (another session or incarnation, or numbers that do not fit) and a fresh one must begin.
 *
 * @since 0.1.0
 * @category combinators
 */
export const resume = (
  link: Link,
  peer: Hello
): { readonly frames: ReadonlyArray<Frame>; readonly acked: Acked } | undefined => {
  if (peer.session !== link.session || peer.incarnation !== link.incarnation) return undefined
  if (peer.received < link.base || peer.received >= link.next) return undefined
  const acked = acknowledge(link, peer.received)
  rewind(link)
  link.gap = false
  const frames: Array<Frame> = []
  for (let frame = flush(link); frame !== undefined; frame = flush(link)) frames.push(frame)
  return { frames, acked }
}

/**
 * The notes that were pushed and not acknowledged, oldest first: the other end may or may not have applied them.
 *
 * @since 0.1.0
 * @category getters
 */
export const unacked = (link: Link): ReadonlyArray<Note> => {
  const notes: Array<Note> = []
  for (let i = link.start; i < link.kept.length; i++) {
    const { note, whole } = link.kept[i]!
    // Of a note that travels in pieces nothing was applied before the last of them.
    if (note._tag !== "Piece") notes.push(whole ?? note)
  }
  return notes
}

/**
 * What is wrong with this link, by invariant: empty when nothing is.
 *
 * @since 0.1.0
 * @category checks
 */
export const check = (link: Link): ReadonlyArray<string> => {
  const wrong: Array<string> = []
  const kept = link.kept.slice(link.start)
  if (kept.length !== link.next - 1 - link.base) {
    wrong.push(`L1: ${kept.length} kept between ${link.base} and ${link.next}`)
  }
  if (link.sent < link.base || link.sent >= link.next) {
    wrong.push(`L2: base ${link.base}, sent ${link.sent}, next ${link.next}`)
  }
  const sum = (some: ReadonlyArray<Kept>): number => some.reduce((total, one) => total + one.bytes, 0)
  const bytes = sum(kept)
  const flying = sum(kept.slice(0, link.sent - link.base))
  const work = sum(kept.filter((one) => isWorkOf(one.note)))
  if (bytes !== link.bytes || flying !== link.flying || work !== link.work) {
    wrong.push(`L3: ${link.bytes}/${link.flying}/${link.work} bytes counted, ${bytes}/${flying}/${work} there`)
  }
  if (link.said > link.received) wrong.push(`L4: acknowledged ${link.said}, received ${link.received}`)
  return wrong
}
