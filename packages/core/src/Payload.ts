/**
 * Encoded bytes, as the machines see them: sizes to count, never values to look into. How values become payloads
 * is `creel`'s business (`Value`). It owns the two forms in which bytes are held, and nobody else needs to know which it is.
 *
 * @since 0.1.0
 */
import type * as Brand from "effect/Brand"

/**
 * One encoded value: a small self-contained head, and the large buffers that stand out of band. Most are a few bytes, of
 * which a program holds very many: those are strings.
 *
 * @since 0.1.0
 * @category models
 */
export type Payload = Short | Long

/**
 * A head of at most `shortMax` bytes and no buffers: a string with a character (U+0000 to U+00FF) for each byte.
 *
 * @since 0.1.0
 * @category models
 */
export type Short = string & Brand.Brand<"creel/Payload/Short">

/**
 * A head in memory, and buffers, each its own (shared, where the encoder was asked to share) memory. A head never is a view
 * into a pool: it can be posted as it is. It may be as small as a short one's: whoever reads takes both.
 *
 * @since 0.1.0
 * @category models
 */
export interface Long {
  readonly head: Uint8Array
  readonly buffers: Buffers
}

/**
 * @since 0.1.0
 * @category models
 */
export type Buffers = ReadonlyArray<ArrayBuffer | SharedArrayBuffer>

/**
 * Up to this many bytes, without buffers, are held as a string. So many characters take less of an engine's heap than the
 * two objects of a `Uint8Array` alone (184 bytes), its memory not counted: more would fill the heap with what else stands
 * outside of it.
 *
 * @since 0.1.0
 * @category constants
 */
export const shortMax = 128

const noBuffers: Buffers = []

/** Node's, without importing anything of Node's: others have a loop. */
interface Native {
  readonly latin1Slice: (this: Uint8Array, from: number, to: number) => string
  readonly latin1Write: (this: Uint8Array, text: string, at: number, length: number) => number
}

const native = ((): Native | undefined => {
  const buffer: unknown = Reflect.get(globalThis, "Buffer")
  if (typeof buffer !== "function") return undefined
  const { latin1Slice, latin1Write } = buffer.prototype as Partial<Native>
  return latin1Slice === undefined || latin1Write === undefined ? undefined : { latin1Slice, latin1Write }
})()

/** Fewer bytes are sooner put together, or taken apart, one by one than a call to the engine's own code takes. */
const fewRead = 8
const fewWritten = 24

/**
 * The text of some bytes, a character for each.
 *
 * @since 0.1.0
 * @category conversions
 */
export const latin1 = (bytes: Uint8Array, from: number = 0, to: number = bytes.length): string => {
  if (native !== undefined && to - from > fewRead) return native.latin1Slice.call(bytes, from, to)
  let text = ""
  let at = from
  // Four at a time: each that is added makes a new string.
  for (; at + 4 <= to; at += 4) {
    text += String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!)
  }
  for (; at < to; at++) text += String.fromCharCode(bytes[at]!)
  return text
}

/**
 * Takes a text that was made of bytes, a character for each: not checked. It must not be a part cut out of a longer text,
 * which an engine keeps for as long as the part (`latin1` makes none).
 *
 * @since 0.1.0
 * @category constructors
 */
export const unsafeShort = (text: string): Short => text as Short

/**
 * The bytes from `from` to before `to` as a payload: a copy, whose memory is its own.
 *
 * @since 0.1.0
 * @category constructors
 */
export const copyOf = (bytes: Uint8Array, from: number = 0, to: number = bytes.length): Payload =>
  to - from <= shortMax
    ? unsafeShort(latin1(bytes, from, to))
    : { head: new Uint8Array(bytes.subarray(from, to)), buffers: noBuffers }

/**
 * Of a head and buffers. A head is copied if it is short, or a view of something larger: it and the buffers are not to
 * be changed afterwards.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (head: Uint8Array, buffers: Buffers = noBuffers): Payload =>
  buffers.length === 0 && head.byteLength <= shortMax
    ? copyOf(head)
    : { head: isOwn(head) ? head : new Uint8Array(head), buffers }

/** All of its memory. */
const isWhole = (bytes: Uint8Array): boolean => bytes.byteLength === bytes.buffer.byteLength

/** And nobody's kind of its own, as Node's `Buffer` is. */
const isOwn = (bytes: Uint8Array): boolean => isWhole(bytes) && Object.getPrototypeOf(bytes) === Uint8Array.prototype

/**
 * Puts a short payload's bytes where there is room for them. Answers how many they are.
 *
 * @since 0.1.0
 * @category conversions
 */
export const write = (payload: Short, into: Uint8Array): number => {
  const length = payload.length
  if (native !== undefined && length > fewWritten) return native.latin1Write.call(into, payload, 0, length)
  for (let i = 0; i < length; i++) into[i] = payload.charCodeAt(i)
  return length
}

/**
 * @since 0.1.0
 * @category guards
 */
export const isShort = (payload: Payload): payload is Short => typeof payload === "string"

/**
 * The bytes of the head: the payload's own memory, or a copy.
 *
 * @since 0.1.0
 * @category getters
 */
export const head = (payload: Payload): Uint8Array => {
  if (!isShort(payload)) return payload.head
  const bytes = new Uint8Array(payload.length)
  write(payload, bytes)
  return bytes
}

/**
 * @since 0.1.0
 * @category getters
 */
export const buffers = (payload: Payload): Buffers => isShort(payload) ? noBuffers : payload.buffers

/**
 * All bytes of a payload: the head's, and those of each buffer.
 *
 * @since 0.1.0
 * @category conversions
 */
export const parts = (payload: Payload): readonly [head: Uint8Array, ...buffers: ReadonlyArray<Uint8Array>] => [
  head(payload),
  ...buffers(payload).map((buffer) => new Uint8Array(buffer))
]

/**
 * The payload that has these `parts`: the head's memory and that of each buffer, a copy where it is shared with something else.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromParts = (parts: ReadonlyArray<Uint8Array>): Payload => {
  const [head, ...buffers] = parts
  return make(
    head ?? new Uint8Array(0),
    buffers.map((part) => isWhole(part) ? part.buffer : new Uint8Array(part).buffer)
  )
}

/**
 * How many bytes a payload holds, head and buffers together.
 *
 * @since 0.1.0
 * @category getters
 */
export const bytes = (payload: Payload): number => {
  if (isShort(payload)) return payload.length
  let total = payload.head.byteLength
  for (const buffer of payload.buffers) total += buffer.byteLength
  return total
}

/**
 * Payloads up to this many bytes (and without buffers) ride along with notes; larger ones travel by the data plane.
 *
 * @since 0.1.0
 * @category constants
 */
export const inlineMax = 1024

/**
 * Whether a payload is small enough to ride along with a note.
 *
 * @since 0.1.0
 * @category guards
 */
export const isInline = (payload: Payload): boolean =>
  isShort(payload) || (payload.buffers.length === 0 && payload.head.byteLength <= inlineMax)

/**
 * No bytes at all: no value has so few.
 *
 * @since 0.1.0
 * @category constants
 */
export const empty: Payload = unsafeShort("")

/**
 * @since 0.1.0
 * @category guards
 */
export const isEmpty = (payload: Payload): boolean => bytes(payload) === 0
