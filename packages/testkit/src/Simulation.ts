/**
 * A whole cluster in one thread under one seed: schedulers, workers and clients, the links between them, users that
 * submit, join, cancel and release, and everything that can go wrong around them. The same seed gives the same run.
 *
 * A run has three phases. *Safety*: users act, faults happen, every machine checks itself after every step, and every
 * answer a client is handed is compared with a model. *Liveness*: the faults stop, and everything still wanted must
 * settle. *Emptiness*: everything is released, and nothing may be left on any machine.
 *
 * @since 0.1.0
 */
import {
  besideKinds,
  decisionKinds,
  farKinds,
  faultKinds,
  type Kind,
  nameOf,
  turnKinds,
  userKinds
} from "./internal/coverage.js"
import { show } from "./internal/journal.js"
import { World } from "./internal/world.js"
import { Wrong } from "./internal/wrong.js"

/**
 * What to run. What is left out is chosen by the seed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Any integer. The same seed and options give the same run. */
  readonly seed: number
  /** How many things users do in the safety phase. */
  readonly steps?: number | undefined
  /** How many workers there are at the start, at least 1. */
  readonly workers?: number | undefined
  /** How many clients there are at the start, at least 1. */
  readonly clients?: number | undefined
  /** `false`: nothing goes wrong, only delays and orders vary. */
  readonly faults?: boolean | undefined
  /** `true`: every kind of fault is on, users do all they can, and there is hardly any memory. Default: by the seed, one in seven. */
  readonly storm?: boolean | undefined
  /** Is given every event and command as a line. */
  readonly trace?: ((line: string) => void) | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Success {
  readonly _tag: "Success"
  readonly seed: number
  /** Events that machines were stepped with. */
  readonly events: number
  /** Milliseconds of virtual time. */
  readonly millis: number
  /** Stands for everything that happened: two runs of one seed have the same. */
  readonly hash: string
  /** How often each fault, action and rare turn happened. */
  readonly coverage: ReadonlyMap<string, number>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Failure {
  readonly _tag: "Failure"
  readonly seed: number
  readonly events: number
  readonly millis: number
  readonly hash: string
  readonly coverage: ReadonlyMap<string, number>
  /** How far the run was when it was noticed: counts every event and command. */
  readonly step: number
  readonly phase: string
  /** What the command line needs beside the seed to run it again. */
  readonly flags: string
  /** In a word or two, to group failures by. */
  readonly rule: string
  readonly message: string
  /** All that was said of the keys concerned, across all machines. */
  readonly story: ReadonlyArray<string>
}

/**
 * @since 0.1.0
 * @category models
 */
export type Result = Success | Failure

const once = (options: Options, record: boolean): { readonly world: World; readonly error: unknown } => {
  const world = new World(options, record)
  try {
    world.run()
    return { world, error: undefined }
  } catch (error) {
    return { world, error }
  }
}

/**
 * Runs one seed. A run that finds something wrong is repeated with recording on, to tell the story.
 *
 * @example
 * ```ts
 * import { Simulation } from "@creel/testkit"
 *
 * const result = Simulation.run({ seed: 1, workers: 2, clients: 1, faults: false })
 * if (result._tag === "Failure") throw new Error(Simulation.format(result))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const run = (options: Options): Result => {
  const first = once(options, false)
  const { world } = first
  const common = {
    seed: options.seed,
    events: world.events,
    millis: world.elapsed,
    hash: world.journal.hash.value,
    coverage: world.coverage.counts
  }
  if (first.error === undefined) return { _tag: "Success", ...common }
  const again = once({ ...options, trace: undefined }, true)
  const error = again.error ?? first.error
  return {
    _tag: "Failure",
    ...common,
    step: world.journal.step,
    phase: world.phase,
    flags: flagsOf(options),
    rule: ruleOf(error),
    message: messageOf(error),
    story: again.world.journal.story(keysOf(error))
  }
}

const flagsOf = ({ clients, faults, steps, storm, workers }: Options): string =>
  [
    ...Object.entries({ workers, clients, steps }).flatMap(([name, n]) => n === undefined ? [] : [` --${name} ${n}`]),
    ...faults === false ? [" --no-faults"] : [],
    ...storm === true ? [" --storm"] : []
  ].join("")

const ruleOf = (error: unknown): string => {
  if (error instanceof Wrong) return error.rule
  if (!(error instanceof Error)) return "thrown"
  return error.message.split("\n")[0]?.replace(/\d[\w.#-]*/g, "…").slice(0, 100) ?? error.name
}
const messageOf = (error: unknown): string =>
  error instanceof Wrong ? error.message : error instanceof Error ? error.stack ?? error.message : show(error)
