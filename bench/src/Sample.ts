/**
 * What one run of one subject found, and how it crosses from the child process that measured it: one JSON line each.
 */

/** Files to count words in, and how often the ten most frequent words are there, added up. */
export interface Texts {
  readonly files: ReadonlyArray<string>
  readonly top: number
}

/** What a child process is told, in its last argument. */
export interface Order {
  readonly subject: string
  readonly group: string
  readonly works: ReadonlyArray<string>
  /** How many tasks, elements or bytes, by work. */
  readonly counts: Readonly<Record<string, number>>
  /** Whether variants are measured too: tasks that are Effects. */
  readonly variants: boolean
  /** Milliseconds of processor time each work is warmed up for. */
  readonly warmup: number
  /** How many measured runs of each work in this process. */
  readonly repeats: number
  /** Where works that read files find them. */
  readonly texts: Texts
  /** When the child was started, in milliseconds since 1970: start-up is counted from here. */
  readonly startedAt: number
}

/** One measured value. */
export interface Sample {
  readonly figure: string
  /** Which of the subject's forms: `Effect` where the task is an Effect. The plain one has none. */
  readonly variant?: string | undefined
  /** Who it is about, where that is not the subject that was ordered. */
  readonly subject?: string | undefined
  readonly value: number
  /** Processor time of the whole process, all its threads, in microseconds a task: steadier than the clock. */
  readonly cpu?: number | undefined
}

/** A sample and where it comes from. */
export interface Run extends Sample {
  readonly subject: string
  readonly round: number
}

/** Says on stdout what was found. */
export const emit = (sample: Sample): void => {
  process.stdout.write(`${JSON.stringify(sample)}\n`)
}

/** The samples among the lines a child wrote: what libraries print there is left alone. */
export const parse = (line: string): Sample | undefined => {
  if (!line.startsWith("{\"figure\"")) return undefined
  const sample = JSON.parse(line) as Sample
  return typeof sample.value === "number" && Number.isFinite(sample.value) ? sample : undefined
}
