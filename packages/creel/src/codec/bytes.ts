/**
 * Growing bytes, written imperatively: this is the innermost loop of everything that crosses.
 */
import * as Tag from "./tags.js"

const encoder = new TextEncoder()
const surrogate = /\p{Surrogate}/u

export class ByteWriter {
  bytes = new Uint8Array(1024)
  view = new DataView(this.bytes.buffer)
  pos = 0

  /** Makes room for `n` bytes; true when there is none to be had. */
  reserve(n: number): boolean {
    const need = this.pos + n
    if (need <= this.bytes.length) return false
    if (need > Tag.maxHead) return true
    const grown = new Uint8Array(Math.min(Tag.maxHead, Math.max(need, this.bytes.length * 2)))
    grown.set(this.bytes.subarray(0, this.pos))
    this.bytes = grown
    this.view = new DataView(grown.buffer)
    return false
  }

  /** Callers have reserved. */
  u8(n: number): void {
    this.bytes[this.pos++] = n
  }

  f64(n: number): void {
    this.view.setFloat64(this.pos, n, true)
    this.pos += 8
  }

  /** At most 10 bytes; safe integers only. */
  varint(n: number): void {
    while (n > 0x7fffffff) {
      this.bytes[this.pos++] = (n % 128) | 0x80
      n = Math.floor(n / 128)
    }
    while (n > 0x7f) {
      this.bytes[this.pos++] = (n & 0x7f) | 0x80
      n >>>= 7
    }
    this.bytes[this.pos++] = n
  }

  /** True when there is no room. */
  string(value: string): boolean {
    const length = value.length
    if (this.reserve(length * 3 + 11)) return true
    if (length < 32) {
      const start = ++this.pos
      const bytes = this.bytes
      let i = 0
      for (; i < length; i++) {
        const code = value.charCodeAt(i)
        if (code > 0x7f) break
        bytes[this.pos++] = code
      }
      if (i === length) {
        bytes[start - 1] = Tag.fixStr | length
        return false
      }
      this.pos = start - 1
    }
    if (surrogate.test(value)) this.utf16(value)
    else this.utf8(value)
    return false
  }

  private utf8(value: string): void {
    // The length goes before the bytes and is known only after them: four bytes are kept for it.
    const at = this.pos
    this.bytes[at] = Tag.Str
    const { written } = encoder.encodeInto(value, this.bytes.subarray(at + 5))
    this.view.setUint32(at + 1, written, true)
    this.pos = at + 5 + written
  }

  private utf16(value: string): void {
    this.u8(Tag.Str16)
    this.varint(value.length)
    for (let i = 0; i < value.length; i++) {
      this.view.setUint16(this.pos, value.charCodeAt(i), true)
      this.pos += 2
    }
  }

  /** True when there is no room. */
  bigint(value: bigint): boolean {
    const negative = value < 0n
    let hex = (negative ? -value : value).toString(16)
    if (hex.length % 2 === 1) hex = `0${hex}`
    const length = hex.length / 2
    if (this.reserve(length + 11)) return true
    this.u8(negative ? Tag.BigNegative : Tag.BigPositive)
    this.varint(length)
    for (let i = 0; i < length; i++) this.bytes[this.pos++] = parseInt(hex.substring(i * 2, i * 2 + 2), 16)
    return false
  }

  number(value: number): void {
    if (this.pos + 9 > this.bytes.length) this.reserve(9)
    const int = value | 0
    if (int === value && (int !== 0 || 1 / value > 0)) {
      if (int >= 0 && int < 0x80) {
        this.bytes[this.pos++] = int
        return
      }
      this.bytes[this.pos++] = Tag.Int
      this.varint(((int << 1) ^ (int >> 31)) >>> 0)
      return
    }
    this.bytes[this.pos++] = Tag.Float
    this.view.setFloat64(this.pos, value, true)
    this.pos += 8
  }

  raw(bytes: Uint8Array): boolean {
    if (this.reserve(bytes.length)) return true
    this.bytes.set(bytes, this.pos)
    this.pos += bytes.length
    return false
  }
}
