import * as Payload from "@creel/core/Payload"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"

const memory = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  fc.uint8Array({ minLength: Payload.shortMax - 2, maxLength: Payload.shortMax + 2 }),
  fc.uint8Array({ maxLength: 3000 })
)

const buffersOf = (bytes: ReadonlyArray<Uint8Array>): Payload.Buffers =>
  bytes.map((one, i) => {
    const buffer = i % 2 === 0 ? new ArrayBuffer(one.length) : new SharedArrayBuffer(one.length)
    new Uint8Array(buffer).set(one)
    return buffer
  })

const buffers = fc.oneof(fc.constant<Payload.Buffers>([]), fc.array(memory, { maxLength: 3 }).map(buffersOf))

describe("Payload", () => {
  it("gives back the bytes it is made of, whatever its form", () => {
    fc.assert(fc.property(memory, buffers, (head, buffers) => {
      for (const payload of [Payload.make(head, buffers), { head, buffers }]) {
        assert.deepStrictEqual([...Payload.head(payload)], [...head])
        assert.strictEqual(Payload.buffers(payload).length, buffers.length)
        buffers.forEach((buffer, i) => assert.strictEqual(Payload.buffers(payload)[i], buffer))
        assert.strictEqual(Payload.bytes(payload), head.length + buffers.reduce((sum, one) => sum + one.byteLength, 0))
        assert.strictEqual(Payload.isInline(payload), buffers.length === 0 && head.length <= Payload.inlineMax)
        assert.strictEqual(Payload.isEmpty(payload), Payload.bytes(payload) === 0)
      }
    }))
  })

  it("is short exactly where it is small and has no buffers", () => {
    fc.assert(fc.property(memory, buffers, (head, buffers) => {
      const payload = Payload.make(head, buffers)
      assert.strictEqual(Payload.isShort(payload), head.length <= Payload.shortMax && buffers.length === 0)
      assert.deepStrictEqual(Payload.make(Payload.head(payload), Payload.buffers(payload)), payload)
      if (Payload.isShort(payload)) assert.match(payload, /^[\0-\xff]*$/)
    }))
  })

  it("has memory of its own", () => {
    fc.assert(fc.property(memory, fc.nat(200), fc.boolean(), (bytes, before, pooled) => {
      const room = pooled ? Buffer.alloc(before + bytes.length + 7) : new Uint8Array(before + bytes.length + 7)
      room.set(bytes, before)
      const view = room.subarray(before, before + bytes.length)
      for (const payload of [Payload.make(view), Payload.copyOf(room, before, before + bytes.length)]) {
        view.fill(1)
        const head = Payload.head(payload)
        assert.deepStrictEqual([...head], [...bytes])
        assert.strictEqual(head.buffer.byteLength, bytes.length)
        assert.strictEqual(Object.getPrototypeOf(head), Uint8Array.prototype)
        view.set(bytes)
      }
    }))
  })

  it("is the same from its parts, also where these are views", () => {
    fc.assert(fc.property(memory, buffers, fc.boolean(), (head, buffers, views) => {
      const payload = Payload.make(head, buffers)
      const parts = Payload.parts(payload)
      const again = Payload.fromParts(
        views ? parts.map((part) => Buffer.concat([part, part]).subarray(part.length)) : parts
      )
      assert.strictEqual(Payload.isShort(again), Payload.isShort(payload))
      const plain = (payload: Payload.Payload) => Payload.parts(payload).map((part) => [...part])
      assert.deepStrictEqual(plain(again), plain(payload))
    }))
  })
})
