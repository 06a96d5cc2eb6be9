import { assert, describe, it } from "@effect/vitest"
import { below, type Ring, sample } from "../contours.js"

/** By the shoelace formula; holes count negative. */
const area = (rings: ReadonlyArray<Ring>): number => {
  let twice = 0
  for (const ring of rings) {
    ring.forEach(([x, y], i) => {
      const [nextX, nextY] = ring[(i + 1) % ring.length]!
      twice += x * nextY - nextX * y
    })
  }
  return Math.abs(twice / 2)
}

describe("contours", () => {
  it("a bowl is round", () => {
    const rings = below(sample(([x, y]) => Math.hypot(x, y), -2, 2, 80), 1)
    assert.strictEqual(rings.length, 1)
    for (const [x, y] of rings[0]!) assert.closeTo(Math.hypot(x, y), 1, 0.01)
    assert.closeTo(area(rings), Math.PI, 0.02)
  })

  it("a ditch has a hole", () => {
    const rings = below(sample(([x, y]) => Math.abs(Math.hypot(x, y) - 1), -2, 2, 160), 0.5)
    assert.strictEqual(rings.length, 2)
    assert.closeTo(area(rings), Math.PI * (1.5 ** 2 - 0.5 ** 2), 0.05)
  })

  it("what goes over the border ends there", () => {
    const rings = below(sample(([x]) => x, -1, 1, 20), 0.25)
    assert.strictEqual(rings.length, 1)
    assert.closeTo(area(rings), 1.25 * 2, 1e-9)
    for (const [x, y] of rings[0]!) assert.isAtMost(Math.max(Math.abs(x), Math.abs(y)), 1)
  })

  it("nothing is below the lowest, all is below the highest", () => {
    const grid = sample(([x, y]) => x + y, -1, 1, 10)
    assert.deepStrictEqual(below(grid, -3), [])
    assert.closeTo(area(below(grid, 3)), 4, 1e-9)
  })

  it("a saddle falls into two parts, or holds together, as its middle does", () => {
    const saddle = sample(([x, y]) => x * y, -1, 1, 1)
    assert.strictEqual(below(saddle, -0.5).length, 2)
    assert.strictEqual(below(saddle, 0.5).length, 1)
  })
})
