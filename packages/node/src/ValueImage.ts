/**
 * A value as it stands in a file and travels on a wire: a header that says how many bytes there are and how they are to
 * add up, and behind it the bytes as they are.
 *
 * ```
 * magic  parts  (length, shared) of each part  checksum of each block  checksum of the header │ head  buffer  buffer ...
 * u32    u32     u64     u8                     u32                     u32                    │ blocks of 1 MiB
 * ```
 *
 * Each block has a checksum of its own (CRC-32: against accidents, not against forgers), so that what is broken is found
 * before it is used, and only that much is read again. The header is the digest of all: two images with the same header
 * are the same value.
 *
 * @since 0.1.0
 */
import * as Payload from "@creel/core/Payload"
import { createHash } from "node:crypto"
import { Readable } from "node:stream"
import { crc32 } from "./internal/crc32.js"

/**
 * Bytes under one checksum.
 *
 * @since 0.1.0
 * @category constants
 */
export const blockBytes = 1024 * 1024

const magic = 0x494c4543 // "CELI"

/** Bytes that are added up before others have their turn. */
const turn = 16 * 1024 * 1024

/** Of the header, before its tables. */
const startBytes = 8

const rowBytes = 9

/**
 * What is not the image of a value, or no longer the one that was written. `from`: the first byte that is not known to be
 * right; all before it are.
 *
 * @since 0.1.0
 * @category errors
 */
export class Torn extends Error {
  constructor(readonly detail: string, readonly from: number) {
    super(detail)
  }
}

/**
 * An image, ready to be written: `header`, then `parts`, `bytes` in all. `digest`: of the header, and so of all.
 *
 * @since 0.1.0
 * @category models
 */
export interface Image {
  readonly header: Uint8Array
  readonly parts: ReadonlyArray<Uint8Array>
  readonly bytes: number
  readonly digest: string
}

/**
 * What an image is, told by its header alone.
 *
 * @since 0.1.0
 * @category models
 */
export interface Layout {
  /** Of the whole image. */
  readonly bytes: number
  readonly headerBytes: number
  readonly lengths: ReadonlyArray<number>
  readonly shared: ReadonlyArray<boolean>
  /** Of each block behind the header. */
  readonly checksums: Uint32Array
  readonly digest: string
}

const isShared = (memory: ArrayBufferLike): boolean =>
  typeof SharedArrayBuffer !== "undefined" && memory instanceof SharedArrayBuffer

const digestOf = (header: Uint8Array): string => createHash("sha256").update(header).digest("hex").slice(0, 32)

const headerBytesOf = (parts: number, body: number): number =>
  startBytes + rowBytes * parts + 4 * Math.ceil(body / blockBytes) + 4

