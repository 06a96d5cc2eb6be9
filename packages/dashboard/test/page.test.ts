/** The page, read as a person reads it. */
import { NodeCluster } from "@creel/node"
import { assert, describe, it } from "@effect/vitest"
import * as Client from "creel/Client"
import * as Cluster from "creel/Cluster"
import type * as Door from "creel/Door"
import * as LocalCluster from "creel/LocalCluster"
import * as Task from "creel/Task"
import * as TaskGroup from "creel/TaskGroup"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll } from "vitest"
import * as Dashboard from "../src/Dashboard.js"
import type { App } from "../src/page/app.js"
import { browser as start, openPage } from "./utils/browser.js"
import { batch, glance, worker } from "./utils/glances.js"
import { dashboard } from "./utils/stand.js"

const pid = Task.sync("pid", (): number => 0)
const inc = Task.make("inc", (x: number) => Effect.as(Effect.yieldNow(), x + 1))
const slow = Task.make("slow", (x: number) => Effect.as(Effect.never, x))
const broken = Task.make("broken", (x: number) =>
  Effect.sync((): number => {
    throw new Error(`<b>no ${x}</b> can be had`)
  }))

/** The page's own name for itself. */
type InPage = typeof globalThis & { readonly creel: App }

const scope = Effect.runSync(Scope.make())
let browser: Browser
beforeAll(async () => {
  browser = await Effect.runPromise(Scope.extend(start, scope))
})
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const cluster = LocalCluster.layer({ tasks: TaskGroup.make(inc, slow, broken), workers: 2, slots: 2 })

/** A cluster, its dashboard, and a page that looks on. */
const lookingAt = Effect.fnUntraced(function*<R, E>(cluster: Layer.Layer<R | Door.Door | Cluster.Cluster, E>) {
  const context = yield* Layer.build(
    Dashboard.layer({ port: 0, token: "t", every: 50 }).pipe(Layer.provideMerge(cluster))
  )
  const { page, problems } = yield* openPage(browser)
  const { link, url } = Context.get(context, Dashboard.Dashboard)
  yield* Effect.promise(() => page.goto(Redacted.value(link)))
  yield* Effect.promise(() => page.waitForSelector("text=live"))
  return { context, page, problems, url }
})

const looking = lookingAt(cluster)

const see = (page: Page, selector: string) => Effect.promise(() => page.waitForSelector(selector))

const tile = (name: string) => `.tile:has(.name:text-is("${name}"))`

/** Moves over the task stream until something is explained. */
const hover = async (page: Page): Promise<string> => {
  const box = await page.locator(".stream canvas").boundingBox()
  assert.isNotNull(box)
  for (;;) {
    for (let y = 6; y < 60; y += 8) {
      for (let x = box!.width - 4; x > 140; x -= 6) {
        await page.mouse.move(box!.x + x, box!.y + y)
        const tip = page.locator(".tip")
        if (await tip.isVisible()) return (await tip.innerText()).replace(/\s+/g, " ")
      }
    }
  }
}

