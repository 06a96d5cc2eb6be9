/**
 * Every figure of the table: which work yields it, its unit, whether more is better, and what is aimed at.
 */

export type Unit = "ms" | "µs" | "tasks/s" | "rows/s" | "MB/s" | "bytes" | "×" | "%" | "/s"

/** What is aimed at: all the conditions given must hold. Ratios are of this run. */
export interface Aim {
  readonly subject: string
  readonly variant?: string | undefined
  /** At least so many times better than Dask. */
  readonly dask?: number | undefined
  /** At least so many times better than the best JavaScript pool. */
  readonly pool?: number | undefined
  readonly atLeast?: number | undefined
  readonly atMost?: number | undefined
}

export interface Figure {
  readonly name: string
  readonly work: string
  readonly unit: Unit
  readonly better: "more" | "less"
  readonly what: string
  readonly aims: ReadonlyArray<Aim>
}

const figure = (
  name: string,
  work: string,
  unit: Unit,
  better: "more" | "less",
  what: string,
  ...aims: ReadonlyArray<Aim>
): Figure => ({ name, work, unit, better, what, aims })

const threads = "creel-threads"
const fibers = "creel-fibers"

const tasks: ReadonlyArray<Figure> = [
  figure(
    "roundtrip",
    "roundtrip",
    "ms",
    "less",
    "submit one no-op, wait for it, again",
    { subject: threads, dask: 30, atMost: 0.35 },
    { subject: fibers, dask: 100 }
  ),
  figure("map", "map", "tasks/s", "more", "map no-ops, gather", { subject: threads, dask: 120, pool: 2 }),
  figure("submit", "submit", "tasks/s", "more", "single submits of no-ops, gather", { subject: threads, dask: 150 }),
  figure("chain", "chain", "tasks/s", "more", "each takes the one before it", { subject: threads, dask: 100 }),
  figure("tree", "tree", "tasks/s", "more", "leaves added pairwise, by futures", { subject: threads, dask: 50 }),
  figure("ascompleted", "ascompleted", "tasks/s", "more", "10 in flight, each that is done starts another", {
    subject: threads,
    dask: 30
  })
]

const data: ReadonlyArray<Figure> = [
  figure("data-scatter", "data", "MB/s", "more", "a large value to a worker", { subject: threads, dask: 10 }),
  figure("data-fetch", "data", "MB/s", "more", "a large value back from a worker", { subject: threads, dask: 2 }),
  figure("data-across", "data", "MB/s", "more", "a large value of one worker to another"),
  figure("data-across-copies", "data", "×", "more", "the same, to copying it once: above 1 nothing was copied", {
    subject: threads,
    atLeast: 2
  })
]

const million: ReadonlyArray<Figure> = [
  figure("queued-scheduler", "million", "bytes", "less", "a queued task at the scheduler, its machine alone", {
    subject: "scheduler",
    atMost: 1024
  }),
  figure("queued-client", "million", "bytes", "less", "a queued task at the client, scheduler elsewhere"),
  figure("queued-all", "million", "bytes", "less", "a queued task in a process that has all but the threads' heaps"),
  figure("queued-pause", "million", "ms", "less", "longest time the program cannot turn while it submits", {
    subject: threads,
    atMost: 50
  }),
  figure("queued-rate", "million", "tasks/s", "more", "submitted, until the scheduler has them"),
  figure("queued-drain", "million", "tasks/s", "more", "done, when the workers are free")
]

const machine: ReadonlyArray<Figure> = [
  figure("machine-10", "machine", "tasks/s", "more", "completions on one core, 10 workers", {
    subject: "scheduler",
    atLeast: 300_000
  }),
  figure("machine-1000", "machine", "tasks/s", "more", "completions on one core, 1,000 workers"),
  figure("machine-kept", "machine", "%", "more", "of the rate with 10 workers, what is left with 1,000", {
    subject: "scheduler",
    atLeast: 80
  })
]

const processor = (name: string, unit: Unit, what: string): ReadonlyArray<Figure> => [
  figure(name, name, unit, "more", what),
  figure(`${name}-speedup`, name, "×", "more", "two threads to one", { subject: threads, atLeast: 1.9 }),
  figure(`${name}-to-hand`, name, "×", "more", "two threads of Creel to two by hand", {
    subject: threads,
    atLeast: 0.97
  })
]

const bags: ReadonlyArray<Figure> = [
  figure("wordcount", "wordcount", "MB/s", "more", "files of text, their words counted by a bag", {
    subject: threads,
    dask: 5
  }),
  figure("wordcount-to-loop", "wordcount", "×", "more", "two threads of Creel to a loop on one", {
    subject: threads,
    atLeast: 1
  })
]

