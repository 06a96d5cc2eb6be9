// What can be said on the command line.
import { parseArgs } from "node:util"

const usage = `npm run search -w examples/rosenbrock -- [options]

  --fast        points take 2 ms instead of 100, and fewer are looked at
  --seed N      other random numbers (default: 1)
  --svg FILE    where the picture goes (default: rosenbrock.svg)
  --no-svg      no picture
  --port N      of the page (default: any that is free)
  --hold        the page stays after the search, until Ctrl-C, even when nobody looks
  --help        this text`

const refuse = (sentence: string): never => {
  process.stderr.write(`${sentence}\n\n${usage}\n`)
  process.exit(2)
}

const flag = { type: "boolean" } as const
const text = { type: "string" } as const

const parse = () => {
  try {
    return parseArgs({
      options: { fast: flag, "no-svg": flag, hold: flag, help: flag, seed: text, svg: text, port: text }
    }).values
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

const whole = (name: string, value: string, most: number): number =>
  /^\d{1,9}$/.test(value) && Number(value) <= most
    ? Number(value)
    : refuse(`--${name} takes a whole number, not ${value}`)

/** Reads them, and tells the tasks how slow to be: threads inherit the environment. */
export const options = () => {
  const values = parse()
  if (values.help === true) {
    process.stdout.write(`${usage}\n`)
    process.exit(0)
  }
  const fast = values.fast === true
  process.env["ROSENBROCK_MILLIS"] = fast ? "2" : "100"
  return {
    smallest: fast ? 0.02 : 0.001,
    seed: whole("seed", values.seed ?? "1", 999_999_999),
    port: whole("port", values.port ?? "0", 65_535),
    svg: values["no-svg"] === true ? undefined : values.svg ?? "rosenbrock.svg",
    hold: values.hold === true
  }
}
