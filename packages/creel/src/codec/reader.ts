/**
 * Bytes to values. The bytes may come from anyone: every count is checked against the bytes that are left, nesting is
 * bounded, and nothing is set through a setter (`__proto__` is a key like any other).
 *
 * Imperative on purpose: this runs for every argument and every result.
 */
import * as Payload from "@creel/core/Payload"
import { dataArrayPrototype, NodeBuffer, structPrototype } from "./kinds.js"
import { Unreadable } from "./path.js"
import * as Tag from "./tags.js"

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
const unset: unique symbol = Symbol("creel/codec/unset")

interface Buffers {
  readonly memory: ReadonlyArray<ArrayBufferLike>
  readonly base: ReadonlyArray<number>
}

const noBuffers: Buffers = { memory: [], base: [] }

/** Reads one of Effect's own: the neighbour's part, given to the reader so that it need not know its neighbour. */
export type ReadEffect = (reader: Reader, tag: number) => unknown

/** Emptied without a new array, unless it became large: most values are small. */
const emptied = <A>(array: Array<A>): Array<A> => {
  if (array.length > 16) return []
  while (array.length > 0) array.pop()
  return array
}

const noInputs: ReadonlyArray<unknown> = []

/** One that is not at work. Between `open` and `close` it belongs to whoever opened it. */
export class Reader {
  pos = 1
  depth = 0
  /**
   * Where the bytes of short payloads stand while they are read: what lies behind their end is of others, and nothing that is
   * read keeps a part of it.
   */
  private readonly room = new Uint8Array(Payload.shortMax)
  private readonly roomView = new DataView(this.room.buffer)
  private bytes: Uint8Array = this.room
  private end = 0
  private inputs = noInputs
  private refs: Array<unknown> = []
  // Made when first needed: most values are small, and have no use for them.
  private lazyView: DataView | undefined
  private shapes: Array<ReadonlyArray<string>> | undefined
  private buffers = noBuffers
  /** Task id when the value went through a Schema of that task. */
  schema: string | undefined

  constructor(private readonly readEffect: ReadEffect) {}

  open(payload: Payload.Payload, inputs: ReadonlyArray<unknown>): void {
    this.pos = 1
    this.depth = 0
    this.inputs = inputs
    if (Payload.isShort(payload) && payload.length <= Payload.shortMax) {
      this.bytes = this.room
      this.lazyView = this.roomView
      this.end = Payload.write(payload, this.room)
    } else {
      this.bytes = Payload.head(payload)
      this.lazyView = undefined
      this.end = this.bytes.length
    }
    if (this.end === 0) this.fail("no bytes at all")
    const flags = this.bytes[0]!
    if ((flags & 0x0f) !== Tag.version) this.fail(`format version ${flags & 0x0f}, where ${Tag.version} is understood`)
    if ((flags & Tag.flagBuffers) !== 0) this.buffers = this.table(payload)
    if ((flags & Tag.flagSchema) !== 0) this.schema = this.text()
  }

  /** Nothing of what was read is kept. One that threw is not used again. */
  close(): void {
    this.bytes = this.room
    this.lazyView = undefined
    this.inputs = noInputs
    this.refs = emptied(this.refs)
    this.shapes = undefined
    this.buffers = noBuffers
    this.schema = undefined
  }

  private get view(): DataView {
    return this.lazyView ??= new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
  }

  /** The whole value; nothing may follow it. */
  run(): unknown {
    const value = this.value()
    if (this.pos !== this.end) this.fail(`${this.end - this.pos} bytes after the end of the value`)
    return value
  }

  fail(found: string): never {
    throw new Unreadable(`${found}, at byte ${this.pos}`)
  }

  value(): unknown {
    const tag = this.u8()
    if (tag < 0x80) return tag
    if (tag <= Tag.fixStrEnd) return this.ascii(tag & 0x1f)
    switch (tag) {
      case Tag.Undefined:
        return undefined
      case Tag.Null:
        return null
      case Tag.True:
        return true
      case Tag.False:
        return false
      case Tag.Int: {
        const n = this.varint()
        return (n >>> 1) ^ -(n & 1)
      }
      case Tag.Float:
        return this.f64()
      case Tag.Str:
        return this.utf8()
      case Tag.Str16:
        return this.utf16()
      case Tag.BigPositive:
        return this.bigint()
      case Tag.BigNegative:
        return -this.bigint()
      default: {
        if (++this.depth > Tag.maxDepth * 2) this.fail("nesting too deep")
        const value = this.compound(tag)
        this.depth--
        return value
      }
    }
  }

