/**
 * Group `tasks` on Creel, whatever the cluster: with plain functions, and with Effects.
 */
import type { Task } from "creel"
import { Client } from "creel"
import { Effect } from "effect"
import type { Work } from "../../Measure.js"
import * as Tasks from "../../tasks.js"
import { incremented, same, treeTasks } from "./sums.js"

type Inc = Task.Contract<[x: number], number>
type Add = Task.Contract<[x: number, y: number], number>

const range = (n: number): Array<number> => Array.from({ length: n }, (_, index) => index)
const total = (values: ReadonlyArray<number>): number => values.reduce((sum, value) => sum + value, 0)

const roundtrip = (inc: Inc) => (n: number) =>
  Effect.gen(function*() {
    let sum = 0
    for (let x = 0; x < n; x++) sum += yield* yield* Client.submit(inc, x)
    return sum
  })

const map = (inc: Inc) => (n: number) =>
  Effect.gen(function*() {
    const futures = yield* Client.map(inc, range(n))
    return total(yield* Client.gather(futures))
  })

const submit = (inc: Inc) => (n: number) =>
  Effect.gen(function*() {
    const futures = []
    for (let x = 0; x < n; x++) futures.push(yield* Client.submit(inc, x))
    return total(yield* Client.gather(futures))
  })

const chain = (inc: Inc) => (n: number) =>
  Effect.gen(function*() {
    let last = yield* Client.submit(inc, 0)
    for (let x = 1; x < n; x++) last = yield* Client.submit(inc, last)
    return yield* last
  })

const tree = (inc: Inc, add: Add) => (n: number) =>
  Effect.gen(function*() {
    let level = yield* Client.map(inc, range(n))
    while (level.length > 1) {
      const next = []
      for (let x = 0; x + 1 < level.length; x += 2) {
        next.push(yield* Client.submit(add, level[x]!, level[x + 1]!))
      }
      if (level.length % 2 === 1) next.push(level.at(-1)!)
      level = next
    }
    return yield* level[0]!
  })

const asCompleted = (inc: Inc) => (n: number) =>
  Effect.gen(function*() {
    let next = Math.min(10, n)
    let sum = 0
    const completed = yield* Client.asCompleted(yield* Client.map(inc, range(next)))
    for (let done = 0; done < n; done++) {
      sum += yield* yield* completed.take
      if (next < n) yield* completed.add(yield* Client.submit(inc, next++))
    }
    return sum
  })

const worksOf = (inc: Inc, add: Add, variant: string | undefined): ReadonlyArray<Work<Client.Client>> => [
  { figure: "roundtrip", variant, run: roundtrip(inc), sum: incremented, tasks: same },
  { figure: "map", variant, run: map(inc), sum: incremented, tasks: same },
  { figure: "submit", variant, run: submit(inc), sum: incremented, tasks: same },
  { figure: "chain", variant, run: chain(inc), sum: same, tasks: same },
  { figure: "tree", variant, run: tree(inc, add), sum: incremented, tasks: treeTasks },
  { figure: "ascompleted", variant, run: asCompleted(inc), sum: incremented, tasks: same }
]

export const onCreel: ReadonlyArray<Work<Client.Client>> = [
  ...worksOf(Tasks.inc, Tasks.add, undefined),
  ...worksOf(Tasks.incEffect, Tasks.addEffect, "Effect")
]
