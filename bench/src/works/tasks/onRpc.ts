/**
 * Group `tasks` with an rpc client, as one writes it there: level by level, as many calls at once as the
 * pool takes: more of them wait for one another, and cost much more.
 */
import { Effect, Ref } from "effect"
import type { Work } from "../../Measure.js"
import { Client, concurrency } from "../../subjects/effectRpc.js"
import { incremented, same, treeTasks } from "./sums.js"

const range = (n: number): Array<number> => Array.from({ length: n }, (_, index) => index)
const total = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0)

const roundtrip = (n: number) =>
  Effect.gen(function*() {
    const client = yield* Client
    let sum = 0
    for (let x = 0; x < n; x++) sum += yield* client.inc({ x })
    return sum
  })

const map = (n: number) =>
  Effect.flatMap(
    Client,
    (client) => Effect.map(Effect.forEach(range(n), (x) => client.inc({ x }), { concurrency }), total)
  )

const chain = (n: number) =>
  Effect.gen(function*() {
    const client = yield* Client
    let x = 0
    for (let step = 0; step < n; step++) x = yield* client.inc({ x })
    return x
  })

const tree = (n: number) =>
  Effect.gen(function*() {
    const client = yield* Client
    let level = yield* Effect.forEach(range(n), (x) => client.inc({ x }), { concurrency })
    while (level.length > 1) {
      const pairs = range(level.length >> 1).map((at) => ({ x: level[2 * at]!, y: level[2 * at + 1]! }))
      const odd = level.length % 2 === 1 ? [level.at(-1)!] : []
      level = [...yield* Effect.forEach(pairs, (pair) => client.add(pair), { concurrency }), ...odd]
    }
    return level[0]!
  })

const asCompleted = (n: number) =>
  Effect.gen(function*() {
    const client = yield* Client
    const sum = yield* Ref.make(0)
    yield* Effect.forEach(
      range(n),
      (x) => Effect.flatMap(client.inc({ x }), (value) => Ref.update(sum, (found) => found + value)),
      { concurrency: 10, discard: true }
    )
    return yield* Ref.get(sum)
  })

export const onRpc: ReadonlyArray<Work<Client>> = [
  { figure: "roundtrip", run: roundtrip, sum: incremented, tasks: same },
  { figure: "map", run: map, sum: incremented, tasks: same },
  { figure: "submit", run: map, sum: incremented, tasks: same },
  { figure: "chain", run: chain, sum: same, tasks: same },
  { figure: "tree", run: tree, sum: incremented, tasks: treeTasks },
  { figure: "ascompleted", run: asCompleted, sum: incremented, tasks: same }
]
