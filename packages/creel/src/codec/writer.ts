/**
 * Values to bytes. Owns the walk over plain values, object identity and the table of buffers; the neighbour
 * `effects` writes Effect's own data types, `reader` reads all of it back.
 *
 * 1. Every object is numbered when it is met, before its children, exactly as the reader numbers it.
 * 2. `path[0..depth)` is where the writer stands; it is rendered only when something is refused.
 * 3. Nothing is stripped in silence: what cannot cross is refused. (Two things are not looked at: non-enumerable
 *    properties, and named properties on arrays.)
 *
 * Imperative on purpose: this runs for every argument and every result.
 */
import * as Payload from "@creel/core/Payload"
import { ByteWriter } from "./bytes.js"
import { isDataArray, type Kind, kindOf, NodeBuffer } from "./kinds.js"
import { describe, Refused, render, type Segment, ToItem, ToKey } from "./path.js"
import * as Tag from "./tags.js"

export interface WriteOptions {
  /** What paths begin with. */
  readonly root: string
  /** Put large buffers into shared memory. */
  readonly share: boolean
  /** Task id when the value went through a Schema of that task. */
  readonly schema: string | undefined
  /** Answers the number of the input that stands for a leaf. */
  readonly asInput: ((leaf: object) => number | undefined) | undefined
}

interface BufferEntry {
  readonly buffer: ArrayBufferLike
  /** The bytes that are seen by anything in this value. */
  from: number
  to: number
  /** The ArrayBuffer itself, not only views on it, is part of the value. */
  bare: boolean
}

const viewKinds = new Map<object, number>()
Tag.viewNames.forEach((name, index) => {
  const constructor: unknown = Reflect.get(globalThis, name)
  if (typeof constructor === "function") viewKinds.set(constructor.prototype, index)
})
if (NodeBuffer !== undefined) viewKinds.set(NodeBuffer.prototype, Tag.viewNames.indexOf("Buffer"))

/** Setting a length leaves compiled code, and these hold one or two nearly always. */
const empty = (array: Array<unknown>): void => {
  if (array.length > 16) array.length = 0
  while (array.length > 0) array.pop()
}

/** Writes one of Effect's own: the neighbour's part, given to the writer so that it need not know its neighbour. */
export type WriteEffect = (writer: Writer, value: object, kind: Kind) => void

export class Writer extends ByteWriter {
  depth = 0
  readonly path: Array<Segment> = []
  /** Above zero inside values that are never searched for inputs. */
  opaque = 0
  private options!: WriteOptions
  private readonly few: Array<object> = []
  private many: Map<object, number> | undefined
  private count = 0
  private open: Set<object> | undefined
  private readonly shapes: Array<ReadonlyArray<string>> = []
  private buffers: Map<ArrayBufferLike, number> | undefined
  private entries: Array<BufferEntry> = []

  constructor(private readonly writeEffect: WriteEffect) {
    super()
  }

  run(value: unknown, options: WriteOptions): Payload.Payload {
    this.options = options
    this.bytes[0] = Tag.version | (options.schema === undefined ? 0 : Tag.flagSchema)
    this.pos = 1
    if (options.schema !== undefined) this.text(options.schema)
    this.value(value)
    if (this.entries.length === 0) return Payload.copyOf(this.bytes, 0, this.pos)
    const buffers = this.table()
    return Payload.make(this.bytes.slice(0, this.pos), buffers)
  }

  /** Ready for the next value; large memory is not kept. */
  reset(): void {
    if (this.bytes.length > 1 << 20) {
      this.bytes = new Uint8Array(1024)
      this.view = new DataView(this.bytes.buffer)
    }
    this.depth = 0
    // What stands in the path is of the user's value, and must not be kept for longer than it.
    empty(this.path)
    this.opaque = 0
    this.count = 0
    empty(this.few)
    this.many = undefined
    this.open = undefined
    empty(this.shapes)
    if (this.entries.length > 0) {
      this.entries = []
      this.buffers = undefined
    }
  }

  refuse(found: string, value?: unknown): never {
    throw new Refused(render(this.options.root, this.path, this.depth), found, value)
  }

  value(value: unknown): void {
    switch (typeof value) {
      case "number":
        return this.number(value)
      case "string":
        if (this.string(value)) this.tooLarge()
        return
      case "boolean":
        return this.tag(value ? Tag.True : Tag.False)
      case "undefined":
        return this.tag(Tag.Undefined)
      case "bigint":
        if (this.bigint(value)) this.tooLarge()
        return
      case "object":
        return value === null ? this.tag(Tag.Null) : this.object(value)
      default:
        return this.refuse(describe(value), value)
    }
  }

