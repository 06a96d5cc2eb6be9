import { assert, describe, it } from "@effect/vitest"
import { walk } from "./walk.js"

const seeds = Number(process.env.WALK_SEEDS ?? 60)
const from = Number(process.env.WALK_FROM ?? 0)

describe("random walks", () => {
  it(`every invariant holds after every step, wanted keys settle, and nothing is left (${seeds} seeds)`, () => {
    for (let seed = from; seed < from + seeds; seed++) {
      try {
        walk(seed)
      } catch (error) {
        throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
      }
    }
    assert.isTrue(true)
  }, 600_000)
})
