/** A real browser without a window: one that `CREEL_CHROMIUM` names, the one that a package brings, or a Chrome that is here. */
import chromium from "@sparticuz/chromium"
import * as Effect from "effect/Effect"
import * as process from "node:process"
import { type Browser, chromium as driver, type Page } from "playwright-core"

const args = ["--headless=shell", "--no-sandbox", "--no-zygote", "--disable-gpu", "--font-render-hinting=none"]

// The package has a browser for this platform alone.
const packaged = process.platform === "linux" && process.arch === "x64"

const launch = async (): Promise<Browser> => {
  const given = process.env["CREEL_CHROMIUM"]
  if (given !== undefined) return driver.launch({ executablePath: given, args, timeout: 240_000 })
  if (!packaged) return driver.launch({ channel: "chrome", timeout: 240_000 })
  return driver.launch({ executablePath: await chromium.executablePath(), args, timeout: 240_000 })
}

export const browser = Effect.acquireRelease(
  Effect.promise(launch),
  (browser) => Effect.promise(() => browser.close())
)

/** A page of its own; what goes wrong in it fails the test that asks `problems`. */
export const openPage = (browser: Browser, options: { readonly width?: number; readonly dark?: boolean } = {}) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const context = await browser.newContext({
        viewport: { width: options.width ?? 1280, height: 800 },
        colorScheme: options.dark === true ? "dark" : "light"
      })
      context.setDefaultTimeout(240_000)
      const page: Page = await context.newPage()
      const problems: Array<string> = []
      page.on("pageerror", (error) => problems.push(String(error.stack)))
      page.on("console", (message) => {
        if (message.type() === "error") problems.push(message.text())
      })
      return { context, page, problems }
    }),
    ({ context }) => Effect.promise(() => context.close())
  )
