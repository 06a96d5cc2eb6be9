/** What the tests of this folder share beside the fixture of all tests: values that workers hold, and whether any are left. */
import { Client, LocalCluster, Task, TaskGroup } from "creel"
import * as Effect from "effect/Effect"
import { forgotten, until } from "../LocalCluster.fixture.js"

const ping = Task.make("ping", () => Effect.void)

/** A cluster of fibers, with all that its layer gives: client, cluster and door. */
export const cluster = (
  options: Omit<LocalCluster.Options<never>, "tasks">,
  ...tasks: ReadonlyArray<Task.Task<any, any, any>>
) => LocalCluster.layer({ ...options, tasks: TaskGroup.make(...tasks, ping) })

/** More than a value that rides along: its bytes stay on the worker that made it. */
export const large = (n: number) => new Float64Array(500).fill(n)

/** Work that counts how often it ran, and leaves its value where it ran. */
export const counted = (name = "big") => {
  let runs = 0
  const task = Task.make(name, (n: number) => Effect.sync(() => (runs++, large(n))))
  return { task, runs: () => runs }
}

export const plus = Task.sync("plus", (a: Float64Array, b: Float64Array) => a.map((x, n) => x + b[n]!))
export const first = Task.sync("first", (a: Float64Array) => a[0]!)

/** Every key that some worker holds a value of, each once for each holder. */
export const held = Effect.map(Client.hasWhat, (what) => Object.values(what).flat())

/** Until exactly these keys have a value on a worker, each on one. */
export const holdOnly = (...keys: ReadonlyArray<string>) =>
  until(held, (found) => found.length === keys.length && keys.every((key) => found.includes(key)))

/** Until the scheduler knows none of these keys and no worker holds or runs anything. */
export const nothingLeft = (keys: Iterable<string>) =>
  Effect.forEach(keys, forgotten, { discard: true }).pipe(
    Effect.zipRight(until(Client.workers, (workers) => workers.every((one) => one.assigned === 0 && one.values === 0))),
    Effect.zipRight(holdOnly())
  )

/** What was sent before has been heard by the scheduler, since work that was sent after it is done, and gone again. */
export const roundTrip = Effect.flatMap(
  Effect.scoped(Effect.gen(function*() {
    const future = yield* Client.submit(ping)
    yield* Effect.orDie(future)
    return future.key
  })),
  (key) => forgotten(key)
)

/** So many workers, and no more: what others held is gone. */
export const shrink = (count: number) =>
  Client.scale(count, { within: 0 }).pipe(Effect.zipRight(until(Client.workers, (workers) => workers.length === count)))
