/**
 * Who does what, how often, in which order.
 */

export interface Work {
  readonly name: string
  /** Works of one group share a child process. */
  readonly group: string
  readonly what: string
  /** Tasks, elements or bytes: in a full run, and in a quick one. */
  readonly count: number
  readonly quick: number
}

export interface Subject {
  readonly name: string
  readonly what: string
  readonly language: "node" | "python"
  /** Counted when the best JavaScript pool is looked for. */
  readonly pool: boolean
  /** Part of a quick run. */
  readonly quick: boolean
  readonly groups: ReadonlyArray<string>
  /** Groups that take too long for a quick run. */
  readonly long?: ReadonlyArray<string> | undefined
}

const work = (name: string, group: string, what: string, count: number, quick: number): Work => ({
  name,
  group,
  what,
  count,
  quick
})

export const works: ReadonlyArray<Work> = [
  work("roundtrip", "tasks", "submit one no-op, wait for it, again", 500, 100),
  work("map", "tasks", "map 10,000 no-ops, gather", 10_000, 1_000),
  work("submit", "tasks", "10,000 single submits of no-ops, gather", 10_000, 1_000),
  work("chain", "tasks", "1,000, each taking the one before it", 1_000, 100),
  work("tree", "tasks", "4,096 leaves added pairwise, by futures", 4_096, 256),
  work("ascompleted", "tasks", "2,000 with 10 in flight, each that is done starts another", 2_000, 100),
  work("data", "data", "100 MB to a worker, back from one, from one to another", 100_000_000, 100_000_000),
  work("million", "million", "1,000,000 tasks queued: bytes of each, pauses", 1_000_000, 50_000),
  work("machine", "machine", "the scheduler machine alone, with 10 and with 1,000 workers", 300_000, 40_000),
  work("mandelbrot", "cpu", "rows of a picture, on one thread and on two", 1_200, 500),
  work("words", "cpu", "words of 64 MB of text, on one thread and on two", 64_000_000, 8_000_000),
  work("wordcount", "bag", "words of 100 MB of text in files, counted by a bag", 100_000_000, 16_000_000),
  work("rounds", "rounds", "1,000,000 rounds of a loop, with checkpoints, on fibers", 1_000_000, 20_000),
  work("startup", "startup", "cluster ready, first result", 1, 1),
  work("idle", "idle", "bytes of a future that is done, at the client", 100_000, 20_000),
  work(
    "memory",
    "memory",
    "a shuffle of four times the budget; 1,000,000 small and 1,000 large values, made and released",
    1_000_000,
    50_000
  ),
  work("overhead", "overhead", "share of the time that is not the tasks' own", 2_000, 200),
  work("dashboard", "dashboard", "map with no dashboard, with one, and with somebody who looks on", 10_000, 1_000),
  work("values", "values", "values of 1, 16 and 256 MiB from one process to another", 1_073_741_824, 67_108_864),
  work("floor", "floor", "bare messages, HTTP, calls, fibers, copies", 1, 1)
]

/** What a quick run does unless works are named: what has to be known first, and no minutes of anything. */
const quickGroups: ReadonlySet<string> = new Set(["tasks", "data", "machine", "cpu", "startup", "floor"])

const pool = (name: string, what: string, quick: boolean): Subject => ({
  name,
  what,
  language: "node",
  pool: true,
  quick,
  groups: ["tasks", "data", "million", "startup", "overhead"],
  // one pool stands for all where it is not the small tasks
  long: name === "poolifier" ? [] : ["data", "million", "startup", "overhead"]
})

