import * as os from "node:os"
import { defineConfig } from "vitest/config"

// What concerns the run as a whole; vitest.workspace.ts names the projects. vitest leaves one core to itself, which on a
// machine of two would run one file at a time.
export default defineConfig({
  test: {
    pool: "forks",
    minWorkers: 1,
    maxWorkers: Math.max(2, Math.min(os.availableParallelism(), 8))
  }
})
