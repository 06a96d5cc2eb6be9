/**
 * The JavaScript pools, two threads each, behind one shape.
 */
import { Piscina } from "piscina"
import { FixedThreadPool } from "poolifier"
import { Tinypool } from "tinypool"
import workerpool from "workerpool"

/** A pool that is open. */
export interface Pool {
  /** `x + 1`, computed on a thread. */
  readonly inc: (x: number) => Promise<number>
  /** One of the functions of `workers/functions.ts`, by its name. */
  readonly call: <A>(name: string, argument: unknown) => Promise<A>
  readonly close: () => Promise<unknown>
}

const file = (name: string): URL => new URL(`../workers/${name}.js`, import.meta.url)

const piscina = (concurrentTasksPerWorker: number) => (): Pool => {
  const pool = new Piscina({
    filename: file("functions").href,
    minThreads: 2,
    maxThreads: 2,
    maxQueue: Infinity,
    concurrentTasksPerWorker
  })
  return {
    inc: (x) => pool.run(x),
    call: (name, argument) => pool.run(argument, { name }),
    close: () => pool.destroy()
  }
}

const tinypool = (): Pool => {
  const pool = new Tinypool({ filename: file("functions").href, minThreads: 2, maxThreads: 2 })
  return {
    inc: (x) => pool.run(x),
    call: (name, argument) => pool.run(argument, { name }),
    close: () => pool.destroy()
  }
}

const poolifier = (): Pool => {
  const pool = new FixedThreadPool<unknown, unknown>(2, file("poolifier").pathname)
  return {
    inc: (x) => pool.execute(x) as Promise<number>,
    call: <A>(name: string, argument: unknown) => pool.execute(argument, name) as Promise<A>,
    close: () => pool.destroy()
  }
}

const ofWorkerpool = (): Pool => {
  const pool = workerpool.pool(file("workerpool").pathname, { maxWorkers: 2, workerType: "thread" })
  return {
    inc: async (x) => await pool.exec("inc", [x]),
    call: async (name, argument) => await pool.exec(name, [argument]),
    close: async () => await pool.terminate()
  }
}

export const pools: Readonly<Record<string, () => Pool>> = {
  piscina: piscina(1),
  "piscina-10": piscina(10),
  tinypool,
  poolifier,
  workerpool: ofWorkerpool
}
