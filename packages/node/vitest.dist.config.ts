import { mergeConfig, type UserConfigExport } from "vitest/config"
import built from "../../vitest.built.js"

/** What is about files: how modules are found and loaded, and where in them time goes. Threads start as those of users do. */
const config: UserConfigExport = {
  test: {
    name: "@creel/node dist",
    testTimeout: 300_000
  }
}

export default mergeConfig(
  { ...built, test: { ...built.test, include: ["test/{modules,profile,programs}.test.ts"] } },
  config
)
