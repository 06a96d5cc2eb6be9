/**
 * An executor's process whose node has ended has nobody to work for. Owned here: that it ends too, even where its task
 * never lets the event loop turn, and so never hears that the channel is closed: a thread of its own asks for the node.
 */
import { Worker } from "node:worker_threads"

/** Milliseconds between two looks. */
const interval = 1000

/** Plain text, since a thread that loads no file begins at once, whatever the program is made of and bundled by. */
const watch = `
const { workerData: { node, interval } } = require("node:worker_threads")
const gone = () => {
  if (process.ppid !== node) return true
  try {
    process.kill(node, 0)
    return false
  } catch (error) {
    return error.code === "ESRCH"
  }
}
setInterval(() => gone() && process.kill(process.pid, "SIGKILL"), interval)
`

/** Ends this process, by SIGKILL, at most a second after the process that started it. */
export const endWithNode = (): void => {
  new Worker(watch, {
    eval: true,
    name: "creel-orphan",
    execArgv: [],
    workerData: { node: process.ppid, interval },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 }
  })
    // Where no thread can be had the process is as it was without: it ends when its task lets it hear of the end.
    .on("error", () => {})
    .unref()
}
