/**
 * What the executors of a cluster spend their time on: a profile of the processor, task by task, on demand. Each executor
 * looks at itself for a while, by the profiler of its JavaScript engine, and what they saw is laid upon each other by the names
 * of tasks.
 *
 * A sample belongs to the task whose code ran then: a synchronous task from its beginning to its end, an effect while one
 * of its fibers (those it forked too) is running. What the engine itself does meanwhile, collecting garbage say, counts for that
 * task too.
 *
 * While nobody profiles this costs nothing, and meanwhile a few percent.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Door from "./Door.js"
import type * as Observe from "./Observe.js"
import * as attribution from "./profile/attribution.js"
import { CallTrees } from "./profile/callTrees.js"
import * as cpuProfile from "./profile/cpuProfile.js"

/**
 * Calls as a tree, in columns: see `Observe.CallTree`.
 *
 * @since 0.1.0
 * @category models
 */
export type CallTree = Observe.CallTree

/**
 * What executors spent their time on: see `Observe.Profile`.
 *
 * @since 0.1.0
 * @category models
 */
export type Profile = Observe.Profile

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How long to look: from 100 milliseconds to 30 seconds. Default: 5 seconds. */
  readonly duration?: Duration.DurationInput | undefined
  /** From one sample to the next: from 100 microseconds to 100 milliseconds. Default: 1 millisecond. */
  readonly interval?: Duration.DurationInput | undefined
  /** One worker alone, by name or id. Default: all. */
  readonly worker?: string | undefined
}

/**
 * Nothing could be profiled.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotProfiled extends Schema.TaggedError<NotProfiled>("creel/Profile/NotProfiled")("NotProfiled", {
  detail: Schema.String
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `nothing was profiled: ${this.detail}`
  }
}

/**
 * Looks at what the workers' executors run, now and for a while.
 *
 * @example
 * ```ts
 * import { Profile } from "creel"
 * import { Effect } from "effect"
 *
 * const slowest = Effect.gen(function*() {
 *   const profile = yield* Profile.take({ duration: "2 seconds" })
 *   // opens in https://www.speedscope.app
 *   return { tasks: Profile.byTask(profile), file: Profile.toSpeedscope(profile) }
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const take = (options: Options = {}): Effect.Effect<Profile, NotProfiled, Door.Door> =>
  Effect.gen(function*() {
    const { ask } = yield* Door.Door
    const profile = yield* ask.profile({
      millis: Duration.toMillis(options.duration ?? "5 seconds"),
      interval: Duration.toMillis(options.interval ?? "1 millis") * 1000,
      worker: options.worker
    })
    const why = problem(profile)
    return why === undefined ? profile : yield* new NotProfiled({ detail: why })
  })

/**
 * Why there is nothing at all in it; undefined: there is something.
 *
 * @since 0.1.0
 * @category getters
 */
export const problem = ({ workers }: Profile): string | undefined => {
  if (workers.some(({ executors }) => executors.some((one) => one.problem === undefined))) return undefined
  if (workers.length === 0) return "there is no such worker"
  const reasons = workers.flatMap(({ executors, name, problem }) =>
    executors.length === 0
      ? [`${name}: ${problem ?? "it has no executor just now"}`]
      : executors.map((one) => `${one.executor}: ${one.problem}`)
  )
  return [...new Set(reasons)].slice(0, 5).join("; ")
}

/**
 * How long each task computed, in microseconds; what was done for no task stands under an empty name. The most first.
 *
 * @since 0.1.0
 * @category getters
 */
export const byTask = ({ tree }: Profile): ReadonlyArray<{ readonly task: string; readonly micros: number }> => {
  const totals = tree.selfs.slice()
  for (let node = totals.length - 1; node > 0; node--) totals[tree.parents[node]!]! += totals[node]!
  return tree.parents
    .flatMap((parent, node) => parent === 0 ? [{ task: tree.names[tree.titles[node]!]!, micros: totals[node]! }] : [])
    .sort((a, b) => b.micros - a.micros)
}

/**
 * Lays trees upon each other: what has the same callers, name and place becomes one. Of more than `nodesMax` calls those that
 * took the least time are left out, and their time is their callers'.
 *
 * @since 0.1.0
 * @category combinators
 */
export const merge = (trees: Iterable<CallTree>, nodesMax = Infinity): CallTree => {
  const all = new CallTrees()
  for (const tree of trees) all.add(tree)
  return all.take(nodesMax)
}

/**
 * A file for https://www.speedscope.app, as JSON.
 *
 * Source: "speedscope file format", a profile of type `sampled`.
 *
 * @since 0.1.0
 * @category exports
 */
export const toSpeedscope = (profile: Profile, title = "creel"): string => cpuProfile.toSpeedscope(profile.tree, title)

/**
 * A `.cpuprofile`, as JSON: the developer tools of browsers open it, and editors. Its time line is made up: what was called
 * where stands beside each other, not in the order in which it happened.
 *
 * Source: "Chrome DevTools Protocol", `Profiler.Profile`.
 *
 * @since 0.1.0
 * @category exports
 */
export const toCpuProfile = ({ tree }: Profile): string => JSON.stringify(cpuProfile.ofTree(tree))

/**
 * A profile as V8 writes it: `Profiler.Profile` of the "Chrome DevTools Protocol".
 *
 * @since 0.1.0
 * @category for executors
 */
export type CpuProfile = cpuProfile.CpuProfile

/**
 * For who makes executors: writes down which task this thread runs, until `end`. `reader` then answers, for moments (of
 * `performance.now()`) that are asked for in their order, which task ran; an empty name: none. Undefined where it is being done
 * already.
 *
 * @since 0.1.0
 * @category for executors
 */
export const attribute = ():
  | { readonly reader: () => (now: number) => string; readonly end: () => void }
  | undefined =>
{
  const begun = attribution.begin()
  return begun === undefined ? undefined : { reader: () => begun.attribution.reader(), end: begun.end }
}

/**
 * For who makes executors: what V8 saw, as a tree by tasks. `taskAt` is asked for the time of each sample, by V8's clock
 * and in order. Code whose address begins with one of `own` is what carries tasks, and is left out above their own.
 *
 * @since 0.1.0
 * @category for executors
 */
export const ofCpuProfile = (
  profile: CpuProfile,
  options: {
    readonly taskAt: (micros: number) => string
    readonly own: ReadonlyArray<string>
    readonly nodesMax: number
  }
): { readonly tree: CallTree; readonly sampled: number; readonly idle: number } =>
  cpuProfile.fold(profile, { ...options, own: [...options.own, here] })

/** Where this package is. */
const here = new URL(".", import.meta.url).href
