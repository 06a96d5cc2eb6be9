// Prints "<passed> <failed>" for a vitest report. A file that did not load counts as a failure, and so does a run that
// ended badly without naming one.
import { existsSync, readFileSync } from "node:fs"

const [report, code] = process.argv.slice(2)
let passed = 0
let failed = 0
if (existsSync(report)) {
  const { testResults } = JSON.parse(readFileSync(report, "utf8"))
  for (const file of testResults) {
    for (const test of file.assertionResults) {
      if (test.status === "passed") passed++
      else if (test.status === "failed") failed++
    }
    const named = file.assertionResults.some((test) => test.status === "failed")
    if (file.status === "failed" && !named) failed++
  }
}
if (code !== "0" && failed === 0) failed = 1
console.log(`${passed} ${failed}`)
