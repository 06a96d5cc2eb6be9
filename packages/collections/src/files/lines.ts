/**
 * Bytes into lines. It owns which line belongs to which block of a file, and how bytes become text; where bytes come from
 * is `reading`'s business.
 *
 * A line ends with `\n` or `\r\n`, neither of which is part of it; what stands after the last one is a line too, unless it is
 * empty. A block is bytes `[start, end)` of a file, and the lines that begin in it are its own. Let `cut(x)` be the place
 * after the first `\n` at or after `x - 1` (0 for 0; the end of the file where there is none). Then a block's lines are the bytes
 * `[cut(start), cut(end))`: blocks that touch share a cut, so each line is in exactly one, wherever their borders are.
 *
 * This is the hot path of everything that reads text: plain loops, on bytes as long as possible.
 *
 * @since 0.1.0
 */

/** Text this long still lives and dies in the young heap: 64 KiB at a time is twice as fast as 1 MiB. */
const textMax = 65_536

const newline = 10

const noBytes = new Uint8Array(0)

const concat = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  if (parts.length === 1) return parts[0]!
  let length = 0
  for (const part of parts) length += part.length
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

const withoutReturns = (lines: Array<string>): Array<string> => {
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!
    if (line.charCodeAt(line.length - 1) === 13) lines[i] = line.slice(0, -1)
  }
  return lines
}

/** Of text whose last line end has been taken off. */
const split = (text: string): Array<string> => {
  const lines = text.split("\n")
  return text.includes("\r") ? withoutReturns(lines) : lines
}

/**
 * What turns pushed bytes into lines.
 *
 * @since 0.1.0
 * @category models
 */
export interface Splitter {
  /** Nothing that follows is of the block: reading can end. */
  readonly done: boolean
  /** The lines that end in these bytes, some at a time. To be used up before the next push; the bytes may then be reused. */
  readonly push: (bytes: Uint8Array) => Iterable<Array<string>>
  /** What stands after the last line end. To be called once, when there are no more bytes and it is not done. */
  readonly end: () => Array<string>
}

/** For encodings in which byte 10 is a line end and nothing else. */
class BytesSplitter implements Splitter {
  done = false
  private carry: Array<Uint8Array> = []
  private skipping: boolean
  private first: boolean
  private position: number

  constructor(private readonly decoder: TextDecoder, start: number, private readonly stop: number) {
    this.skipping = start > 0
    this.first = start === 0
    this.position = firstByte(start)
    this.done = start >= stop
  }

  *push(bytes: Uint8Array): Generator<Array<string>, void> {
    const { position } = this
    this.position += bytes.length
    let from = 0
    if (this.done) return
    if (this.skipping) {
      const at = bytes.indexOf(newline)
      if (at < 0) return
      from = at + 1
      this.skipping = false
      if (position + at >= this.stop - 1) {
        this.done = true
        return
      }
    }
    const last = this.lastOf(bytes, from, position)
    if (last < from) {
      if (from < bytes.length) this.carry.push(bytes.slice(from))
      return
    }
    if (this.carry.length > 0) {
      const at = bytes.indexOf(newline, from)
      this.carry.push(bytes.subarray(from, at))
      yield this.linesOf(concat(this.carry))
      this.carry = []
      from = at + 1
    }
    while (from <= last) {
      const to = cutOf(bytes, from, last)
      yield this.linesOf(bytes.subarray(from, to))
      from = to + 1
    }
    if (!this.done && from < bytes.length) this.carry.push(bytes.slice(from))
  }

  end(): Array<string> {
    if (this.done || this.carry.length === 0) return []
    const text = this.textOf(concat(this.carry))
    this.carry = []
    return text === "" ? [] : [text]
  }

  /** Where the last line end is that belongs to the block. */
  private lastOf(bytes: Uint8Array, from: number, position: number): number {
    const border = this.stop - 1 - position
    if (border < bytes.length) {
      const at = bytes.indexOf(newline, Math.max(from, border))
      this.done = at >= 0
      if (at >= 0) return at
    }
    return bytes.lastIndexOf(newline)
  }

  private linesOf(bytes: Uint8Array): Array<string> {
    return split(this.textOf(bytes))
  }

  private textOf(bytes: Uint8Array): string {
    const text = this.decoder.decode(bytes)
    if (!this.first) return text
    this.first = false
    return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  }
}

/** A line end, at most `textMax` bytes on where there is one. */
const cutOf = (bytes: Uint8Array, from: number, last: number): number => {
  if (last - from <= textMax) return last
  const before = bytes.lastIndexOf(newline, from + textMax)
  return before >= from ? before : bytes.indexOf(newline, from + textMax)
}

/** For the others: all is decoded in order, so only whole files. */
class TextSplitter implements Splitter {
  readonly done = false
  private carry = ""

  constructor(private readonly decoder: TextDecoder) {}

  *push(bytes: Uint8Array): Generator<Array<string>, void> {
    for (let from = 0; from < bytes.length; from += textMax) {
      const text = this.decoder.decode(bytes.subarray(from, from + textMax), { stream: true })
      const last = text.lastIndexOf("\n")
      if (last < 0) {
        this.carry += text
        continue
      }
      const lines = split(this.carry + text.slice(0, last))
      this.carry = text.slice(last + 1)
      yield lines
    }
  }

  end(): Array<string> {
    const text = this.carry + this.decoder.decode(noBytes)
    this.carry = ""
    const lines = text.split("\n")
    const last = lines.pop()!
    withoutReturns(lines)
    return last === "" ? lines : [...lines, last]
  }
}

/**
 * The byte to begin reading at: one before the block, to see whether a line ends there.
 *
 * @since 0.1.0
 * @category utils
 */
export const firstByte = (start: number): number => Math.max(0, start - 1)

const whole: ReadonlyArray<string> = ["utf-16le", "utf-16be", "iso-2022-jp"]

/**
 * Whether files of an encoding can be read from the middle. Throws a `RangeError` for encodings that do not exist.
 *
 * @since 0.1.0
 * @category utils
 */
export const isSplittable = (encoding: string): boolean => !whole.includes(new TextDecoder(encoding).encoding)

/**
 * A splitter for the block `[start, end)`; the first byte pushed must be that at `firstByte(start)`. Bytes that are none of the
 * encoding become U+FFFD; a byte order mark at the start of a file is left out. Throws a `RangeError` for encodings that do
 * not exist.
 *
 * @since 0.1.0
 * @category constructors
 */
export const splitter = (
  options: { readonly start: number; readonly end: number; readonly encoding: string }
): Splitter =>
  isSplittable(options.encoding)
    ? new BytesSplitter(new TextDecoder(options.encoding, { ignoreBOM: true }), options.start, options.end)
    : new TextSplitter(new TextDecoder(options.encoding))

/**
 * The blocks of a file of so many bytes.
 *
 * @since 0.1.0
 * @category utils
 */
export const blocks = (
  size: number,
  blockSize: number
): ReadonlyArray<{ readonly start: number; readonly end: number }> => {
  const count = Math.max(1, Math.ceil(size / blockSize))
  // Even ones: the last is no crumb.
  const border = (n: number): number => Math.floor(size * n / count)
  return Array.from(
    { length: count },
    (_, n) => ({ start: border(n), end: n === count - 1 ? Infinity : border(n + 1) })
  )
}