  tag(tag: number): void {
    if (this.pos === this.bytes.length && this.reserve(1)) this.tooLarge()
    this.bytes[this.pos++] = tag
  }

  tagged(tag: number, n: number): void {
    if (this.reserve(12)) this.tooLarge()
    this.bytes[this.pos++] = tag
    this.varint(n)
  }

  text(value: string): void {
    if (this.string(value)) this.tooLarge()
  }

  /** Writes a child one step further in. */
  child(segment: Segment, value: unknown): void {
    this.path[this.depth++] = segment
    if (this.depth > Tag.maxDepth) this.refuse(`nesting deeper than ${Tag.maxDepth} levels`)
    this.value(value)
    this.depth--
  }

  tooLarge(): never {
    return this.refuse(`more than ${Tag.maxHead} bytes outside of buffers`)
  }

  /** True when the object was met before, and a reference to it has been written. */
  met(value: object): boolean {
    const known = this.idOf(value)
    if (known === undefined) {
      if (this.many === undefined) {
        this.few.push(value)
        if (this.few.length > 8) this.many = new Map(this.few.map((object, id) => [object, id]))
      } else this.many.set(value, this.count)
      this.count++
      return false
    }
    if (this.open?.has(value) === true) {
      this.refuse("a cycle through an immutable value (an Option, a Chunk, a HashMap, a Cause …)", value)
    }
    this.tagged(Tag.Ref, known)
    return true
  }

  private idOf(value: object): number | undefined {
    if (this.many !== undefined) return this.many.get(value)
    const id = this.few.indexOf(value)
    return id === -1 ? undefined : id
  }

  /** Marks an object that cannot be made before its children are. */
  enter(value: object): void {
    ;(this.open ??= new Set()).add(value)
    this.opaque++
  }

  leave(value: object): void {
    this.open!.delete(value)
    this.opaque--
  }

  private object(value: object): void {
    const proto: object | null = Object.getPrototypeOf(value)
    if (proto === Object.prototype || proto === null) return this.record(value as Record<string, unknown>, proto)
    if (Array.isArray(value)) return this.array(value, proto)
    if (this.options.asInput !== undefined) {
      const input = this.options.asInput(value)
      if (input !== undefined) {
        if (this.opaque > 0) this.refuse("a Future inside a value that is not searched for futures", value)
        return this.tagged(Tag.Input, input)
      }
    }
    if (proto === Map.prototype) return this.map(value as Map<unknown, unknown>)
    if (proto === Set.prototype) return this.set(value as Set<unknown>)
    if (proto === Date.prototype) return this.date(value as Date)
    if (ArrayBuffer.isView(value)) return this.arrayView(value, proto)
    if (proto === ArrayBuffer.prototype) return this.arrayBuffer(value as ArrayBuffer)
    const kind = kindOf(value, proto)
    if (kind === undefined) return this.refuse(describe(value), value)
    if (kind === "Struct") return this.struct(value as Record<string, unknown>)
    this.writeEffect(this, value, kind)
  }

  private array(value: ReadonlyArray<unknown>, proto: object): void {
    const tag = proto === Array.prototype ? Tag.ArrayTag : isDataArray(proto) ? Tag.DataArray : undefined
    if (tag === undefined) return this.refuse(describe(value), value)
    if (this.met(value)) return
    const length = value.length
    this.tagged(tag, length)
    if (length === 0) return
    const at = this.depth++
    if (at >= Tag.maxDepth) this.refuse(`nesting deeper than ${Tag.maxDepth} levels`)
    for (let i = 0; i < length; i++) {
      const element = value[i]
      if (element === undefined && !(i in value)) {
        let end = i + 1
        while (end < length && !(end in value)) end++
        this.tagged(Tag.Hole, end - i)
        i = end - 1
        continue
      }
      this.path[at] = i
      this.value(element)
    }
    this.depth--
  }

  private struct(value: Record<string, unknown>): void {
    if (this.met(value)) return
    this.tag(Tag.Struct)
    this.fields(value)
  }

  private record(value: Record<string, unknown>, proto: object | null): void {
    if (this.met(value)) return
    if (proto === null) {
      this.tag(Tag.RecordNull)
    }
    this.fields(value)
  }

  private fields(value: Record<string, unknown>): void {
    const symbols = Object.getOwnPropertySymbols(value)
    if (symbols.length > 0) this.symbols(value, symbols)
    const keys = Object.keys(value)
    const length = keys.length
    const remembered = length <= Tag.maxShapeKeys
    if (!remembered || !this.knownShape(keys)) {
      this.tagged(remembered ? Tag.ShapeNew : Tag.Record, length)
      for (let i = 0; i < length; i++) this.text(keys[i]!)
      if (remembered) this.shapes.push(keys)
    }
    const at = this.depth++
    if (at >= Tag.maxDepth) this.refuse(`nesting deeper than ${Tag.maxDepth} levels`)
    for (let i = 0; i < length; i++) {
      const key = keys[i]!
      this.path[at] = key
      this.value(value[key])
    }
    this.depth--
  }

