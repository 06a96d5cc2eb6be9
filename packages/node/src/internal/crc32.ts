/** CRC-32 as zlib has it: its own where Node has that (20.15), which adds up some gigabytes a second; by table elsewhere. */
import * as zlib from "node:zlib"

const tables = (): ReadonlyArray<Uint32Array> => {
  const first = Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
    return c >>> 0
  })
  const out = [first]
  for (let k = 1; k < 4; k++) out.push(out[k - 1]!.map((c) => first[c & 0xff]! ^ (c >>> 8)))
  return out
}

/** Four bytes at a time. */
export const byTable = (): (bytes: Uint8Array, crc: number) => number => {
  const [t0, t1, t2, t3] = tables() as [Uint32Array, Uint32Array, Uint32Array, Uint32Array]
  return (bytes, start) => {
    let crc = ~start
    let at = 0
    for (; at + 4 <= bytes.length; at += 4) {
      crc ^= bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24
      crc = t3[crc & 0xff]! ^ t2[crc >>> 8 & 0xff]! ^ t1[crc >>> 16 & 0xff]! ^ t0[crc >>> 24]!
    }
    for (; at < bytes.length; at++) crc = crc >>> 8 ^ t0[(crc ^ bytes[at]!) & 0xff]!
    return ~crc >>> 0
  }
}

/** Of `bytes`, behind others whose checksum is `crc` (0: none). */
export const crc32: (bytes: Uint8Array, crc: number) => number = typeof zlib.crc32 === "function"
  ? zlib.crc32
  : byTable()
