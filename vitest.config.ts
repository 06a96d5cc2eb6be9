import * as os from "node:os"
import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

const cores = Math.max(2, Math.min(os.availableParallelism(), 8))

/** The files that take longest, by what they wait for: begun last, they would be waited for alone. */
const long = [
  "cluster/test/CreelCluster",
  "cluster/test/linksProcesses",
  "node/test/lives",
  "cli/test/node",
  "cluster/test/isolate",
  "node/test/NodeCluster",
  "node/test/memory",
  "cluster/test/chaos",
  "service/test/service",
  "node/test/modules"
]

class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = long.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
      return at === -1 ? long.length : at
    }
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other))
  }
}

// What concerns the run as a whole; vitest.workspace.ts names the projects, which choose between two pools. Tests within one
// process are quick, and loading the sources takes longer than running them: their files follow each other in threads that
// have them loaded. Tests that start threads and processes have a process for each file, and wait more than they compute: so
// there is one more of them than cores.
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    poolOptions: {
      threads: { isolate: false, minThreads: 1, maxThreads: cores / 2 },
      forks: { minForks: 1, maxForks: cores + 1 }
    }
  }
})
