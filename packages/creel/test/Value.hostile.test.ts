import * as Payload from "@creel/core/Payload"
import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import * as FastCheck from "fast-check"
import * as Value from "../src/Value.js"
import { plain } from "./utils/values.js"

describe("hostile bytes", () => {
  /** In both forms, where there are two. */
  const decodes = (head: Uint8Array, buffers: Payload.Buffers = []): void => {
    const [long, either] = [{ head, buffers }, Payload.make(head, buffers)].map((payload) => {
      try {
        return Payload.bytes(Value.encode(Value.decode(payload)))
      } catch (error) {
        assert.instanceOf(error, Value.NotDecodable)
        return (error as Value.NotDecodable).message
      }
    })
    assert.strictEqual(long, either)
  }

  it("give a value or NotDecodable, nothing else", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array({ maxLength: 200 }), (bytes) => {
        bytes[0] = 1 | (bytes[0] ?? 0) & 0x30
        decodes(bytes)
      }),
      { numRuns: 1000 }
    )
  })

  it("give a value or NotDecodable when good bytes are cut or changed", () => {
    FastCheck.assert(
      FastCheck.property(plain, FastCheck.nat(), FastCheck.nat(255), (value, at, byte) => {
        const payload = Value.encode(value)
        const [head, buffers] = [Payload.head(payload), Payload.buffers(payload)]
        decodes(head.slice(0, at % head.length), buffers)
        const changed = head.slice()
        changed[at % head.length] = byte
        decodes(changed, buffers)
        decodes(head, buffers.slice(1))
      }),
      { numRuns: 300 }
    )
  })

  it("cannot ask for more memory than they are", () => {
    // An array, a Map, a string and a bigint that claim a billion of what follows.
    const billion = [0x80, 0x94, 0xeb, 0xdc, 0x03]
    for (const tag of [0xb1, 0xb2, 0xa7, 0xa8, 0xad, 0xaf, 0xc4, 0xc5]) {
      const result = Value.decodeEither({ head: new Uint8Array([1, tag, ...billion]), buffers: [] })
      assert(Either.isLeft(result))
    }
  })

  it("of another version are named as such", () => {
    const result = Value.decodeEither({ head: new Uint8Array([2, 0]), buffers: [] })
    assert(Either.isLeft(result))
    assert.include(result.left.message, "version 2")
  })
})

describe("hostile values", () => {
  const refusal = (value: unknown) =>
    Either.getOrThrow(Either.flip(Value.encodeEither(value, { path: "args[0]" }))) as Value.NotEncodable

  it("that throw when they are read are refused, with the place and what was thrown", () => {
    const getter = {
      get x() {
        throw new Error("no x")
      }
    }
    assert.include(refusal({ list: [1, getter] }), {
      _tag: "NotEncodable",
      path: "args[0].list[1].x",
      found: "what cannot be read (no x)"
    })
    const proxy = new Proxy({}, {
      ownKeys: () => {
        throw new Error("no keys")
      }
    })
    assert.include(refusal([proxy]).message, "no keys")
    const { proxy: revoked, revoke } = Proxy.revocable({}, {})
    revoke()
    assert.strictEqual(refusal({ revoked })._tag, "NotEncodable")
    const detached = new ArrayBuffer(1000)
    structuredClone(detached, { transfer: [detached] })
    assert.include(refusal({ detached }).message, "detached")
    // And the codec goes on.
    assert.deepStrictEqual(Value.decode(Value.encode({ a: [1] })), { a: [1] })
  })
})
