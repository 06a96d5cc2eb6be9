import { mergeConfig, type UserConfigExport } from "vitest/config"
import built from "../../vitest.built.js"

const config: UserConfigExport = {
  test: {
    name: "@creel/dashboard",
    // A browser unpacks and starts before its first page, which on a busy machine takes a while.
    testTimeout: 300_000,
    hookTimeout: 300_000
  }
}

export default mergeConfig(built, config)
