import type { TestProject } from "vitest/node"
import { build } from "./scripts/build.mjs"

const once = globalThis as { creelBuild?: { readonly problem: string | undefined } }

const mustBuild = (): void => {
  const problem = build({ quiet: true })
  if (problem !== undefined) throw new Error(`the sources do not compile, so no test of dist may run:\n${problem}`)
}

/** Several projects ask for a build in one run: the first one's answer serves all. */
export default function setup(project: TestProject): void {
  once.creelBuild ??= { problem: build({ quiet: true }) }
  if (once.creelBuild.problem !== undefined) {
    throw new Error(`the sources do not compile, so no test of dist may run:\n${once.creelBuild.problem}`)
  }
  project.onTestsRerun(async () => mustBuild())
}
