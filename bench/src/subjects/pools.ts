/**
 * The JavaScript pools, two threads each, behind one shape. Each is loaded when it is opened.
 */

/** A pool that is open. */
export interface Pool {
  /** `x + 1`, computed on a thread. */
  readonly inc: (x: number) => Promise<number>
  /** One of the functions of `workers/functions.ts`, by its name. */
  readonly call: <A>(name: string, argument: unknown) => Promise<A>
}

const file = (name: string): URL => new URL(`../workers/${name}.js`, import.meta.url)

const piscina = (concurrentTasksPerWorker: number) => async (): Promise<Pool> => {
  const { Piscina } = await import("piscina")
  const pool = new Piscina({
    filename: file("functions").href,
    minThreads: 2,
    maxThreads: 2,
    maxQueue: Infinity,
    concurrentTasksPerWorker
  })
  return {
    inc: (x) => pool.run(x),
    call: (name, argument) => pool.run(argument, { name })
  }
}

const tinypool = async (): Promise<Pool> => {
  const { Tinypool } = await import("tinypool")
  const pool = new Tinypool({ filename: file("functions").href, minThreads: 2, maxThreads: 2 })
  return {
    inc: (x) => pool.run(x),
    call: (name, argument) => pool.run(argument, { name })
  }
}

const poolifier = async (): Promise<Pool> => {
  const { FixedThreadPool } = await import("poolifier")
  const pool = new FixedThreadPool<unknown, unknown>(2, file("poolifier").pathname)
  return {
    inc: (x) => pool.execute(x) as Promise<number>,
    call: <A>(name: string, argument: unknown) => pool.execute(argument, name) as Promise<A>
  }
}

const workerpool = async (): Promise<Pool> => {
  const { default: library } = await import("workerpool")
  const pool = library.pool(file("workerpool").pathname, { maxWorkers: 2, workerType: "thread" })
  return {
    inc: async (x) => await pool.exec("inc", [x]),
    call: async (name, argument) => await pool.exec(name, [argument])
  }
}

export const pools: Readonly<Record<string, () => Promise<Pool>>> = {
  piscina: piscina(1),
  "piscina-10": piscina(10),
  tinypool,
  poolifier,
  workerpool
}