  private compound(tag: number): unknown {
    switch (tag) {
      case Tag.ShapeNew:
      case Tag.Record:
      case Tag.Shape:
        return this.fields(tag, this.keep({}))
      case Tag.ArrayTag:
        return this.array(this.keep([]))
      case Tag.RecordNull:
        return this.fields(this.u8(), this.keep(Object.create(null)))
      case Tag.MapTag:
        return this.map()
      case Tag.SetTag:
        return this.set()
      case Tag.DateTag:
        return this.keep(new Date(this.f64()))
      case Tag.Ref:
        return this.ref()
      case Tag.Input:
        return this.input()
      case Tag.View:
        return this.keep(this.arrayView())
      case Tag.Buffer:
        return this.keep(this.memory(this.varint()))
      case Tag.Struct:
        return this.fields(this.u8(), this.keep(structOf()))
      case Tag.DataArray:
        return Object.setPrototypeOf(this.array(this.keep([])), dataArrayPrototype)
      default:
        return this.readEffect(this, tag)
    }
  }

  /** Numbers an object, as the writer has. */
  keep<A>(value: A): A {
    this.refs.push(value)
    return value
  }

  /** Numbers an object that can be made only after its children. */
  reserve(): number {
    return this.refs.push(unset) - 1
  }

  settle<A>(at: number, value: A): A {
    this.refs[at] = value
    return value
  }

  private ref(): unknown {
    const value = this.refs[this.varint()]
    if (value === undefined || value === unset) this.fail("a reference to nothing")
    return value
  }

  private input(): unknown {
    const index = this.varint()
    if (index >= this.inputs.length) this.fail(`input ${index} of ${this.inputs.length}`)
    return this.inputs[index]
  }

