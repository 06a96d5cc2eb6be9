// Jobs that do nothing through executors on threads, without scheduler or worker: what the conversation itself costs.
// Run by `npm run bench`, after a build; beside it, the bare round trip of the same machine at the same time.
import * as ThreadExecutors from "@creel/node/ThreadExecutors"
import { Effect } from "effect"
import { once } from "node:events"
import { Worker } from "node:worker_threads"

const worker = { id: "w-1", name: "w" }
const fake = new URL("../test/fixtures/fakeWorker.mjs", import.meta.url)
const head = new Uint8Array([1, 2, 3])
const job = (attempt) => ({
  key: `k-${attempt}`,
  attempt,
  task: "echo",
  group: "echo",
  args: { head, buffers: [] },
  inputs: [],
  failures: 0,
  outward: undefined,
  deadline: undefined
})

const bare = async (times) => {
  const thread = new Worker(
    `require("node:worker_threads").parentPort.on("message", function(m) { this.postMessage(m) })`,
    {
      eval: true
    }
  )
  const message = [job(1)]
  const trip = () => {
    const answer = once(thread, "message")
    thread.postMessage(message)
    return answer
  }
  for (let i = 0; i < 500; i++) await trip()
  const since = performance.now()
  for (let i = 0; i < times; i++) await trip()
  const micros = (performance.now() - since) / times * 1000
  await thread.terminate()
  return micros
}

const program = Effect.gen(function*() {
  const executors = yield* ThreadExecutors.make({ count: 2, worker, spawn: () => new Worker(fake) })
  let ended = 0
  let wanted = 0
  let done = () => {}
  yield* executors.start((event) => {
    if (event._tag === "Ended" && ++ended === wanted) done()
  })
  yield* executors.ready
  const names = ["w/thread-1.1", "w/thread-2.1"]
  let attempt = 0
  const flood = (jobs, spread) =>
    Effect.async((resume) => {
      ended = 0
      wanted = jobs
      done = () => resume(Effect.void)
      for (let i = 0; i < jobs; i++) executors.run(names[i % spread], job(attempt++))
    })
  for (let i = 0; i < 1000; i++) yield* flood(1, 1)
  for (let round = 1; round <= 5; round++) {
    let since = performance.now()
    const trips = 2000
    for (let i = 0; i < trips; i++) yield* flood(1, 1)
    const micros = (performance.now() - since) / trips * 1000
    const jobs = 20000
    since = performance.now()
    yield* flood(jobs, 2)
    const perSecond = jobs / (performance.now() - since) * 1000
    since = performance.now()
    for (let i = 0; i < 400; i++) yield* flood(50, 2)
    const batches = 20000 / (performance.now() - since) * 1000
    const raw = yield* Effect.promise(() => bare(2000))
    console.log(
      `${round}: round trip ${micros.toFixed(0)} µs (bare ${raw.toFixed(0)} µs), ` +
        `${perSecond.toFixed(0)} jobs/s at once, ${batches.toFixed(0)} jobs/s by fifties`
    )
  }
})

await Effect.runPromise(Effect.scoped(program))
