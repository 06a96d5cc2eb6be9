// What can be said on the command line.
import { parseArgs } from "node:util"

const usage = `npm run count -w examples/wordcount -- [options] [FILE...]

Counts the words of these files, or of the plays in texts/.

  --zipf MB     count so many megabytes of made-up text instead, in files of a directory that is removed at the end
  --compare     count them once more in a loop on one thread, and tell how much faster the cluster was
  --threads N   default: 2
  --top N       how many words are shown (default: 10)
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
      allowPositionals: true,
      options: { zipf: text, compare: flag, threads: text, top: text, help: flag }
    })
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

const whole = (name: string, value: string, most: number): number =>
  /^\d{1,6}$/.test(value) && Number(value) >= 1 && Number(value) <= most
    ? Number(value)
    : refuse(`--${name} takes a whole number from 1 to ${most}, not ${value}`)

export const options = () => {
  const { positionals, values } = parse()
  if (values.help === true) {
    process.stdout.write(`${usage}\n`)
    process.exit(0)
  }
  if (values.zipf !== undefined && positionals.length > 0) refuse("--zipf makes its own files")
  return {
    files: positionals,
    zipf: values.zipf === undefined ? undefined : whole("zipf", values.zipf, 100_000),
    compare: values.compare === true,
    threads: whole("threads", values.threads ?? "2", 256),
    top: whole("top", values.top ?? "10", 100_000)
  }
}
