import { defineWorkspace } from "vitest/config"

export default defineWorkspace([
  "packages/*/vitest.{config,dist.config,examples.config}.ts",
  "examples/*/vitest.config.ts",
  "bench/vitest.config.ts",
  "scripts/vitest.config.ts"
])
