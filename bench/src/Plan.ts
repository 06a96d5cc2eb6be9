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
  work("chain", "tasks", "1,000, each taking the one before it", 1_000, 200),
  work("tree", "tasks", "4,096 leaves added pairwise, by futures", 4_096, 512),
  work("ascompleted", "tasks", "2,000 with 10 in flight, each that is done starts another", 2_000, 300)
]

const pool = (name: string, what: string, quick: boolean): Subject => ({
  name,
  what,
  language: "node",
  pool: true,
  quick,
  groups: ["tasks"]
})

export const subjects: ReadonlyArray<Subject> = [
  {
    name: "creel-threads",
    what: "NodeCluster.layerThreads with two threads",
    language: "node",
    pool: false,
    quick: true,
    groups: ["tasks"]
  },
  {
    name: "creel-fibers",
    what: "LocalCluster.layer: fibers of the program's own thread",
    language: "node",
    pool: false,
    quick: true,
    groups: ["tasks"]
  },
  {
    name: "dask",
    what: "Dask distributed, two worker processes of one thread each",
    language: "python",
    pool: false,
    quick: true,
    groups: ["tasks"]
  },
  {
    name: "ray",
    what: "Ray with two cores",
    language: "python",
    pool: false,
    quick: false,
    groups: ["tasks"]
  },
  pool("piscina", "piscina with two threads", false),
  pool("piscina-10", "piscina with two threads and concurrentTasksPerWorker 10", true),
  pool("tinypool", "tinypool with two threads", false),
  pool("poolifier", "poolifier's FixedThreadPool of two", true),
  pool("workerpool", "workerpool with two threads", false),
  {
    name: "effect-rpc",
    what: "an @effect/rpc group over a pool of two worker threads",
    language: "node",
    pool: false,
    quick: true,
    groups: ["tasks"]
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

export const defaultRounds = (quick: boolean): number => quick ? 2 : 3

const chosenWorks = (choice: Choice): ReadonlyArray<Work> =>
  works.filter((each) => choice.only.length === 0 || choice.only.includes(each.name))

export const chosenSubjects = (choice: Choice): ReadonlyArray<Subject> =>
  subjects.filter((each) =>
    choice.subjects.length === 0 ? !choice.quick || each.quick : choice.subjects.includes(each.name)
  )

/** In turns: in each round all subjects do a group, one after the other, before the next group. */
export const steps = (choice: Choice): ReadonlyArray<Step> => {
  const groups = [...new Set(chosenWorks(choice).map((each) => each.group))]
  const rounds = choice.rounds ?? defaultRounds(choice.quick)
  return Array.from({ length: rounds }, (_, index) => index + 1).flatMap((round) =>
    groups.flatMap((group) =>
      chosenSubjects(choice).filter((subject) => subject.groups.includes(group)).map((subject) => ({
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
