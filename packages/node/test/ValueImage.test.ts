import * as Payload from "@creel/core/Payload"
import { ValueImage } from "@creel/node"
import { assert, describe, it } from "@effect/vitest"
import { Value } from "creel"
import * as fc from "fast-check"
import * as zlib from "node:zlib"
import { byTable, crc32 } from "../src/internal/crc32.js"

const random = (bytes: number, seed: number): Uint8Array<ArrayBuffer> => {
  const out = new Uint8Array(bytes)
  let x = seed | 1
  for (let i = 0; i < bytes; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    out[i] = x
  }
  return out
}

const payloadOf = (sizes: ReadonlyArray<number>) => ({
  head: random(sizes[0] ?? 0, 1),
  buffers: sizes.slice(1).map((size, i) => {
    if (i % 2 === 0) return random(size, i + 2).buffer
    const shared = new SharedArrayBuffer(size)
    new Uint8Array(shared).set(random(size, i + 2))
    return shared
  })
})

const allOf = (image: ValueImage.Image, from = 0) => Buffer.concat([...ValueImage.pieces(image, from)])

const sameBytes = (a: ArrayBufferLike | Uint8Array, b: ArrayBufferLike | Uint8Array) => {
  const [x, y] = [a, b].map((one) => one instanceof Uint8Array ? one : new Uint8Array(one))
  assert.isTrue(Buffer.compare(x!, y!) === 0)
}

describe("the image of a value", () => {
  const sizes = fc.array(
    fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 2_500_000 }), fc.constant(1024 * 1024)),
    { minLength: 1, maxLength: 5 }
  )

  it("becomes the same value, whatever the pieces it comes in, from wherever it is taken up again", () =>
    fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 200_000 }), fc.double({ min: 0, max: 1, noNaN: true }), async (
        sizes,
        piece,
        broken
      ) => {
        const payload = payloadOf(sizes)
        const image = await ValueImage.make(payload)
        const bytes = allOf(image)
        assert.strictEqual(bytes.byteLength, image.bytes)
        const reader = new ValueImage.Reader(image.bytes)
        const cut = Math.floor(bytes.byteLength * broken)
        for (let at = 0; at < cut; at += piece) reader.push(bytes.subarray(at, Math.min(cut, at + piece)))
        assert.strictEqual(reader.offset, cut)
        // The rest, as another would send it from there on.
        for (const some of ValueImage.pieces(image, reader.offset)) reader.push(some)
        assert.isTrue(reader.done)
        assert.strictEqual(reader.digest, image.digest)
        const read = reader.payload()
        sameBytes(Payload.head(read), payload.head)
        const buffers = Payload.buffers(read)
        assert.strictEqual(buffers.length, payload.buffers.length)
        payload.buffers.forEach((buffer, i) => {
          sameBytes(buffers[i]!, buffer)
          assert.strictEqual(buffers[i] instanceof SharedArrayBuffer, buffer instanceof SharedArrayBuffer)
        })
      }),
      { numRuns: 40 }
    ), 120_000)

  it("is put into shared memory where that is wanted", async () => {
    const image = await ValueImage.make(payloadOf([10, 100, 0]))
    const reader = new ValueImage.Reader(image.bytes, true)
    reader.push(allOf(image))
    assert.isTrue(Payload.buffers(reader.payload()).every((buffer) => buffer instanceof SharedArrayBuffer))
  })

  it("with one other byte, wherever, or of another length, is torn before it is used", async () => {
    const image = await ValueImage.make(payloadOf([100, 1_500_000, 700_000]))
    const bytes = allOf(image)
    const header = image.header.byteLength
    const places = [
      0,
      4,
      8,
      15,
      16,
      30,
      header - 5,
      header - 1,
      header,
      header + 99,
      header + 1_600_000,
      bytes.length - 1
    ]
    for (const at of places) {
      const other = Buffer.from(bytes)
      other[at]! ^= 1
      const reader = new ValueImage.Reader(other.byteLength)
      assert.throws(() => reader.push(other), ValueImage.Torn, undefined, `byte ${at}`)
    }
    for (const length of [0, 7, 8, 20, header, 1_000_000, bytes.length - 1]) {
      const reader = new ValueImage.Reader(bytes.length)
      reader.push(bytes.subarray(0, length))
      assert.isFalse(reader.done)
      assert.throws(() => reader.payload(), ValueImage.Torn)
      if (length < 8) continue
      assert.throws(() => new ValueImage.Reader(length).push(bytes.subarray(0, length)), ValueImage.Torn)
    }
    const longer = new ValueImage.Reader(bytes.length)
    assert.throws(() => longer.push(Buffer.concat([bytes, bytes.subarray(0, 1)])), ValueImage.Torn)
  })

  it("says from where it is to be read again, and goes on from there", async () => {
    const payload = payloadOf([100, 1_500_000, 1_700_000])
    const image = await ValueImage.make(payload)
    const header = image.header.byteLength
    const bytes = allOf(image)
    const other = Buffer.from(bytes)
    other[header + 2_500_000]! ^= 1
    const reader = new ValueImage.Reader(bytes.length)
    assert.throws(() => reader.push(other), ValueImage.Torn)
    assert.strictEqual(reader.offset, header + 2 * ValueImage.blockBytes)
    reader.push(bytes.subarray(reader.offset))
    sameBytes(Payload.buffers(reader.payload())[1]!, payload.buffers[1]!)
  })

  it("has one digest for one value, and another for another", async () => {
    const [a, same, b] = await Promise.all(
      [[5, 2_000_000], [5, 2_000_000], [5, 2_000_001]].map((sizes) => ValueImage.make(payloadOf(sizes)))
    )
    assert.strictEqual(a!.digest, same!.digest)
    assert.notStrictEqual(a!.digest, b!.digest)
    const value = { xs: Float64Array.of(1, 2, 3), name: "x" }
    const reader = new ValueImage.Reader((await ValueImage.make(Value.encode(value))).bytes)
    reader.push(allOf(await ValueImage.make(Value.encode(value))))
    assert.deepStrictEqual(Value.decode(reader.payload()), value)
  })
})

describe("checksums", () => {
  it("are zlib's, by table too, in any pieces", () => {
    const table = byTable()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, cut) => {
        const whole = table(bytes, 0)
        assert.strictEqual(table(bytes.subarray(cut), table(bytes.subarray(0, cut), 0)), whole)
        assert.strictEqual(crc32(bytes, 0), whole)
        assert.strictEqual(zlib.crc32(bytes), whole)
      })
    )
    assert.strictEqual(table(Buffer.from("123456789"), 0), 0xcbf43926)
  })
})
