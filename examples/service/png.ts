// As much of PNG as a picture with a palette needs.
import { deflateSync } from "node:zlib"

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1
  return n
})

const crc = (bytes: Uint8Array): number => {
  let sum = -1
  for (const byte of bytes) sum = table[(sum ^ byte) & 255]! ^ (sum >>> 8)
  return ~sum >>> 0
}

const uint32 = (n: number): Uint8Array => Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n)

const chunk = (type: string, data: Uint8Array): Uint8Array => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data])
  return Buffer.concat([uint32(data.length), body, uint32(crc(body))])
}

/** One byte a pixel, which is the number of its colour; three bytes a colour. */
export const encode = (pixels: Uint8Array, width: number, palette: Uint8Array): Uint8Array => {
  const height = pixels.length / width
  const lines = new Uint8Array(height * (width + 1))
  for (let y = 0; y < height; y++) lines.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1)
  return new Uint8Array(Buffer.concat([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", Uint8Array.of(...uint32(width), ...uint32(height), 8, 3, 0, 0, 0)),
    chunk("PLTE", palette),
    chunk("IDAT", deflateSync(lines)),
    chunk("IEND", new Uint8Array(0))
  ]))
}
