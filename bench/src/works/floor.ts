/**
 * What the pieces cost that everything here is made of: bare messages between threads, bare HTTP, bare calls and fibers,
 * a bare copy.
 */
import { Effect, Fiber } from "effect"
import { once } from "node:events"
import * as http from "node:http"
import { Worker } from "node:worker_threads"
import { settle } from "../Measure.js"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"
import { bytes, inc, look } from "../workers/functions.js"

const timed = async (work: () => unknown): Promise<number> => {
  const started = performance.now()
  await work()
  return performance.now() - started
}

const message = async (worker: Worker): Promise<any> => (await once(worker, "message"))[0]

const equal = (found: number, wanted: number): void => {
  if (found !== wanted) throw new Error(`found ${found}, not ${wanted}`)
}

const range = (n: number): Array<number> => Array.from({ length: n }, (_, index) => index)

const roundtrips = (worker: Worker, n: number) => async () => {
  for (let x = 0; x < n; x++) {
    worker.postMessage([x])
    equal((await message(worker))[0], x + 1)
  }
}

/** All there at once, in messages of `size` items, and back in as many. */
const batches = (worker: Worker, n: number, size: number) => () =>
  new Promise<void>((resolve, reject) => {
    let left = n
    const listen = (found: ReadonlyArray<number>) => {
      left -= found.length
      if (left > 0) return
      worker.off("message", listen)
      if (left === 0 && found.at(-1) === n) resolve()
      else reject(new Error(`the last of ${n} items is ${found.at(-1)}`))
    }
    worker.on("message", listen)
    for (let from = 0; from < n; from += size) worker.postMessage(range(size).map((x) => x + from))
  })

const posts = (port: number, agent: http.Agent, n: number) => async () => {
  for (let x = 0; x < n; x++) {
    const request = http.request({ port, agent, method: "POST", host: "127.0.0.1" })
    request.end(String(x))
    const [response] = (await once(request, "response")) as [http.IncomingMessage]
    let text = ""
    for await (const chunk of response) text += chunk
    equal(Number(text), x + 1)
  }
}

const calls = (n: number) => () => {
  let sum = 0
  for (let x = 0; x < n; x++) sum += inc(x)
  equal(sum, n * (n + 1) / 2)
}

const fibers = (n: number) => () =>
  Effect.runPromise(Effect.gen(function*() {
    let sum = 0
    for (let x = 0; x < n; x++) sum += yield* Fiber.join(yield* Effect.fork(Effect.succeed(inc(x))))
    equal(sum, n * (n + 1) / 2)
  }))

interface Piece {
  readonly figure: string
  readonly count: number
  readonly work: (n: number) => () => unknown
  readonly value: (n: number, millis: number) => number
}

const micros = (n: number, millis: number): number => millis / n * 1_000
const rate = (n: number, millis: number): number => n / millis * 1_000

const pieces = (worker: Worker, port: number, agent: http.Agent): ReadonlyArray<Piece> => [
  { figure: "floor-message", count: 5_000, work: (n) => roundtrips(worker, n), value: micros },
  { figure: "floor-messages", count: 100_000, work: (n) => batches(worker, n, 1), value: rate },
  { figure: "floor-batched", count: 1_000_000, work: (n) => batches(worker, n, 100), value: rate },
  { figure: "floor-http", count: 1_000, work: (n) => posts(port, agent, n), value: micros },
  { figure: "floor-calls", count: 50_000_000, work: calls, value: rate },
  { figure: "floor-fiber", count: 50_000, work: fibers, value: micros },
  {
    figure: "floor-copy",
    count: 100_000_000,
    work: (n) => {
      const from = bytes(n)
      return () => equal(look(new Uint8Array(from)), n + 9)
    },
    value: (n, millis) => n / 1e6 / millis * 1e3
  }
]

const all = async (order: Order): Promise<void> => {
  const worker = new Worker(new URL("../workers/echo.js", import.meta.url))
  const port = (await message(worker)) as number
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  for (const { count, figure, value, work } of pieces(worker, port, agent)) {
    const until = performance.now() + order.warmup
    while (performance.now() < until) await timed(work(count / 10))
    for (let n = 0; n < order.repeats; n++) {
      await Effect.runPromise(settle)
      const ready = work(count)
      emit({ figure, value: value(count, await timed(ready)) })
    }
  }
  agent.destroy()
  await worker.terminate()
}

export const run = (order: Order): Effect.Effect<void, unknown> => Effect.tryPromise(() => all(order))
