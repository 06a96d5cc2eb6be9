import * as Payload from "@creel/core/Payload"
import { assert, describe, it } from "@effect/vitest"
import { Reader } from "../src/codec/reader.js"
import * as Value from "../src/Value.js"

/** Whether following whatever stands in `from` one comes to one of these. */
const reaches = (from: unknown, these: ReadonlySet<unknown>, seen: Set<unknown> = new Set()): boolean => {
  if (these.has(from)) return true
  if (typeof from !== "object" || from === null || seen.has(from)) return false
  seen.add(from)
  const next = ArrayBuffer.isView(from) ? [from.buffer] : Object.values(from)
  return next.some((one) => reaches(one, these, seen))
}

describe("a reader", () => {
  it("that was closed keeps nothing of what it read, nor of where from", () => {
    const reader = new Reader(() => assert.fail("none of Effect's own"))
    const shared = { text: `\u20ac${"x".repeat(2000)}`, number: 1.5, bytes: new Uint8Array(3000) }
    for (const value of [[shared, shared], ["short", 2.5]]) {
      const payload = Value.encode(value)
      const inputs: ReadonlyArray<unknown> = [{ an: "input" }]
      const these = new Set<unknown>([payload, Payload.head(payload).buffer, ...Payload.buffers(payload), inputs[0]])
      reader.open(payload, inputs)
      assert.isTrue(reaches(reader, these))
      const read = reader.run()
      reader.close()
      assert.deepStrictEqual(read, value)
      assert.isFalse(reaches(reader, these.add(read)))
    }
  })
})
