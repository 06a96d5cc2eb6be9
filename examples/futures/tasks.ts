// The notebook's toy functions, as tasks. This file is imported by the program, to name the work, and by every worker,
// to do it: so it imports nothing of the program.
import { Bag } from "@creel/collections"
import { Task } from "creel"
import { Effect } from "effect"

/** What `--fast` divides every duration by; threads inherit the program's environment. */
const speedup = Number(process.env["LESSON_SPEEDUP"] ?? 1)

const sleep = (seconds: number) => Effect.sleep(`${Math.round(seconds * 1000 / speedup)} millis`)

// The sleeps stand for work that keeps a core busy, so each takes a slot of its own. Without this line, 32 of them would
// share one thread: a fiber that only waits needs no core.
const busy = { slots: "cpu" } as const

export const inc = Task.make("inc", (x: number) => Effect.as(sleep(5), x + 1), busy)

export const dec = Task.make("dec", (x: number) => Effect.as(sleep(3), x - 1), busy)

export const add = Task.make("add", (x: number, y: number) => Effect.as(sleep(7), x + y), busy)

/** What bags are computed by: workers take the tasks of a group that their module exports. */
export const bags = Bag.tasks

export type Point = readonly [x: number, y: number]

/** A function with an interesting minimum: 0, at (1, 1), at the bottom of a long curved valley. */
export const rosenbrock = Task.make(
  "rosenbrock",
  (point: Point) =>
    Effect.gen(function*() {
      yield* sleep(0.1)
      const [x, y] = point
      const score = (1 - x) ** 2 + 2 * (y - x ** 2) ** 2
      return { point, score }
    }),
  busy
)
