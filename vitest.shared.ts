import * as path from "node:path"
import { fileURLToPath } from "node:url"
import type { UserConfig } from "vitest/config"

const root = path.dirname(fileURLToPath(import.meta.url))

const src = (name: string): string => path.join(root, "packages", name, "src")

/** Sibling packages resolve to their sources, so an in-process test can never run a stale build. */
const alias = [
  ...["core", "actor", "collections", "node", "cluster", "dashboard", "cli", "testkit"].flatMap((name) => [
    { find: new RegExp(`^@creel/${name}$`), replacement: `${src(name)}/index.ts` },
    { find: new RegExp(`^@creel/${name}/(.*)$`), replacement: `${src(name)}/$1.ts` }
  ]),
  { find: /^creel$/, replacement: `${src("creel")}/index.ts` },
  { find: /^creel\/(.*)$/, replacement: `${src("creel")}/$1.ts` }
]

const config: UserConfig = {
  esbuild: { target: "es2022" },
  resolve: { alias },
  test: {
    // In one process, and what is loaded is loaded once: vitest.config.ts.
    pool: "threads",
    include: ["test/**/*.test.ts"],
    setupFiles: [path.join(root, "vitest.turn.ts")],
    // A test that hangs fails by this; a busy machine may be slow for a while.
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
}

export default config
