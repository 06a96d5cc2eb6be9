import { mergeConfig, type UserConfigExport } from "vitest/config"
import built from "../../vitest.built.js"

const config: UserConfigExport = {
  test: {
    name: "@creel/node",
    // A thread or process loads all of Effect before its first job, which on a busy machine takes a while.
    testTimeout: 300_000
  }
}

export default mergeConfig(built, config)
