import * as path from "node:path"
import type { TestProject } from "vitest/node"
import { build, root } from "./scripts/build.mjs"

const mustBuild = (dir: string): void => {
  const problem = build({ only: [dir], quiet: true })
  if (problem !== undefined) throw new Error(`${dir} does not compile, so no test of its dist may run:\n${problem}`)
}

/** Builds the project's workspace, and all that it refers to, before its tests; again before each run of a watch. */
export default function setup(project: TestProject): void {
  const dir = path.relative(root, project.config.root).split(path.sep).join("/")
  mustBuild(dir)
  project.onTestsRerun(async () => mustBuild(dir))
}