const rest: ReadonlyArray<Figure> = [
  figure("rounds-rate", "rounds", "/s", "more", "rounds of a loop, each made from the one before, which is released"),
  figure("rounds-heap", "rounds", "bytes", "less", "that loop's heap at its end, beyond what it was after a tenth"),
  figure("startup-ready", "startup", "ms", "less", "from asking for a cluster to having it"),
  figure("startup-first", "startup", "ms", "less", "from asking for a cluster to the first result"),
  figure("startup-program", "startup", "ms", "less", "from starting the program to the first result"),
  figure("idle-client", "idle", "bytes", "less", "a future that is done, at the client that holds it"),
  figure("overhead-1ms", "overhead", "%", "less", "of the time that is not the tasks' own, tasks of 1 ms"),
  figure("overhead-10ms", "overhead", "%", "less", "of the time that is not the tasks' own, tasks of 10 ms")
]

/** What a dashboard costs, and who looks on, in percent. */
const ofLooking = (of: string, what: string): ReadonlyArray<Figure> => [
  figure(`dashboard-idle-${of}`, "dashboard", "%", "less", `${what}, nobody looks`, { subject: threads, atMost: 1 }),
  figure(`dashboard-viewer-${of}`, "dashboard", "%", "less", `${what}, somebody looks`, { subject: threads, atMost: 5 })
]

const dashboard: ReadonlyArray<Figure> = [
  figure("dashboard-none", "dashboard", "tasks/s", "more", "map no-ops, gather, without a dashboard"),
  figure("dashboard-idle", "dashboard", "tasks/s", "more", "the same beside a dashboard that nobody looks at"),
  figure("dashboard-viewer", "dashboard", "tasks/s", "more", "the same while somebody looks on"),
  ...ofLooking("thread-cycles", "more cycles a task of the program's own thread, through which all tasks pass"),
  ...ofLooking("thread-instructions", "more instructions a task of that thread"),
  ...ofLooking("cycles", "more cycles of the program a task"),
  ...ofLooking("instructions", "more instructions of the program a task"),
  ...ofLooking("processor", "more processor time of the program a task"),
  ...ofLooking("cost", "of the rate that it takes, the reader on the same cores"),
  figure("dashboard-reader", "dashboard", "%", "less", "of one core, what the process takes that reads the stream")
]

const memory: ReadonlyArray<Figure> = [
  figure("memory-budget", "memory", "bytes", "less", "a shuffle of four times this budget of managed bytes"),
  figure("memory-managed", "memory", "bytes", "less", "the most that all workers ever managed, by their own books"),
  figure("memory-process", "memory", "bytes", "less", "the most that the process took beyond what it took before"),
  figure("memory-spilled", "memory", "bytes", "less", "the most that was on disk"),
  figure("memory-shuffle", "memory", "MB/s", "more", "what was shuffled in a second, disk and all"),
  figure("memory-small", "memory", "bytes", "less", "heap left for each small value that came and went"),
  figure("memory-large", "memory", "bytes", "less", "heap, shared memory and disk left after 1,000 large values")
]

const values: ReadonlyArray<Figure> = [1, 16, 256].flatMap((size) =>
  [1, 4].flatMap((at) => {
    const what = `values of ${size} MiB from one process to another, ${at === 1 ? "one at a time" : `${at} at once`}`
    return [
      figure(`values-${size}x${at}`, "values", "MB/s", "more", what),
      figure(`values-${size}x${at}-to-http`, "values", "×", "more", "the same, to bare HTTP in the same run", {
        subject: "creel-cluster",
        atLeast: 0.8
      })
    ]
  })
)

const floor: ReadonlyArray<Figure> = [
  figure("floor-message", "floor", "µs", "less", "postMessage to a thread and back, one at a time"),
  figure("floor-messages", "floor", "/s", "more", "items there and back, one a message, all at once"),
  figure("floor-batched", "floor", "/s", "more", "items there and back, 100 a message, all at once"),
  figure("floor-http", "floor", "µs", "less", "an HTTP request to a thread and its answer"),
  figure("floor-calls", "floor", "/s", "more", "calls of x + 1 in a loop"),
  figure("floor-fiber", "floor", "µs", "less", "a fiber forked and joined"),
  figure("floor-copy", "floor", "MB/s", "more", "copying a large value into new memory")
]

export const figures: ReadonlyArray<Figure> = [
  ...tasks,
  ...data,
  ...million,
  ...machine,
  ...processor("mandelbrot", "rows/s", "rows of a picture"),
  ...processor("words", "MB/s", "words of a text counted"),
  ...bags,
  ...rest,
  ...dashboard,
  ...memory,
  ...values,
  ...floor
]

const byName = new Map(figures.map((each) => [each.name, each]))

export const find = (name: string): Figure | undefined => byName.get(name)
