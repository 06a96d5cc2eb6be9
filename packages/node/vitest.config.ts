import { mergeConfig, type UserConfigExport } from "vitest/config"
import { bundled } from "../../vitest.bundled.js"

const file = (name: string): URL => new URL(name, import.meta.url)

const config: UserConfigExport = {
  test: {
    name: "@creel/node",
    // The rest are of the other configuration beside this one.
    exclude: ["test/{modules,profile,programs}.test.ts"],
    // A thread or process loads all of Effect before its first job, which on a busy machine takes a while.
    testTimeout: 300_000
  }
}

export default mergeConfig(bundled(file("test/utils/programs.ts"), file(".tmp/programs/")), config)
