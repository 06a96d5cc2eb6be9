import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { mergeConfig, type UserConfig } from "vitest/config"
import shared from "./vitest.shared.js"

const root = path.dirname(fileURLToPath(import.meta.url))

/** For projects whose tests start threads or processes: these run `dist`, so it is built first, or the run fails. */
const config: UserConfig = mergeConfig(shared, {
  test: { pool: "forks", globalSetup: [path.join(root, "vitest.build.ts")] }
})

export default config
