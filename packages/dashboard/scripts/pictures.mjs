// npm run pictures -w @creel/dashboard: the pictures of the README, of a real run, from a real browser. Run `npm run build` first.
//
//   -- --look DIR    every view at several widths, light and dark, for those who work on the page
import { Dashboard } from "@creel/dashboard"
import { NodeCluster } from "@creel/node"
import chromium from "@sparticuz/chromium"
import { Client } from "creel"
import { Effect, Layer, Redacted } from "effect"
import { mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { chromium as driver } from "playwright-core"
import { clean, fit, load, score } from "./tasks.mjs"

const look = process.argv[2] === "--look" ? process.argv[3] : undefined
const folder = look ?? fileURLToPath(new URL("../pictures/", import.meta.url))
mkdirSync(folder, { recursive: true })

/** One round of the pipeline; its futures are held until the scope closes. */
const round = (from, count) =>
  Effect.gen(function*() {
    const models = []
    for (let n = from; n < from + count; n++) {
      const rows = yield* Client.submit(load, n)
      models.push(yield* Client.submit(fit, yield* Client.submit(clean, rows, n), n))
      if (n % 6 === 5) yield* Client.submit(score, models.filter((_, i) => (i + from) % 23 !== 11).slice(-5))
    }
    return models
  })

const pages = async (link, view) => {
  const browser = await driver.launch({
    executablePath: process.env.CREEL_CHROMIUM ?? await chromium.executablePath(),
    args: ["--headless=shell", "--no-sandbox", "--no-zygote", "--disable-gpu", "--font-render-hinting=none"],
    timeout: 120_000
  })
  const page = await browser.newPage({ viewport: { width: 1360, height: 850 }, deviceScaleFactor: look ? 1 : 1.5 })
  page.setDefaultTimeout(120_000)
  page.on("pageerror", (error) => process.stderr.write(`${error.stack}\n`))
  // Where this checkout lies is nobody's concern.
  await page.route("**/api/task?*", async (route) => {
    const response = await route.fetch()
    await route.fulfill({
      response,
      body: (await response.text()).replaceAll(new URL("../../../", import.meta.url).href, "")
    })
  })
  await page.goto(link)
  await page.waitForSelector("text=live")
  return { browser, page, view }
}

const shoot = async (page, name, { hash = "status", width = 1360, height = 850, scheme = "light" } = {}) => {
  await page.emulateMedia({ colorScheme: scheme })
  await page.setViewportSize({ width, height })
  await page.evaluate((to) => void (location.hash = to), `#/${hash}`)
  await page.waitForTimeout(1500)
  await page.screenshot({ path: `${folder}/${name}.png` })
}

/** The oldest whose future somebody holds: of the first round, which is held to the end. */
const failedTask = async (page) => {
  await page.evaluate(() => void (location.hash = "#/events"))
  await page.waitForSelector(".event[data-tone=bad] a.key")
  for (const key of (await page.locator(".event[data-tone=bad] a.key").allInnerTexts()).reverse()) {
    const known = await page.evaluate(
      (key) =>
        fetch(`api/task?key=${encodeURIComponent(key)}`).then((answer) => answer.json()).then(({ view }) =>
          view?.failure !== undefined && view.inputs.length > 0
        ),
      key
    )
    if (known) return key
  }
  throw new Error("nothing that failed is held")
}

const take = async (link) => {
  const { browser, page } = await pages(link)
  await page.waitForFunction(() => globalThis.creel.feed.store.now.failed > 1, undefined, { timeout: 300_000 })
  // Half a minute of the stream fills it.
  await page.waitForFunction(() => globalThis.creel.feed.store.points.next > 26, undefined, { timeout: 300_000 })
  const key = await failedTask(page)
  const task = `task/${encodeURIComponent(key)}`
  if (look === undefined) {
    await shoot(page, "status-light")
    await shoot(page, "status-dark", { scheme: "dark" })
    await shoot(page, "task-light", { hash: task })
    await shoot(page, "graph-light", { hash: "graph" })
    await page.evaluate(() => void (location.hash = "#/profile"))
    await page.click("button:text-is(\"Profile\")")
    await page.waitForSelector(".flame .task")
    await shoot(page, "profile-light", { hash: "profile", height: 560 })
  } else {
    for (const [width, height] of [[1280, 800], [400, 820], [4000, 2000]]) {
      for (const scheme of ["light", "dark"]) {
        for (
          const hash of ["status", "workers", "workers/worker-0", "graph", "task", task, "actors", "events", "profile"]
        ) {
          if (scheme === "dark" && width !== 1280 && !["status", "graph"].includes(hash)) continue
          await shoot(page, `${hash.replace(/[^a-z0-9].*$/, hash === task ? "-one" : "-of")}-${width}-${scheme}`, {
            hash,
            width,
            height,
            scheme
          })
        }
      }
    }
  }
  await browser.close()
}

const program = Effect.gen(function*() {
  const dashboard = yield* Dashboard.Dashboard
  // The first round is held all the time, so that there is something to look at; the others come and go.
  const held = yield* round(0, 48)
  yield* Effect.forEach(held, (model) => Effect.exit(model), { discard: true })
  const working = Effect.forever(Effect.scoped(Effect.gen(function*() {
    const models = yield* round(48, 60)
    yield* Effect.forEach(models, (model) => Effect.exit(model), { discard: true })
  })))
  yield* Effect.race(working, Effect.promise(() => take(Redacted.value(dashboard.link))))
})

await program.pipe(
  Effect.scoped,
  Effect.provide(
    Dashboard.layer({ port: 0 }).pipe(
      Layer.provideMerge(
        NodeCluster.layerThreads({
          threads: 6,
          workers: 3,
          tasks: new URL("./tasks.mjs", import.meta.url),
          memory: { limit: 192 << 20 }
        })
      )
    )
  ),
  Effect.runPromise
)
