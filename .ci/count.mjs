// Reads what report.mjs wrote and says how the tests went.
//
//   count.mjs again <report>                        the files in which something failed, one a line
//   count.mjs sum <report> <code> [<report> <code>] "<passed> <failed>", and writes failed.txt and flaky.txt beside the report
//
// The second report is that of the failed files alone. A test that fails in both has failed. One that failed once is flaky:
// it counts as passed, and is named; so is an error outside of any test that does not come again. What nobody can repeat (a
// run that ended badly without naming a file, a run that was killed) has failed.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

const [command, ...rest] = process.argv.slice(2)

const head = (said) => said.split("\n").slice(0, 12).map((line) => `    ${line.slice(0, 300)}`).join("\n")

/** A killed run may leave half a line at the end. */
const parse = (report) =>
  (existsSync(report) ? readFileSync(report, "utf8") : "").split("\n").slice(0, -1).map((line) => JSON.parse(line))

/** The tests of a file by names of their own: two may be called the same. */
const distinct = (tests) => {
  const seen = new Map()
  return tests.map((test) => {
    const count = (seen.get(test.name) ?? 0) + 1
    seen.set(test.name, count)
    return count === 1 ? test : { ...test, name: `${test.name} (${count})` }
  })
}

const read = (report, code) => {
  const lines = parse(report)
  const ended = lines.find((line) => line.end)
  const files = new Map(
    lines.filter((line) => line.file !== undefined).map(({ file, tests }) => [file, distinct(tests)])
  )
  const broken = (ended?.unhandled ?? []).map(({ file, said }) => ({
    file,
    name: `an error outside of any test, while ${file ?? "something"} ran`,
    said
  }))
  const missing = (lines.find((line) => line.start)?.start ?? []).filter((file) => !files.has(file))
  if (ended === undefined) {
    const where = lines.length === 0 ? "vitest never started" : `not finished:\n${missing.join("\n")}`
    broken.push({ name: `the run was cut short (exit code ${code})`, said: where })
  } else if (code !== "0" && broken.length === 0 && !Array.from(files.values()).flat().some(failed)) {
    broken.push({ name: `vitest ended with ${code} and named no test`, said: "" })
  }
  return { broken, ended: ended !== undefined, files }
}

const failed = (test) => test.state === "failed"

/** How each test of a file went, over both runs: what is in one run only has passed or failed there. */
const merge = (once, again) => {
  if (again === undefined) return once
  const second = new Map(again.map((test) => [test.name, test]))
  const lost = again.some((test) => failed(test) && test.name === "the file itself")
  const tests = once.map((test) => {
    const other = second.get(test.name)
    second.delete(test.name)
    if (failed(test)) return (other === undefined ? lost : failed(other)) ? test : { ...test, state: "flaky" }
    return other !== undefined && failed(other)
      ? { ...other, state: "flaky" }
      : test.state === "passed"
      ? test
      : other ?? test
  })
  return [...tests, ...second.values()]
}

const commands = {
  again: (report) => {
    const { broken, ended, files } = read(report, "0")
    for (const [file, tests] of files) {
      if (ended && (tests.some(failed) || broken.some((error) => error.file === file))) console.log(file)
    }
  },
  sum: (report, code, secondReport, secondCode) => {
    const first = read(report, code)
    const second = secondReport === undefined ? { broken: [], files: new Map() } : read(secondReport, secondCode)
    const told = { passed: 0, failed: [], flaky: [] }
    for (const [file, once] of first.files) {
      for (const test of merge(once, second.files.get(file))) {
        const own = test.name === "the file itself" || test.name.includes(" (a hook)")
        if (test.state === "passed" || (test.state === "flaky" && !own)) told.passed++
        if (test.state === "failed" || test.state === "flaky") {
          told[test.state].push({ ...test, name: `${file} > ${test.name}` })
        }
      }
    }
    told.failed.push(...second.broken)
    for (const error of first.broken) {
      if (second.broken.some((other) => error.name === other.name)) continue
      told[second.files.has(error.file) ? "flaky" : "failed"].push(error)
    }
    const dir = dirname(report)
    for (const kind of ["failed", "flaky"]) {
      const names = told[kind].map((test) => `${kind}: ${test.name}\n`)
      // all names before all messages: the beginning is what is read
      const messages = told[kind].map((test) => `${test.name}\n${head(test.said)}\n`)
      writeFileSync(join(dir, `${kind}.txt`), names.join(""))
      writeFileSync(join(dir, `${kind}-said.txt`), messages.join(""))
    }
    console.log(`${told.passed} ${told.failed.length}`)
  }
}

commands[command](...rest)