/** What a machine's own checker throws names its keys, by convention, as `key` or in the text. */
const keysOf = (error: unknown): ReadonlyArray<string> => {
  if (error instanceof Wrong) return error.keys
  if (!(error instanceof Error)) return []
  const inText = error.message.match(/\b(?:[tnpoqf]\w*\d\w*|c\d+\/k\d+)\b/g)
  return inText === null ? [] : [...new Set(inText)].slice(0, 4)
}

/**
 * A failure as people read it: what was wrong, the story, and how to see it again.
 *
 * @since 0.1.0
 * @category getters
 */
export const format = (failure: Failure): string =>
  [
    `seed ${failure.seed}, step ${failure.step}, ${failure.phase} phase: ${failure.message}`,
    ...failure.story,
    `replay: npm run simulate -- --seed ${failure.seed}${failure.flags} --trace`
  ].join("\n")

/**
 * Adds up runs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tally {
  seeds: number
  failed: number
  events: number
  millis: number
  readonly coverage: Map<string, number>
}

/**
 * An empty tally.
 *
 * @since 0.1.0
 * @category constructors
 */
export const tally = (): Tally => ({ seeds: 0, failed: 0, events: 0, millis: 0, coverage: new Map() })

/**
 * Adds a run to a tally, in place.
 *
 * @since 0.1.0
 * @category combinators
 */
export const count = (tally: Tally, result: Result): void => {
  tally.seeds++
  if (result._tag === "Failure") tally.failed++
  tally.events += result.events
  tally.millis += result.millis
  for (const [kind, n] of result.coverage) tally.coverage.set(kind, (tally.coverage.get(kind) ?? 0) + n)
}

/**
 * The kinds of faults, user actions, turns and decisions that no run of the tally had. Over a thousand seeds there should be
 * none: a kind that never happens is not tested.
 *
 * @since 0.1.0
 * @category getters
 */
export const neverFired = (tally: Tally): ReadonlyArray<string> =>
  [...faultKinds, ...farKinds, ...besideKinds, ...userKinds, ...turnKinds, ...decisionKinds.map(nameOf)].filter((
    kind
  ) => !tally.coverage.has(kind))

const section = (tally: Tally, name: string, kinds: ReadonlyArray<Kind>): string =>
  `  ${name}: ${kinds.map((kind) => `${kind} ${tally.coverage.get(kind) ?? 0}`).join(", ")}`

/**
 * A tally as people read it. `millis` is the time it took in life.
 *
 * @since 0.1.0
 * @category getters
 */
export const summary = (tally: Tally, millis: number): string => {
  const missed = neverFired(tally)
  return [
    `${tally.seeds} seeds, ${tally.failed} failed, ${tally.events} events in ${(millis / 1000).toFixed(1)} s`
    + ` (${Math.round(tally.events / Math.max(millis, 1) * 1000)} a second), ${
      Math.round(tally.millis / 1000)
    } s of virtual time`,
    section(tally, "faults", faultKinds),
    section(tally, "far", farKinds),
    section(tally, "beside", besideKinds),
    section(tally, "users", userKinds),
    section(tally, "turns", turnKinds),
    `  decisions: ${decisionKinds.map((kind) => `${kind} ${tally.coverage.get(nameOf(kind)) ?? 0}`).join(", ")}`,
    ...missed.length > 0 ? [`  never happened: ${missed.join(", ")}`] : []
  ].join("\n")
}
