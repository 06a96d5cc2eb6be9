import { fileURLToPath } from "node:url"
import { mergeConfig, type UserConfigExport } from "vitest/config"
import { bundled } from "../../vitest.bundled.js"

const file = (name: string): URL => new URL(name, import.meta.url)

const config: UserConfigExport = {
  test: {
    name: "@creel/cluster",
    globalSetup: [fileURLToPath(file("test/fixtures/postgresSetup.ts"))],
    // A thread or process loads all of Effect before its first job, which on a busy machine takes a while.
    testTimeout: 300_000
  }
}

export default mergeConfig(bundled(file("test/fixtures/programsSetup.ts"), file(".tmp/programs/")), config)
