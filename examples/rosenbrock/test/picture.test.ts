import { assert, describe, it } from "@effect/vitest"
import { type Best, fallY, frame, render, toX, toY } from "../picture.js"

const count = (text: string, part: RegExp) => text.match(part)?.length ?? 0

describe("the picture", () => {
  const bests: Array<Best> = [{ n: 1, point: [2, 3], score: 3 }, { n: 3, point: [1, 1], score: 0 }]
  const svg = render({ points: [[2, 3], [-7, 0], [1, 1]], bests, total: 4 })

  it("has each point that is on the plane, the way of the best, and the best", () => {
    assert.strictEqual(count(svg, /class="point"/g), 2)
    assert.strictEqual(count(svg, /class="step"/g), 2)
    assert.strictEqual(count(svg, /class="best"/g), 1)
    assert.include(svg, "3 points, best 0.00e+0 at (1.0000, 1.0000)")
  })

  it("has no number that is none, also where nothing was found yet", () => {
    for (const text of [svg, render({ points: [], bests: [], total: 0 })]) {
      assert.notMatch(text, /NaN|Infinity|undefined/)
      assert.strictEqual(count(text, /<g[ >]/g), count(text, /<\/g>/g))
    }
  })

  it("puts y upwards and the worst score on top", () => {
    assert.isBelow(toY(1), toY(-1))
    assert.isAbove(toX(1), toX(-1))
    assert.strictEqual(fallY(0), frame.fall.y + frame.fall.height)
    assert.strictEqual(fallY(Infinity), frame.fall.y)
  })
})