  private fields(tag: number, target: Record<string, unknown>): unknown {
    const keys = this.keys(tag)
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!
      if (key === "__proto__") {
        Object.defineProperty(target, key, {
          value: this.value(),
          configurable: true,
          enumerable: true,
          writable: true
        })
      } else target[key] = this.value()
    }
    return target
  }

  private keys(tag: number): ReadonlyArray<string> {
    if (tag === Tag.Shape) {
      return this.shapes?.[this.varint()] ?? this.fail("a record of unknown shape")
    }
    if (tag !== Tag.ShapeNew && tag !== Tag.Record) return this.fail("a record without keys")
    const length = this.count()
    const keys: Array<string> = []
    for (let i = 0; i < length; i++) keys.push(this.text())
    if (tag === Tag.ShapeNew) (this.shapes ??= []).push(keys)
    return keys
  }

  private array(out: Array<unknown>): Array<unknown> {
    const length = this.varint()
    if (length > 0xffffffff) this.fail("an array longer than arrays can be")
    for (let i = 0; i < length; i++) {
      if (this.bytes[this.pos] === Tag.Hole) {
        this.pos++
        const holes = this.varint()
        if (holes === 0 || holes > length - i) this.fail("holes beyond the end of an array")
        i += holes - 1
      } else out[i] = this.value()
    }
    // Holes at the end.
    if (out.length !== length) out.length = length
    return out
  }

  private map(): unknown {
    const out = this.keep(new Map<unknown, unknown>())
    const size = this.count()
    for (let i = 0; i < size; i++) out.set(this.value(), this.value())
    return out
  }

  private set(): unknown {
    const out = this.keep(new Set<unknown>())
    const size = this.count()
    for (let i = 0; i < size; i++) out.add(this.value())
    return out
  }

  private memory(index: number): ArrayBufferLike {
    return this.buffers.memory[index] ?? this.fail("a buffer that is not there")
  }

  private arrayView(): ArrayBufferView {
    const index = this.varint()
    const memory = this.memory(index)
    const name = Tag.viewNames[this.u8()]
    const offset = this.varint() - this.buffers.base[index]!
    const length = this.varint()
    if (name === undefined) return this.fail("an unknown kind of view")
    if (offset < 0 || offset + length > memory.byteLength) this.fail("a view beyond its buffer")
    if (name === "Buffer") {
      return NodeBuffer === undefined ? new Uint8Array(memory, offset, length) : NodeBuffer.from(memory, offset, length)
    }
    if (name === "DataView") return new DataView(memory, offset, length)
    const constructor = globalThis[name]
    const size = constructor.BYTES_PER_ELEMENT
    if (offset % size !== 0 || length % size !== 0) this.fail("a view that is not aligned")
    return new constructor(memory as ArrayBuffer, offset, length / size)
  }

  /** Stands at the end of the head, whose last four bytes say where. */
  private table(payload: Payload.Payload): Buffers {
    if (this.end < 6) this.fail("a table of buffers cut short")
    const at = this.view.getUint32(this.end - 4, true)
    if (at < 1 || at > this.end - 5) this.fail("a table of buffers out of place")
    const body = this.pos
    this.end -= 4
    this.pos = at
    const count = this.count()
    const memory: Array<ArrayBufferLike> = []
    const base: Array<number> = []
    const outside = Payload.buffers(payload)
    let next = 0
    for (let i = 0; i < count; i++) {
      const flags = this.u8()
      base.push(this.varint())
      const size = this.varint()
      if ((flags & 2) === 0) {
        memory.push(this.take(size).slice().buffer)
        continue
      }
      const buffer = outside[next++]
      if (buffer === undefined || buffer.byteLength !== size) {
        return this.fail("a buffer that is missing or of another size")
      }
      memory.push((flags & 1) === 0 ? buffer : unshared(buffer))
    }
    if (this.pos !== this.end) this.fail("bytes after the table of buffers")
    this.end = at
    this.pos = body
    return { memory, base }
  }

  /** A count of things of which each takes a byte at least. */
  count(): number {
    const n = this.varint()
    if (n > this.end - this.pos) this.fail("a count beyond the end")
    return n
  }

  u8(): number {
    if (this.pos >= this.end) this.fail("cut short")
    return this.bytes[this.pos++]!
  }

  f64(): number {
    if (this.pos + 8 > this.end) this.fail("cut short")
    const n = this.view.getFloat64(this.pos, true)
    this.pos += 8
    return n
  }

  varint(): number {
    let n = 0
    let scale = 1
    for (let i = 0; i < 8; i++) {
      const byte = this.u8()
      n += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (n > Number.MAX_SAFE_INTEGER) this.fail("a count too large")
        return n
      }
      scale *= 128
    }
    return this.fail("a count too large")
  }

  take(length: number): Uint8Array {
    if (length > this.end - this.pos) this.fail("cut short")
    return this.bytes.subarray(this.pos, this.pos += length)
  }

  text(): string {
    const value = this.value()
    return typeof value === "string" ? value : this.fail("no text where text belongs")
  }

  number(): number {
    const value = this.value()
    return typeof value === "number" ? value : this.fail("no number where a number belongs")
  }

  private ascii(length: number): string {
    if (this.pos + length > this.end) this.fail("cut short")
    const { bytes } = this
    let at = this.pos
    const end = this.pos += length
    let out = ""
    // Four at a time: each time that text is put together makes a string.
    for (; at + 4 <= end; at += 4) {
      out += String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!)
    }
    for (; at < end; at++) out += String.fromCharCode(bytes[at]!)
    return out
  }

  private utf8(): string {
    if (this.pos + 4 > this.end) this.fail("cut short")
    const length = this.view.getUint32(this.pos, true)
    this.pos += 4
    try {
      return decoder.decode(this.take(length))
    } catch (error) {
      if (error instanceof Unreadable) throw error
      return this.fail("text that is not UTF-8")
    }
  }

  private utf16(): string {
    const length = this.varint()
    if (length * 2 > this.end - this.pos) this.fail("cut short")
    let out = ""
    for (let i = 0; i < length; i++) {
      out += String.fromCharCode(this.view.getUint16(this.pos, true))
      this.pos += 2
    }
    return out
  }

  private bigint(): bigint {
    const bytes = this.take(this.varint())
    let hex = "0x0"
    for (let i = 0; i < bytes.length; i++) hex += bytes[i]!.toString(16).padStart(2, "0")
    return BigInt(hex)
  }
}

/** An ArrayBuffer that is itself part of the value must be one; views are content with shared memory. */
const unshared = (buffer: ArrayBufferLike): ArrayBuffer => {
  if (buffer instanceof ArrayBuffer) return buffer
  const copy = new ArrayBuffer(buffer.byteLength)
  new Uint8Array(copy).set(new Uint8Array(buffer))
  return copy
}

const structOf = (): Record<string, unknown> => Object.create(structPrototype)
