import { mergeConfig, type UserConfigExport } from "vitest/config"
import built from "../../vitest.built.js"

const config: UserConfigExport = {
  test: {
    name: "example service",
    // Each replica is a process with threads, and loads all of Effect.
    testTimeout: 600_000
  }
}

export default mergeConfig(built, config)
