// A reporter of vitest: one line of JSON for the start, for each file as it ends, and for the end. Written as it goes, so
// that a run that was killed still says what failed and which files it had not finished. Where: the variable CI_REPORT.
import { appendFileSync, writeFileSync } from "node:fs"
import { relative } from "node:path"

const say = (line) => appendFileSync(process.env.CI_REPORT, `${JSON.stringify(line)}\n`)

const path = (file) => relative(process.cwd(), file)

const foreign = /node_modules|\bnode:/

const messages = (errors) =>
  (errors ?? []).map(({ diff, message, stack }) => {
    const said = String(message)
    const frames = String(stack ?? "").split("\n").filter((line) => /^\s+at /.test(line) && !foreign.test(line))
    return [said, ...(diff === undefined ? [] : [diff]), ...frames].join("\n")
  }).join("\n")

/** A file or a `describe` that failed by itself, in its loading or a hook: its tests never ran. */
const ownFailure = (part, name) => {
  const errors = part.errors()
  return errors.length === 0 ? [] : [{ name, state: "failed", said: messages(errors) }]
}

export default class {
  #told = new Set()

  onTestRunStart(specifications) {
    writeFileSync(process.env.CI_REPORT, "")
    say({ start: specifications.map((specification) => path(specification.moduleId)) })
  }

  onTestModuleEnd(module) {
    this.#told.add(module.moduleId)
    const tests = Array.from(module.children.allTests(), (test) => {
      const { errors, state } = test.result()
      return { name: test.fullName, state, said: state === "failed" ? messages(errors) : "" }
    })
    const suites = Array.from(module.children.allSuites()).flatMap((suite) =>
      ownFailure(suite, `${suite.fullName} (a hook)`)
    )
    say({ file: path(module.moduleId), tests: [...ownFailure(module, "the file itself"), ...suites, ...tests] })
  }

  onTestRunEnd(modules, unhandled) {
    // a file that could not be loaded never began, and so never ended
    for (const module of modules) {
      if (!this.#told.has(module.moduleId)) this.onTestModuleEnd(module)
    }
    say({
      end: true,
      unhandled: unhandled.map((error) => ({
        file: error.VITEST_TEST_PATH === undefined ? undefined : path(error.VITEST_TEST_PATH),
        said: messages([error])
      }))
    })
  }
}