  private knownShape(keys: ReadonlyArray<string>): boolean {
    const shapes = this.shapes
    const last = Math.max(0, shapes.length - Tag.shapesKept)
    for (let s = shapes.length - 1; s >= last; s--) {
      const shape = shapes[s]!
      if (shape.length !== keys.length) continue
      let i = 0
      while (i < keys.length && shape[i] === keys[i]) i++
      if (i < keys.length) continue
      this.tagged(Tag.Shape, s)
      return true
    }
    return false
  }

  private symbols(value: object, symbols: ReadonlyArray<symbol>): void {
    for (const symbol of symbols) {
      if (Object.prototype.propertyIsEnumerable.call(value, symbol)) {
        this.refuse(`a record with a symbol for a key (${String(symbol)})`, value)
      }
    }
  }

  private map(value: Map<unknown, unknown>): void {
    if (this.met(value)) return
    this.tagged(Tag.MapTag, value.size)
    this.opaque++
    let i = 0
    for (const [key, item] of value) {
      this.child(new ToKey(i), key)
      this.child(new ToItem(i, key), item)
      i++
    }
    this.opaque--
  }

  private set(value: Set<unknown>): void {
    if (this.met(value)) return
    this.tagged(Tag.SetTag, value.size)
    this.opaque++
    let i = 0
    for (const item of value) this.child(new ToItem(i++), item)
    this.opaque--
  }

  private date(value: Date): void {
    if (this.met(value)) return
    if (this.reserve(9)) this.tooLarge()
    this.u8(Tag.DateTag)
    this.f64(value.getTime())
  }

  private arrayBuffer(value: ArrayBuffer): void {
    if (this.met(value)) return
    const index = this.entry(value, 0, value.byteLength)
    this.entries[index]!.bare = true
    this.tagged(Tag.Buffer, index)
  }

  private arrayView(value: ArrayBufferView, proto: object): void {
    const kind = viewKinds.get(proto)
    if (kind === undefined) return this.refuse(describe(value), value)
    if (this.met(value)) return
    const index = this.entry(value.buffer, value.byteOffset, value.byteOffset + value.byteLength)
    this.tagged(Tag.View, index)
    if (this.reserve(24)) this.tooLarge()
    this.u8(kind)
    this.varint(value.byteOffset)
    this.varint(value.byteLength)
  }

  private entry(buffer: ArrayBufferLike, from: number, to: number): number {
    const known = (this.buffers ??= new Map()).get(buffer)
    if (known === undefined) {
      this.buffers.set(buffer, this.entries.length)
      return this.entries.push({ buffer, from, to, bare: false }) - 1
    }
    const entry = this.entries[known]!
    if (from < entry.from) entry.from = from
    if (to > entry.to) entry.to = to
    return known
  }

  /**
   * Only bytes that something in the value can see leave: a view on a corner of a pool takes its corner with it.
   * Offsets start at a multiple of 8, so that every kind of view stays aligned.
   */
  private table(): Array<ArrayBuffer | SharedArrayBuffer> {
    const at = this.pos
    const out: Array<ArrayBuffer | SharedArrayBuffer> = []
    if (this.reserve(12)) this.tooLarge()
    this.varint(this.entries.length)
    for (const entry of this.entries) {
      const base = entry.from - entry.from % 8
      const size = entry.to - base
      const outside = size >= Tag.outOfBand
      if (this.reserve(32 + (outside ? 0 : size))) this.tooLarge()
      this.u8((entry.bare ? 1 : 0) | (outside ? 2 : 0))
      this.varint(base)
      this.varint(size)
      const source = new Uint8Array(entry.buffer, entry.from, entry.to - entry.from)
      if (outside) {
        const memory = this.options.share && typeof SharedArrayBuffer === "function"
          ? new SharedArrayBuffer(size)
          : new ArrayBuffer(size)
        new Uint8Array(memory).set(source, entry.from - base)
        out.push(memory)
      } else {
        this.bytes.fill(0, this.pos, this.pos + entry.from - base)
        this.pos += entry.from - base
        if (this.raw(source)) this.tooLarge()
      }
    }
    if (this.reserve(4)) this.tooLarge()
    this.view.setUint32(this.pos, at, true)
    this.pos += 4
    this.bytes[0]! |= Tag.flagBuffers
    return out
  }
}