export const subjects: ReadonlyArray<Subject> = [
  {
    name: "creel-threads",
    what: "NodeCluster.layerThreads with two threads",
    language: "node",
    pool: false,
    quick: true,
    groups: ["tasks", "data", "million", "cpu", "bag", "startup", "idle", "memory", "overhead", "dashboard"]
  },
  {
    name: "creel-fibers",
    what: "LocalCluster.layer: fibers of the program's own thread",
    language: "node",
    pool: false,
    quick: true,
    groups: ["tasks", "rounds", "startup"]
  },
  {
    name: "dask",
    what: "Dask distributed, two worker processes of one thread each",
    language: "python",
    pool: false,
    quick: true,
    groups: ["tasks", "data", "million", "bag", "startup", "overhead"],
    long: ["million"]
  },
  {
    name: "ray",
    what: "Ray with two cores",
    language: "python",
    pool: false,
    quick: false,
    groups: ["tasks", "data", "startup", "overhead"]
  },
  pool("piscina", "piscina with two threads", false),
  pool("piscina-10", "piscina with two threads and concurrentTasksPerWorker 10", false),
  pool("tinypool", "tinypool with two threads", false),
  pool("poolifier", "poolifier's FixedThreadPool of two", true),
  pool("workerpool", "workerpool with two threads", false),
  {
    name: "effect-rpc",
    what: "an @effect/rpc group over a pool of two worker threads",
    language: "node",
    pool: false,
    quick: false,
    groups: ["tasks", "startup"]
  },
  {
    name: "scheduler",
    what: "Creel's scheduler machine alone",
    language: "node",
    pool: false,
    quick: true,
    groups: ["million", "machine"]
  },
  {
    name: "by-hand",
    what: "worker_threads as one writes them without a library; measured beside creel-threads",
    language: "node",
    pool: false,
    quick: true,
    groups: []
  },
  {
    name: "creel-cluster",
    what: "what joins several processes: here the data plane",
    language: "node",
    pool: false,
    quick: true,
    groups: ["values"]
  },
  {
    name: "floor",
    what: "the bare pieces everything is made of",
    language: "node",
    pool: false,
    quick: true,
    groups: ["floor"]
  }
]

export interface Choice {
  readonly only: ReadonlyArray<string>
  readonly subjects: ReadonlyArray<string>
  readonly quick: boolean
  readonly rounds: number | undefined
}

/** One child process: a subject does the works of a group. */
export interface Step {
  readonly round: number
  readonly subject: Subject
  readonly group: string
  readonly works: ReadonlyArray<Work>
}

const rounds = (choice: Choice): number => choice.rounds ?? (choice.quick ? 1 : 3)

/** What takes minutes and hardly varies is asked once, unless rounds are asked for. */
const isTurn = (choice: Choice, round: number, subject: Subject, group: string): boolean => {
  if (round === 1 || choice.rounds !== undefined) return true
  return group !== "million" || subject.name === "creel-threads"
}

const chosenWorks = (choice: Choice): ReadonlyArray<Work> =>
  works.filter((each) =>
    choice.only.length === 0 ? !choice.quick || quickGroups.has(each.group) : choice.only.includes(each.name)
  )

export const chosenSubjects = (choice: Choice): ReadonlyArray<Subject> =>
  subjects.filter((each) =>
    choice.subjects.length === 0 ? !choice.quick || each.quick : choice.subjects.includes(each.name)
  )

const takesPart = (choice: Choice, subject: Subject, group: string): boolean =>
  subject.groups.includes(group) && !(choice.quick && subject.long?.includes(group) === true)

/** What a quick run leaves out of what was asked for: subject and group. */
export const skipped = (choice: Choice): ReadonlyArray<readonly [subject: string, group: string]> =>
  groupsOf(choice).flatMap((group) =>
    chosenSubjects(choice)
      .filter((subject) => subject.groups.includes(group) && !takesPart(choice, subject, group))
      .map((subject) => [subject.name, group] as const)
  )

/** What a quick run does only for whoever names it. */
export const unnamed = (choice: Choice): ReadonlyArray<string> =>
  works.filter((each) => choice.only.length === 0 && !chosenWorks(choice).includes(each)).map((each) => each.name)

const groupsOf = (choice: Choice): ReadonlyArray<string> => [
  ...new Set(chosenWorks(choice).map((each) => each.group))
]

/** In turns: in each round all subjects do a group, one after the other, before the next group. */
export const steps = (choice: Choice): ReadonlyArray<Step> => {
  const groups = groupsOf(choice)
  return Array.from({ length: rounds(choice) }, (_, index) => index + 1).flatMap((round) =>
    groups.flatMap((group) =>
      chosenSubjects(choice).filter((subject) =>
        takesPart(choice, subject, group) && isTurn(choice, round, subject, group)
      )
        .map((subject) => ({
          round,
          subject,
          group,
          works: chosenWorks(choice).filter((each) => each.group === group)
        }))
    )
  )
}

export const counts = (choice: Choice): Record<string, number> =>
  Object.fromEntries(works.map((each) => [each.name, choice.quick ? each.quick : each.count]))
