/**
 * What an executor's heap takes, looked at from inside while there is something to do, and told to its node when it
 * changes. Code that does not give its thread away is not looked at: it runs until V8's own limit ends it.
 *
 * What is told is the least of the last few looks: garbage goes between two of them, what is held does not.
 */
import * as v8 from "node:v8"
import * as threads from "node:worker_threads"

/** In bytes. */
export interface Heap {
  readonly used: number
  readonly limit: number
  /** Of the whole process, if the executor is one. */
  readonly process: number | undefined
}

const mega = 1024 * 1024

/** Milliseconds between looks, how many are compared, and from which difference on a change is news. */
const lookEvery = 250
const looks = 4
const news = mega

const lasts = (space: string): boolean => !space.startsWith("new_") && !space.startsWith("read_only")

/** Of what has survived: that is what the limit is for. */
const used = (): number => {
  let sum = 0
  for (const { space_name, space_used_size } of v8.getHeapSpaceStatistics()) {
    if (lasts(space_name)) sum += space_used_size
  }
  return sum
}

const option = /^--max[-_]old[-_]space[-_]size=(\d+)$/

const fromOptions = (): number | undefined => {
  const options = [...(process.env["NODE_OPTIONS"] ?? "").split(" "), ...process.execArgv]
  const sizes = options.flatMap((one) => option.exec(one)?.[1] ?? [])
  return sizes.length === 0 ? undefined : Number(sizes.at(-1))
}

/** V8's `heap_size_limit` counts the young generation in, which can be the larger part of a small heap. */
const limit = (): number => {
  const megabytes = threads.isMainThread ? fromOptions() : threads.resourceLimits.maxOldGenerationSizeMb
  return megabytes !== undefined && megabytes > 0 ? megabytes * mega : v8.getHeapStatistics().heap_size_limit
}

/** Tells how things stand at once. Answers what is to be called when there is something to do. */
export const watch = (tell: (heap: Heap) => void, isBusy: () => boolean): { touch: () => void; stop: () => void } => {
  const bytes = limit()
  const last = new Array<number>(looks).fill(used())
  let told = -Infinity
  let idle = 0
  let due = false
  let timer: NodeJS.Timeout | undefined

  const say = (): void => {
    const least = Math.min(...last)
    if (Math.abs(least - told) < news) return
    told = least
    tell({
      used: least,
      limit: bytes,
      process: threads.isMainThread ? process.memoryUsage.rss() : undefined
    })
  }
  const look = (): void => {
    due = false
    last.shift()
    last.push(used())
    say()
    // A few more when all is done, until what it left is known.
    idle = isBusy() ? 0 : idle + 1
    if (idle < looks) lookLater()
  }
  const lookLater = (): void => {
    due = true
    timer = timer === undefined ? setTimeout(look, lookEvery).unref() : timer.refresh()
  }
  say()
  return {
    touch: () => {
      idle = 0
      if (!due) lookLater()
    },
    stop: () => clearTimeout(timer)
  }
}
