/** The page's own files, as they were built: read once, and small enough to stay. */
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import { DashboardError } from "../DashboardError.js"

export interface Asset {
  readonly type: string
  readonly plain: Buffer
  readonly zipped: Buffer
  readonly tag: string
}

const files = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/app.js": ["app.mjs", "text/javascript; charset=utf-8"],
  "/app.css": ["app.css", "text/css; charset=utf-8"],
  "/icon.svg": ["icon.svg", "image/svg+xml"]
} as const

export type Assets = ReadonlyMap<string, Asset>

// The same from `src` and from `dist`.
const folder = new URL("../../dist/assets/", import.meta.url)

export const load = (host: string, port: number): Effect.Effect<Assets, DashboardError> =>
  Effect.tryPromise({
    try: async () => {
      const assets = new Map<string, Asset>()
      for (const [path, [name, type]] of Object.entries(files)) {
        const plain = await readFile(new URL(name, folder))
        const tag = `"${createHash("sha256").update(plain).digest("base64url").slice(0, 20)}"`
        assets.set(path, { type, plain, zipped: await promisify(gzip)(plain, { level: 9 }), tag })
      }
      return assets
    },
    catch: (cause) =>
      new DashboardError({
        reason: "NoPage",
        host,
        port,
        detail: `the page is not in ${folder.pathname}`,
        advice: "In a checkout, build it: npm run build. A bundler must leave @creel/dashboard outside of its bundle",
        cause
      })
  })
