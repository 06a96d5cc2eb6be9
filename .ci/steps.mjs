// Runs what its standard input names, a line each: `<name>`, or `<name>TAB<command>`, as many side by side as there are cores (two to four):
// most of them have work for one. Each is told when it ends, with its duration and, where it failed, the end of its log below
// `folder`. The last line of `folder`/steps.txt is "<passed> <failed>".
//
//   steps.mjs <folder>
import { spawn } from "node:child_process"
import { createWriteStream, readFileSync, writeFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { join } from "node:path"

const [folder] = process.argv.slice(2)

// A step that hangs is a step that fails.
const patience = 1_200_000

const told = { passed: 0, failed: 0 }

/** The exit code, or the signal. What the step started is of its process group, and ends with it. */
const end = (command, log) =>
  new Promise((resolve) => {
    const child = spawn("bash", ["-euo", "pipefail", "-c", command], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"]
    })
    const late = setTimeout(() => process.kill(-child.pid, "SIGKILL"), patience)
    const file = createWriteStream(log)
    child.stdout.pipe(file, { end: false })
    child.stderr.pipe(file, { end: false })
    child.on("close", (code, signal) => {
      clearTimeout(late)
      file.end(() => resolve(code ?? signal))
    })
  })

const run = async ([name, command = name]) => {
  const start = performance.now()
  const log = join(folder, `${name.replace(/[^a-zA-Z0-9]/g, "-")}.log`)
  const code = await end(command, log)
  told[code === 0 ? "passed" : "failed"]++
  const seconds = String(Math.round((performance.now() - start) / 1000)).padStart(4)
  const last = () => readFileSync(log, "utf8").trimEnd().split("\n").slice(-80).map((line) => `        ${line}\n`)
  process.stdout.write(code === 0 ? `ok    ${seconds}s  ${name}\n` : `FAIL  ${seconds}s  ${name}\n${last().join("")}`)
}

const queue = readFileSync(0, "utf8").split("\n").filter((line) => line !== "").map((line) => line.split("\t"))
const lane = async () => {
  for (let step = queue.shift(); step !== undefined; step = queue.shift()) await run(step)
}
await Promise.all(Array.from({ length: Math.max(2, Math.min(availableParallelism(), 4)) }, lane))
writeFileSync(join(folder, "steps.txt"), `${told.passed} ${told.failed}\n`)
