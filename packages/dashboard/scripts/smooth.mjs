// Whether the page keeps up: a cluster of two threads that does small tasks, its dashboard, the page in Chromium, and how long its frames
// take. Prints figures. `smooth.mjs 10000` offers so many tasks a second (the default), `smooth.mjs all` as many as there is time for: then
// cluster and browser fight for the cores, and a machine with fewer free ones than three measures itself.
import { Dashboard } from "@creel/dashboard"
import { NodeCluster } from "@creel/node"
import chromium from "@sparticuz/chromium"
import { Client, Task } from "creel"
import { Effect, Fiber, Layer, Redacted, Schedule } from "effect"
import { chromium as playwright } from "playwright-core"

const small = Task.sync("small", (x) => x + 1)
const seconds = 10

const offered = process.argv[2] === "all" ? Infinity : Number(process.argv[2] ?? 10_000)
const some = 500

const one = Effect.scoped(Effect.flatMap(Client.map(small, Array.from({ length: some }, (_, n) => n)), Client.gather))
// A schedule of fixed intervals: what was late is not made up for.
const busy = offered === Infinity ? Effect.forever(one) : Effect.schedule(one, Schedule.fixed(1000 * some / offered))

const look = async (link) => {
  const browser = await playwright.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args,
    headless: true
  })
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.goto(link)
    await page.waitForFunction(() => globalThis.creel.feed.store.rects.next > 100_000, undefined, { timeout: 120_000 })
    return await page.evaluate((seconds) =>
      new Promise((resolve) => {
        const { feed, stream } = globalThis.creel
        const [began, from, of] = [performance.now(), feed.store.rects.next, feed.store.now.computed]
        const [frames, pictures] = [[], []]
        let last = began
        const frame = (now) => {
          frames.push(now - last)
          pictures.push(stream.painted.millis)
          last = now
          if (now - began < seconds * 1000) return requestAnimationFrame(frame)
          const took = (now - began) / 1000
          const { computed, missed } = feed.store.now
          resolve({
            frames,
            pictures,
            rectangles: (feed.store.rects.next - from) / took,
            tasks: (computed - of) / took,
            missed,
            behind: feed.now - feed.store.now.now
          })
        }
        requestAnimationFrame(frame)
      }), seconds)
  } finally {
    await browser.close()
  }
}

const at = (numbers, part) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length * part)].toFixed(1)

const program = Effect.gen(function*() {
  const { link } = yield* Dashboard.Dashboard
  const fiber = yield* Effect.fork(busy)
  const { behind, frames, missed, pictures, rectangles, tasks } = yield* Effect.promise(() =>
    look(Redacted.value(link))
  )
  yield* Fiber.interrupt(fiber)
  console.log(`${Math.round(tasks)} tasks/s done, ${Math.round(rectangles)} rectangles/s shown, ${missed} missed`)
  console.log(
    `${(frames.length / seconds).toFixed(0)} frames/s: ${at(frames, 0.5)} ms between two (median), ${
      at(frames, 0.95)
    } ms (95 of 100)`
  )
  console.log(`the task stream is drawn in ${at(pictures, 0.5)} ms (median), ${at(pictures, 0.95)} ms (95 of 100)`)
  console.log(`at the end the page was ${Math.round(behind)} ms behind`)
}).pipe(
  Effect.provide(
    Dashboard.layer({ port: 0 }).pipe(
      Layer.provideMerge(NodeCluster.layerThreads({ threads: 2, tasks: new URL("./tasks.mjs", import.meta.url) }))
    )
  )
)

await Effect.runPromise(program)
process.exit(0)