describe("the page", () => {
  it.scopedLive("opens by its link, and shows work as it is done", () =>
    Effect.gen(function*() {
      const { context, page, problems, url } = yield* looking
      assert.strictEqual(page.url(), url)
      yield* see(page, `${tile("Workers")} .value:text-is("2")`)
      yield* see(page, "text=No task has been submitted yet.")
      yield* Effect.gen(function*() {
        const futures = yield* Client.map(inc, Array.from({ length: 40 }, (_, n) => n))
        yield* see(page, `.progress:has-text("inc") .num:text-is("40 / 40")`)
        yield* see(page, `${tile("Done")} .value:text-is("40")`)
        assert.strictEqual(futures.length, 40)
        const says = yield* Effect.promise(async () => {
          await page.keyboard.press("0")
          await page.keyboard.press("Space")
          return hover(page)
        })
        assert.match(says, /inc what ran, done key inc-\S+ took [\d.]+ (ms|s)/)
        assert.match(says, /on worker-\d/)
        yield* Effect.promise(() => page.mouse.down())
        yield* Effect.promise(() => page.mouse.up())
        yield* see(page, ".pill:text-is(\"done\")")
        yield* see(page, ".story .event b:text-is(\"stored\")")
      }).pipe(Effect.scoped, Effect.provide(context))
      assert.deepStrictEqual(problems, [])
    }))

  it.scopedLive("finds a task that failed, and its stack; what it says is text", () =>
    Effect.gen(function*() {
      const { context, page, problems } = yield* looking
      yield* Effect.gen(function*() {
        const future = yield* Client.submit(broken, 7)
        yield* Effect.exit(future)
        yield* see(page, `${tile("Failed")}[data-tone=bad] .value:text-is("1")`)
        yield* Effect.promise(() => page.keyboard.press("4"))
        yield* Effect.promise(() => page.click(".panel:has-text(\"Failed of late\") a.key"))
        const stack = yield* Effect.promise(() => page.innerText("pre.stack"))
        assert.include(stack, "<b>no 7</b> can be had")
        assert.match(stack, /page\.test\.ts:\d+/)
        yield* Effect.promise(() => page.keyboard.press("6"))
        yield* see(page, ".event[data-tone=bad] b:text-is(\"failed\")")
      }).pipe(Effect.scoped, Effect.provide(context))
      assert.deepStrictEqual(problems, [])
    }))

  it.scopedLive("tells of a worker that goes and comes, and of the scheduler's next life", () =>
    Effect.gen(function*() {
      const { context, page, problems } = yield* looking
      const cluster = Context.get(context, Cluster.Cluster)
      yield* Effect.promise(() => page.keyboard.press("2"))
      yield* see(page, "tr:has-text(\"worker-1\")")
      yield* cluster.scale(1)
      yield* see(page, "tr[data-health=gone]")
      yield* cluster.scale(2)
      yield* Effect.promise(() =>
        page.waitForFunction(() => document.querySelectorAll("tbody tr[data-health=well]").length === 2)
      )
      yield* Effect.gen(function*() {
        yield* Client.submit(slow, 1)
        yield* Effect.promise(() => page.keyboard.press("3"))
        yield* see(page, "text=1 tasks")
        yield* cluster.restartScheduler
        yield* Effect.promise(() => page.keyboard.press("6"))
        yield* see(page, ".event b:text-is(\"scheduler started again\")")
        yield* Effect.promise(() => page.keyboard.press("5"))
        yield* see(page, ".actor:has-text(\"scheduler\")")
      }).pipe(Effect.scoped, Effect.provide(context))
      assert.deepStrictEqual(problems, [])
    }))

  it.scopedLive("a worker whose process was killed turns red, and comes back", () =>
    Effect.gen(function*() {
      const { context, page, problems } = yield* lookingAt(NodeCluster.layerProcesses({
        processes: 1,
        tasks: new URL("./fixtures/tasks.mjs", import.meta.url),
        // Long enough for a page to be drawn meanwhile.
        restarts: { delay: "3 seconds" }
      }))
      yield* Effect.promise(() => page.keyboard.press("2"))
      yield* see(page, "tbody tr[data-health=well]")
      yield* Effect.gen(function*() {
        const before = yield* Client.run(pid)
        process.kill(before, "SIGKILL")
        yield* see(page, "tbody tr[data-health=down] .state:text-is(\"no executor\")")
        yield* see(page, "tbody tr[data-health=well]")
        assert.notStrictEqual(yield* Client.run(pid), before)
      }).pipe(Effect.scoped, Effect.provide(context))
      assert.deepStrictEqual(problems, [])
    }))

  it.scopedLive("comes back when the program does, where the token is the same", () =>
    Effect.gen(function*() {
      const observe = () => Effect.succeed(glance(1000))
      const first = yield* Scope.make()
      const { open, url } = yield* Scope.extend(dashboard({ observe }), first)
      const { page } = yield* openPage(browser)
      yield* Effect.promise(() => page.goto(open))
      yield* see(page, "text=live")
      yield* Scope.close(first, Exit.void)
      yield* see(page, ".banner:has-text(\"No connection\")")
      const second = yield* Scope.make()
      const port = Number(new URL(url).port)
      yield* Scope.extend(dashboard({ observe }, { port }), second)
      yield* see(page, "text=live")
      yield* Scope.close(second, Exit.void)
      yield* see(page, ".banner")
      yield* dashboard({ observe }, { port, token: "another" })
      yield* see(page, ".banner:has-text(\"another link\")")
    }))

  it.scopedLive("draws a hundred thousand rectangles, again and again", () =>
    Effect.gen(function*() {
      const now = 1_000_000
      const each = (w: number, part: number) =>
        batch(
          `w${w}`,
          now,
          Array.from({ length: 2500 }, (_, i) => ({
            key: `k-${w}-${part}-${i}`,
            start: now - 100_000 + part * 20_000 + i * 8,
            millis: 2 + (i * 7919) % 6,
            name: `task ${i % 9}`,
            end: i % 997 === 0 ? 1 : 0
          }))
        )
      const workers = Array.from({ length: 8 }, (_, w) => worker(`w${w}`))
      let turn = 0
      const observe = () =>
        Effect.sync(() => {
          const activities = turn < 5 ? workers.map((_, w) => each(w, turn)) : []
          return glance(now + 50 * turn++, { workers, activities })
        })
      const { open } = yield* dashboard({ observe }, { every: 50 })
      const { page, problems } = yield* openPage(browser)
      yield* Effect.promise(() => page.goto(open))
      yield* Effect.promise(() =>
        page.waitForFunction(() => (globalThis as InPage).creel.feed.store.rects.next === 100_000)
      )
      yield* Effect.promise(() => page.keyboard.press("0"))
      yield* Effect.promise(() =>
        page.waitForFunction(() => (globalThis as InPage).creel.stream.painted.rects === 100_000)
      )
      const times = yield* Effect.promise(() =>
        page.evaluate(() => {
          const { stream } = (globalThis as InPage).creel
          const times: Array<number> = []
          return new Promise<ReadonlyArray<number>>((resolve) => {
            const turn = () => {
              stream.zoom(times.length % 2 === 0 ? 1.01 : 1 / 1.01, 1)
              times.push(stream.painted.millis)
              if (times.length < 60) requestAnimationFrame(turn)
              else resolve(times)
            }
            requestAnimationFrame(turn)
          })
        })
      )
      const sorted = [...times].sort((a, b) => a - b)
      const at = (part: number) => sorted[Math.floor(sorted.length * part)]!.toFixed(1)
      yield* Effect.logInfo(`a picture of 100,000 rectangles took ${at(0.5)} ms (median), ${at(0.95)} ms (95 of 100)`)
      assert.strictEqual(times.length, 60)
      assert.deepStrictEqual(problems, [])
    }))

  it.scopedLive("profiles: what took long is wide, is explained, zoomed, found and saved; names are text", () =>
    Effect.gen(function*() {
      const names = ["", "hash", "<i>mine</i>", "file:///app/tasks.js", "digest", "node:crypto", "parse"]
      // all, hash, what hash calls and what that calls, parse, no task
      const tree = {
        names,
        parents: [-1, 0, 1, 2, 0, 0],
        titles: [0, 1, 2, 4, 6, 0],
        files: [0, 0, 3, 5, 0, 0],
        lines: [0, 0, 12, 7, 0, 0],
        selfs: [0, 0, 100_000, 300_000, 500_000, 100_000]
      }
      const executor = { executor: "e0", sampled: 2_000_000, idle: 1_000_000, problem: undefined }
      const late = { executor: "e1", sampled: 0, idle: 0, problem: "it is busy" }
      let asked = 0
      const { open } = yield* dashboard({
        observe: () => Effect.succeed(glance(1000)),
        profile: ({ interval, millis }) =>
          Effect.sync(() => {
            asked++
            const workers = [{ id: "a", name: "one", executors: [executor, late], problem: undefined }]
            return { at: 0, millis, interval, workers, tree }
          })
      })
      const { page, problems } = yield* openPage(browser)
      yield* Effect.promise(async () => {
        await page.goto(open)
        await page.waitForSelector("text=live")
        await page.keyboard.press("7")
        await page.waitForSelector("text=Nothing has been profiled yet.")
        await page.keyboard.press("p")
        await page.waitForSelector("text=1 executor, 5.00 s from")
        await page.waitForSelector("text=50 % idle")
        await page.waitForSelector("text=Not seen: e1: it is busy")
        const width = async (name: string) =>
          (await page.locator(`.flame [aria-label^="${name},"]`).boundingBox())!.width
        assert.closeTo(await width("parse") / await width("hash"), 500 / 400, 0.02)
        await page.hover(".flame :text-is(\"<i>mine</i>\")")
        const tip = (await page.innerText(".tip")).replace(/\s+/g, " ")
        assert.strictEqual(tip, "<i>mine</i> took 400 ms, 40 % itself 100 ms, 10 % for hash in /app/tasks.js:12")
        // Walked through by keys, zoomed, and back.
        await page.focus(".flame")
        for (const key of ["Home", "ArrowDown", "ArrowRight", "Enter"]) await page.keyboard.press(key)
        await page.waitForSelector(".flame [aria-label^=\"hash,\"].above, .flame:not(:has([aria-label^=\"parse,\"]))")
        assert.strictEqual(await page.locator(".flame [aria-label^=\"parse,\"]").count(), 0)
        await page.keyboard.press("0")
        await page.waitForSelector(".flame [aria-label^=\"parse,\"]")
        await page.keyboard.press("Escape")
        await page.keyboard.press("/")
        await page.waitForSelector("input[type=search]:focus")
        await page.keyboard.type("digest")
        await page.waitForSelector("text=1 call found, 30 % of the time.")
        assert.strictEqual(await page.locator(".flame .faint").count(), 5)
        const download = page.waitForEvent("download")
        await page.click("a:text-is(\"speedscope\")")
        assert.strictEqual((await download).suggestedFilename(), "creel.speedscope.json")
      })
      assert.strictEqual(asked, 1)
      assert.deepStrictEqual(problems, [])
    }))

  it.scopedLive("fits a small screen and a large one", () =>
    Effect.gen(function*() {
      const { context, page } = yield* looking
      yield* Effect.gen(function*() {
        yield* Effect.exit(yield* Client.submit(inc, 1))
        for (const view of ["status", "workers", "graph", "task", "actors", "events", "profile"]) {
          for (const width of [400, 4000]) {
            const over = yield* Effect.promise(async () => {
              await page.setViewportSize({ width, height: 800 })
              await page.evaluate((hash) => void (location.hash = hash), `#/${view}`)
              await page.waitForSelector(`nav a[aria-current]:text-is("${view[0]!.toUpperCase()}${view.slice(1)}")`)
              return page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
            })
            assert.isAtMost(over, 0, `${view} at ${width} pixels`)
          }
        }
      }).pipe(Effect.scoped, Effect.provide(context))
    }))

  it.scopedLive("shows workers as cards on a phone, which are sorted too", () =>
    Effect.gen(function*() {
      const { page } = yield* looking
      yield* Effect.promise(async () => {
        await page.setViewportSize({ width: 400, height: 800 })
        await page.keyboard.press("2")
        await page.waitForSelector("td:has-text(\"worker-1\")")
        const over = () =>
          [...document.querySelectorAll(".scroll, td")].filter((one) => one.scrollWidth > one.clientWidth).length
        assert.strictEqual(await page.evaluate(over), 0)
        const named = (name: string) =>
          page.locator(`td[data-name="${name}"]`).first().evaluate((cell) => getComputedStyle(cell, "::before").content)
        assert.strictEqual(await named("Values"), "\"Values\"")
        await page.click("th button:text-is(\"Worker ↑\")")
        await page.waitForSelector("th button:text-is(\"Worker ↓\")")
        assert.match(await page.locator("tbody tr").first().innerText(), /^worker-1/)
      })
    }))
})
