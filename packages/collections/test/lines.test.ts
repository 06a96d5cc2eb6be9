import * as Lines from "@creel/collections/files/lines"
import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"

/** What lines are, said in another way. */
const expected = (text: string): Array<string> => {
  const lines = (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).split(/\r?\n/)
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines
}

/** One for all, as a reader would have it. */
const buffer = new Uint8Array(1 << 20)

const read = (
  bytes: Uint8Array,
  block: { readonly start: number; readonly end: number },
  piece: (n: number) => number,
  encoding = "utf-8"
): Array<string> => {
  const splitter = Lines.splitter({ ...block, encoding })
  const lines: Array<string> = []
  for (let at = Lines.firstByte(block.start), n = 0; at < bytes.length && !splitter.done; n++) {
    const size = Math.min(piece(n), bytes.length - at)
    buffer.set(bytes.subarray(at, at + size))
    for (const some of splitter.push(buffer.subarray(0, size))) lines.push(...some)
    at += size
  }
  if (!splitter.done) lines.push(...splitter.end())
  return lines
}

const texts = FastCheck.array(
  FastCheck.oneof(
    FastCheck.constantFrom("\n", "\r\n", "\r", "\n\n", "a", "é", "日本", "😀", "\ufeff"),
    FastCheck.string({ maxLength: 8 }),
    FastCheck.fullUnicodeString({ maxLength: 5 })
  ),
  { maxLength: 40 }
).map((parts) => parts.join(""))

const sizes = FastCheck.array(FastCheck.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })

describe("lines", () => {
  it("each line is in exactly one block, wherever the borders and the pieces are", () => {
    FastCheck.assert(
      FastCheck.property(texts, FastCheck.array(FastCheck.nat(60), { maxLength: 8 }), sizes, (text, cuts, pieces) => {
        const bytes = new TextEncoder().encode(text)
        const borders = [0, ...cuts.filter((cut) => cut <= bytes.length).sort((a, b) => a - b)]
        const all = borders.flatMap((start, n) =>
          read(bytes, { start, end: borders[n + 1] ?? Infinity }, (n) => pieces[n % pieces.length]!)
        )
        assert.deepStrictEqual(all, expected(text))
      }),
      { numRuns: 1000 }
    )
  })

  it("blocks of any size cover a file", () => {
    FastCheck.assert(
      FastCheck.property(texts, FastCheck.integer({ min: 1, max: 20 }), (text, size) => {
        const bytes = new TextEncoder().encode(text)
        const blocks = Lines.blocks(bytes.length, size)
        for (const { end, start } of blocks.slice(0, -1)) assert.isAtMost(end - start, size)
        assert.deepStrictEqual(blocks.flatMap((block) => read(bytes, block, () => 7)), expected(text))
      }),
      { numRuns: 500 }
    )
  })

  it("lines longer than what is decoded at once, and files of many such pieces", () => {
    const long = "x".repeat(200_000)
    const text = `a\n${long}\nb\n${"line of text\n".repeat(50_000)}${long}`
    const bytes = new TextEncoder().encode(text)
    const all = Lines.blocks(bytes.length, 300_000).flatMap((block) => read(bytes, block, () => 100_000))
    assert.deepStrictEqual(all, expected(text))
  })

  it.each([["utf-16le", "utf16le"], ["latin1", "latin1"]] as const)("%s", (encoding, name) => {
    FastCheck.assert(
      FastCheck.property(texts, sizes, (text, pieces) => {
        const lines = name === "latin1" ? text.replace(/[^\x20-\x7e\n\r]/gu, "e") : text.replace(/^\ufeff/, "")
        const bytes = new Uint8Array(Buffer.from(lines, name))
        assert.deepStrictEqual(
          read(bytes, { start: 0, end: Infinity }, (n) => pieces[n % pieces.length]!, encoding),
          expected(lines)
        )
      }),
      { numRuns: 500 }
    )
  })

  it("says which encodings there are", () => {
    assert.isTrue(Lines.isSplittable("utf-8"))
    assert.isFalse(Lines.isSplittable("utf-16"))
    assert.throws(() => Lines.isSplittable("klingon"), RangeError)
  })
})
