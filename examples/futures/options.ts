// What can be said on the command line.
import { parseArgs } from "node:util"

const usage = `npm start -- [options]

  --fast      fifty times faster than the notebook, and a shorter search
  --seed N    another search in step 8 (default: 1)
  --dashboard a page that shows the cluster at work; it stays until Ctrl-C
  --help      this text`

const refuse = (sentence: string): never => {
  process.stderr.write(`${sentence}\n\n${usage}\n`)
  process.exit(2)
}

const parse = () => {
  try {
    return parseArgs({
      options: {
        dashboard: { type: "boolean" },
        fast: { type: "boolean" },
        seed: { type: "string" },
        help: { type: "boolean" }
      }
    }).values
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

/** Reads them, and tells the tasks how fast to be: threads inherit the environment. */
export const options = () => {
  const { dashboard, fast, help, seed = "1" } = parse()
  if (help === true) {
    process.stdout.write(`${usage}\n`)
    process.exit(0)
  }
  if (!/^\d{1,9}$/.test(seed)) refuse(`--seed takes a whole number, not ${seed}`)
  const speedup = fast === true ? 50 : 1
  process.env["LESSON_SPEEDUP"] = String(speedup)
  return { dashboard: dashboard === true, seed: Number(seed), speedup, smallest: fast === true ? 0.05 : 0.001 }
}
