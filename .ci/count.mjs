// Prints "<passed> <failed>" for a vitest report, and on the error output each failed test with the head of what it said.
// A file that did not load counts as a failure, and so does a run that ended badly without naming one.
import { existsSync, readFileSync } from "node:fs"
import { relative } from "node:path"

const [report, code] = process.argv.slice(2)

const tell = (file, name, said) => {
  const head = String(said ?? "").split("\n").slice(0, 12).map((line) => `    ${line}`).join("\n")
  console.error(`failed: ${relative(process.cwd(), file)} > ${name}\n${head}`)
}

let passed = 0
let failed = 0
if (existsSync(report)) {
  const { testResults } = JSON.parse(readFileSync(report, "utf8"))
  for (const file of testResults) {
    for (const test of file.assertionResults) {
      if (test.status === "passed") passed++
      else if (test.status === "failed") {
        failed++
        tell(file.name, test.fullName, test.failureMessages?.join("\n"))
      }
    }
    const named = file.assertionResults.some((test) => test.status === "failed")
    if (file.status === "failed" && !named) {
      failed++
      tell(file.name, "the file itself", file.message)
    }
  }
}
if (code !== "0" && failed === 0) {
  failed = 1
  console.error(`failed: vitest ended with ${code} and named no test`)
}
console.log(`${passed} ${failed}`)