const checksums = async (parts: ReadonlyArray<Uint8Array>): Promise<ReadonlyArray<number>> => {
  const out: Array<number> = []
  let crc = 0
  let filled = 0
  let done = 0
  for (const part of parts) {
    for (let at = 0; at < part.byteLength;) {
      const some = part.subarray(at, at + blockBytes - filled)
      crc = crc32(some, crc)
      at += some.byteLength
      filled += some.byteLength
      if (filled < blockBytes) continue
      out.push(crc)
      crc = filled = 0
      done += blockBytes
      if (done % turn === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  if (filled > 0) out.push(crc)
  return out
}

/** Adding up takes a look at every byte: it is done once for a payload of many that is read often. */
const made = new WeakMap<Payload.Long, Promise<Image>>()

/**
 * The image of a payload, without a copy of its bytes. A payload that was changed afterwards is torn for whoever reads the
 * image.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (payload: Payload.Payload): Promise<Image> => {
  if (Payload.isShort(payload)) return build(payload)
  let image = made.get(payload)
  if (image === undefined) {
    image = build(payload)
    made.set(payload, image)
  }
  return image
}

const build = async (payload: Payload.Payload): Promise<Image> => {
  const parts = Payload.parts(payload)
  const body = parts.reduce((sum, part) => sum + part.byteLength, 0)
  const header = Buffer.alloc(headerBytesOf(parts.length, body))
  let at = header.writeUInt32LE(magic, 0)
  at = header.writeUInt32LE(parts.length, at)
  for (const part of parts) {
    at = header.writeBigUInt64LE(BigInt(part.byteLength), at)
    at = header.writeUInt8(isShared(part.buffer) ? 1 : 0, at)
  }
  for (const crc of await checksums(parts)) at = header.writeUInt32LE(crc, at)
  header.writeUInt32LE(crc32(header.subarray(0, at), 0), at)
  return { header, parts, bytes: header.byteLength + body, digest: digestOf(header) }
}

/** Parts up to this many bytes go together into one piece. */
const small = 16 * 1024

/**
 * The bytes of an image from one of them on, in pieces of at most a block; small parts that follow each other are one.
 *
 * @since 0.1.0
 * @category combinators
 */
export function* pieces(image: Image, from: number): Generator<Uint8Array> {
  let start = 0
  let together: Array<Uint8Array> = []
  let bytes = 0
  for (const part of [image.header, ...image.parts]) {
    const end = start + part.byteLength
    for (let at = Math.max(from, start); at < end; at += blockBytes) {
      const piece = part.subarray(at - start, at - start + blockBytes)
      if (piece.byteLength <= small) {
        together.push(piece)
        bytes += piece.byteLength
        if (bytes < 4 * small) continue
      }
      if (together.length > 0) yield Buffer.concat(together)
      if (piece.byteLength > small) yield piece
      together = []
      bytes = 0
    }
    start = end
  }
  if (together.length > 0) yield Buffer.concat(together)
}

const viewOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The header, once it is all there; before that, how many bytes it takes to know more. */
const parse = (header: Buffer, total: number): Layout | number => {
  if (header.byteLength < startBytes) return startBytes
  const parts = header.readUInt32LE(4)
  if (header.readUInt32LE(0) !== magic || parts < 1) throw new Torn("it is no image of a value", 0)
  const rows = startBytes + rowBytes * parts
  // Before any memory is asked for: a broken number must not ask for all there is.
  if (rows + 4 > total) throw new Torn("it is shorter than its own header", 0)
  if (header.byteLength < rows) return rows
  const lengths: Array<number> = []
  const shared: Array<boolean> = []
  let body = 0
  for (let at = startBytes; at < rows; at += rowBytes) {
    const length = Number(header.readBigUInt64LE(at))
    lengths.push(length)
    shared.push(header.readUInt8(at + 8) === 1)
    body += length
  }
  const headerBytes = headerBytesOf(parts, body)
  if (headerBytes + body !== total) throw new Torn(`it has ${total} bytes instead of ${headerBytes + body}`, 0)
  if (header.byteLength < headerBytes) return headerBytes
  const end = headerBytes - 4
  if (crc32(header.subarray(0, end), 0) !== header.readUInt32LE(end)) throw new Torn("its header is torn", 0)
  const checksums = Uint32Array.from({ length: (end - rows) / 4 }, (_, i) => header.readUInt32LE(rows + 4 * i))
  return { bytes: total, headerBytes, lengths, shared, checksums, digest: digestOf(header.subarray(0, headerBytes)) }
}

/**
 * Takes an image as it comes, in pieces of any size, and puts it straight into the memory in which the value stays. Each
 * block is checked as it ends.
 *
 * Plain code, for it is run for every piece that comes off a socket.
 *
 * @example
 * ```ts
 * import { ValueImage } from "@creel/node"
 * import { Value } from "creel"
 *
 * const copy = async (value: unknown) => {
 *   const image = await ValueImage.make(Value.encode(value))
 *   const reader = new ValueImage.Reader(image.bytes)
 *   for (const piece of ValueImage.pieces(image, 0)) reader.push(piece)
 *   return Value.decode(reader.payload())
 * }
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export class Reader {
  private header: Buffer = Buffer.alloc(0)
  private layout: Layout | undefined = undefined
  private parts: Array<Uint8Array> = []
  private at = 0
  private part = 0
  private inPart = 0
  private crc = 0

  /**
   * `total`: the bytes of the whole image. `share`: all buffers into shared memory, not only those that were.
   *
   * @since 0.1.0
   */
  constructor(readonly total: number, private readonly share: boolean = false) {}

  /**
   * The byte it waits for.
   *
   * @since 0.1.0
   */
  get offset(): number {
    return this.at
  }

  /**
   * @since 0.1.0
   */
  get done(): boolean {
    return this.layout !== undefined && this.at === this.total
  }

  /**
   * Of the header, once it is here.
   *
   * @since 0.1.0
   */
  get digest(): string | undefined {
    return this.layout?.digest
  }

  /**
   * What comes next. Throws `Torn`; then it waits again for the first byte that is not known to be right.
   *
   * @since 0.1.0
   */
  push(chunk: Uint8Array): void {
    let rest = chunk
    if (this.layout === undefined) {
      rest = this.begin(chunk)
      if (this.layout === undefined) return
    }
    while (rest.byteLength > 0) {
      if (this.at >= this.total) throw new Torn("it has more bytes than it said", this.at)
      rest = rest.subarray(this.fill(this.layout, rest))
    }
  }

  /**
   * Where the next bytes belong, up to the end of their block: whoever has a source that writes there says `took`, and pushes
   * nothing. Undefined while the header is not here yet, and when all is.
   *
   * @since 0.1.0
   */
  get space(): Uint8Array | undefined {
    if (this.layout === undefined || this.done) return undefined
    const target = this.target()
    const left = blockBytes - (this.at - this.layout.headerBytes) % blockBytes
    return target.subarray(this.inPart, this.inPart + left)
  }

  /**
   * So many bytes are where `space` said. Throws as `push` does.
   *
   * @since 0.1.0
   */
  took(bytes: number): void {
    if (this.layout === undefined) return
    this.count(this.layout, this.target().subarray(this.inPart, this.inPart + bytes))
  }

  /**
   * The value, when it is done.
   *
   * @since 0.1.0
   */
  payload(): Payload.Payload {
    if (!this.done) throw new Torn("it ends early", this.at)
    return Payload.fromParts(this.parts)
  }

  /**
   * The header is small, and comes in one piece or two.
   *
   * @internal
   */
  private begin(chunk: Uint8Array): Uint8Array {
    const all = this.header.byteLength > 0 ? Buffer.concat([this.header, chunk]) : viewOf(chunk)
    const layout = parse(all, this.total)
    if (typeof layout === "number") {
      // A copy: whoever brought it may use its memory again.
      this.header = Buffer.from(all)
      this.at = all.byteLength
      return chunk
    }
    this.layout = layout
    this.parts = layout.lengths.map((length, i) =>
      new Uint8Array(this.memory(length, i > 0 && (this.share || layout.shared[i] === true)))
    )
    this.header = Buffer.alloc(0)
    this.at = layout.headerBytes
    return all.subarray(layout.headerBytes)
  }

  /** @internal */
  private memory(length: number, shared: boolean): ArrayBuffer | SharedArrayBuffer {
    return shared && typeof SharedArrayBuffer !== "undefined" ? new SharedArrayBuffer(length) : new ArrayBuffer(length)
  }

  /**
   * As much as belongs into one part and one block.
   *
   * @internal
   */
  private fill(layout: Layout, chunk: Uint8Array): number {
    const target = this.target()
    const left = Math.min(target.byteLength - this.inPart, blockBytes - (this.at - layout.headerBytes) % blockBytes)
    const some = chunk.byteLength <= left ? chunk : chunk.subarray(0, left)
    target.set(some, this.inPart)
    this.count(layout, some)
    return some.byteLength
  }

  /**
   * The part that is not full yet.
   *
   * @internal
   */
  private target(): Uint8Array {
    let target = this.parts[this.part]!
    while (this.inPart === target.byteLength) {
      target = this.parts[++this.part]!
      this.inPart = 0
    }
    return target
  }

  /** @internal */
  private count(layout: Layout, some: Uint8Array): void {
    this.crc = crc32(some, this.crc)
    this.inPart += some.byteLength
    this.at += some.byteLength
    const end = this.at - layout.headerBytes
    if (end % blockBytes === 0 || this.at === layout.bytes) this.endBlock(layout, Math.ceil(end / blockBytes) - 1)
  }

  /** @internal */
  private endBlock(layout: Layout, block: number): void {
    const right = this.crc === layout.checksums[block]
    this.crc = 0
    if (right) return
    this.rewind(layout, block * blockBytes)
    throw new Torn(`block ${block} has another checksum`, this.at)
  }

  /** @internal */
  private rewind(layout: Layout, inBody: number): void {
    this.at = layout.headerBytes + inBody
    this.part = 0
    this.inPart = inBody
    while (this.part < this.parts.length - 1 && this.inPart >= this.parts[this.part]!.byteLength) {
      this.inPart -= this.parts[this.part]!.byteLength
      this.part++
    }
  }
}

/**
 * Where the bytes of an image can be had: from memory, or from a file.
 *
 * @since 0.1.0
 * @category models
 */
export interface Source {
  readonly bytes: number
  readonly digest: string
  /** The bytes from one of them on. */
  readonly stream: (from: number) => Readable
}

/**
 * An image as a source. Its pieces go out as they are, without a copy.
 *
 * @since 0.1.0
 * @category constructors
 */
export const source = (image: Image): Source => ({
  bytes: image.bytes,
  digest: image.digest,
  stream: (from) => {
    const rest = pieces(image, from)
    return new Readable({
      highWaterMark: blockBytes,
      read() {
        const { value } = rest.next()
        this.push(value ?? null)
      }
    })
  }
})
