import * as os from "node:os"
import { defineConfig } from "vitest/config"

const cores = Math.max(2, Math.min(os.availableParallelism(), 8))

// What concerns the run as a whole; vitest.workspace.ts names the projects, which choose between two pools. Tests within one
// process are quick, and loading the sources takes longer than running them: their files follow each other in threads that
// have them loaded. Tests that start threads and processes have a process for each file, and wait more than they compute.
export default defineConfig({
  test: {
    poolOptions: {
      threads: { isolate: false, minThreads: 1, maxThreads: cores / 2 },
      forks: { minForks: 1, maxForks: cores }
    }
  }
})
