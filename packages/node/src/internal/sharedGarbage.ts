/**
 * Garbage that V8 does not see, or sees wrongly. It counts nothing for memory that threads share: each thread can keep
 * gigabytes from being freed by a few small objects that nobody reaches any more, and none of them has a reason to collect.
 *
 * 1. The stores of a thread say here how much shared memory they let go of. An executor has to itself only what it works
 *    with, so all that its garbage keeps is what some store let go of: it need not count, and is told with the others.
 * 2. Nothing is freed here: a collection is asked for, so what somebody still reads stays.
 * 3. An executor copies what a task returned into memory that threads share, and the task's own arrays are garbage. V8
 *    counts them as if they were old, and would collect all after some ten megabytes: what is new is collected before that.
 */
import * as v8 from "node:v8"
import * as vm from "node:vm"

/** `young`: only what is new, which takes less than a millisecond. What has lived through two of those needs `all`. */
export type How = "young" | "all"

/** Bytes below which nobody is ever asked: small work never pays. */
const least = 32 * 1024 * 1024

/** Of the limit of a worker's memory, and at most: so much may be garbage that is new. */
const share = 1 / 8
const most = 256 * 1024 * 1024

/**
 * At so many times the bytes at which what is new is collected, all is, in the stores' own thread: what a store holds for a
 * while is old. What others see of it rarely lives as long: they collect all every so many times.
 */
const allAt = 4
const othersAt = 8

/** Milliseconds without more of it and in which nothing ended, and bytes from which on it is collected then. */
const quiet = 1000
const quietLeast = 8 * 1024 * 1024

/** Without options it collects all; what else it is given, V8 of Node 20 takes for the wish for a minor one. */
type Gc = (options?: { readonly type: "minor" }) => void

const isGc = (u: unknown): u is Gc => typeof u === "function"

/** V8's own, which a program has only where it was started so. Nothing where there is none. */
const take = (): Gc | undefined => {
  const given: unknown = Reflect.get(globalThis, "gc")
  if (isGc(given)) return given
  try {
    v8.setFlagsFromString("--expose-gc")
    const made: unknown = vm.runInNewContext("typeof gc === 'function' ? gc : undefined")
    v8.setFlagsFromString("--no-expose-gc")
    // The flag is the whole process's, and another thread may just have put it back: there is a next time.
    return isGc(made) ? made : undefined
  } catch {
    return undefined
  }
}

let gc: Gc | undefined

const collect = (how: How): void => {
  gc ??= take()
  if (how === "all") gc?.()
  else gc?.({ type: "minor" })
}

let asked: How | undefined

const collectAsked = (): void => {
  const how = asked
  asked = undefined
  if (how !== undefined) collect(how)
}

/** When what runs has ended, and what was said has left. */
export const collectSoon = (how: How): void => {
  if (asked === undefined) setImmediate(collectAsked)
  if (asked !== "all") asked = how
}

// One count for each thread, as each has one heap.
const followers = new Set<(how: How) => void>()
let sinceYoung = 0
let sinceAll = 0
let times = 0
let timer: NodeJS.Timeout | undefined

const collectEverywhere = (how: How, isQuiet = false): void => {
  sinceYoung = 0
  if (how === "all") sinceAll = 0
  collectSoon(how)
  const told = how === "all" && !isQuiet && ++times % othersAt !== 0 ? "young" : how
  for (const follower of followers) follower(told)
}

/** What looking at a large heap takes is paid for by as much garbage. */
const heap = (): number => v8.getHeapStatistics().used_heap_size

// Work may take longer than that to let go of anything, and has no time for a full collection in its midst.
let ends = 0
let endsSeen = 0

/** An attempt has ended on an executor of this thread. */
export const ended = (): void => void ends++

const whenQuiet = (): void => {
  if (ends !== endsSeen) return whenQuietLater()
  if (sinceAll >= Math.max(quietLeast, heap() / 4)) collectEverywhere("all", true)
}

const whenQuietLater = (): void => {
  endsSeen = ends
  timer = timer === undefined ? setTimeout(whenQuiet, quiet).unref() : timer.refresh()
}

/** Called with so many bytes of shared memory that were let go of, for stores of such a limit. */
export const letGo = (limit: number): (bytes: number) => void => {
  const after = Math.max(least, Math.min(most, share * limit))
  return (bytes) => {
    sinceYoung += bytes
    sinceAll += bytes
    if (sinceYoung >= after) collectEverywhere(sinceAll >= Math.max(allAt * after, heap()) ? "all" : "young")
    whenQuietLater()
  }
}

/** So many bytes of results: collecting what is new, a millisecond, takes less than copying them took. */
const copiedMost = 4 * 1024 * 1024

let sinceCopied = 0

/** Called in an executor with the bytes of each result that were copied out of what its task had made. */
export const copied = (bytes: number): void => {
  sinceCopied += bytes
  if (sinceCopied < copiedMost) return
  sinceCopied = 0
  collectSoon("young")
}

/** Another thread that sees the same memory: told whenever it is time, until it is over. */
export const follow = (tell: (how: How) => void): () => void => {
  followers.add(tell)
  return () => void followers.delete(tell)
}
