/**
 * Group `tasks` on a pool, as one writes it there: with promises, and with values where Creel takes futures.
 */
import * as Effect from "effect/Effect"
import type { Work } from "../../Measure.js"
import type { Pool } from "../../subjects/pools.js"
import { incremented, same, treeTasks } from "./sums.js"

const range = (n: number): Array<number> => Array.from({ length: n }, (_, index) => index)
const total = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0)

const roundtrip = (pool: Pool) => async (n: number) => {
  let sum = 0
  for (let x = 0; x < n; x++) sum += await pool.inc(x)
  return sum
}

const map = (pool: Pool) => async (n: number) => total(await Promise.all(range(n).map((x) => pool.inc(x))))

const chain = (pool: Pool) => async (n: number) => {
  let last = 0
  for (let x = 0; x < n; x++) last = await pool.inc(last)
  return last
}

/** A promise stands where Creel has a future: no level waits for the whole level below it. */
const tree = (pool: Pool) => (n: number): Promise<number> => {
  let level = range(n).map((x) => pool.inc(x))
  while (level.length > 1) {
    const next: Array<Promise<number>> = []
    for (let x = 0; x + 1 < level.length; x += 2) {
      next.push(Promise.all([level[x]!, level[x + 1]!]).then((both) => pool.call<number>("add", both)))
    }
    if (level.length % 2 === 1) next.push(level.at(-1)!)
    level = next
  }
  return level[0]!
}

const asCompleted = (pool: Pool) => async (n: number) => {
  let next = 0
  let sum = 0
  const one = async () => {
    while (next < n) {
      const value = await pool.inc(next++)
      sum += value
    }
  }
  await Promise.all(range(10).map(one))
  return sum
}

export const onPool = (pool: Pool): ReadonlyArray<Work> => {
  const work = (
    figure: string,
    run: (n: number) => Promise<number>,
    sum: (n: number) => number = incremented,
    tasks: (n: number) => number = same
  ): Work => ({ figure, run: (n) => Effect.promise(() => run(n)), sum, tasks })
  return [
    work("roundtrip", roundtrip(pool)),
    work("map", map(pool)),
    work("submit", map(pool)),
    work("chain", chain(pool), same),
    work("tree", tree(pool), incremented, treeTasks),
    work("ascompleted", asCompleted(pool))
  ]
}
