import { fileURLToPath } from "node:url"
import { mergeConfig, type UserConfigExport } from "vitest/config"
import built from "../../vitest.built.js"

const config: UserConfigExport = {
  test: {
    name: "@creel/cluster",
    globalSetup: ["postgresSetup", "programsSetup"].map((name) =>
      fileURLToPath(new URL(`./test/fixtures/${name}.ts`, import.meta.url))
    ),
    // A thread or process loads all of Effect before its first job, which on a busy machine takes a while.
    testTimeout: 300_000
  }
}

export default mergeConfig(built, config)
