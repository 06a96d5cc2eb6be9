/**
 * How a value is made: plain data, complete enough to make it again. A spec never changes; other work has another
 * digest.
 *
 * @since 0.1.0
 */
import type { Attempt, Key } from "./Id.js"
import * as Payload from "./Payload.js"

/**
 * Retries as a submission may ask for them: data, decided on by the scheduler. (A task's own `Schedule` is code and
 * stays with the worker.) A delay before retry `n` (from 0) is `min(delay * factor^n, maxDelay)`, spread by `jitter`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Retry {
  /** How many times more after the first failure. */
  readonly times: number
  /** Milliseconds before the first retry. */
  readonly delay: number
  readonly factor: number
  /** Milliseconds no delay exceeds. */
  readonly maxDelay: number
  /** 0 to 1: the share of the delay that varies. */
  readonly jitter: number
  /** Only failures whose `_tag` is named are tried again; absent: all typed failures and defects. */
  readonly tags: ReadonlyArray<string> | undefined
}

/**
 * What crosses outward with a submission, as it would to a child fiber.
 *
 * @since 0.1.0
 * @category models
 */
export interface Outward {
  readonly trace: { readonly traceId: string; readonly spanId: string; readonly sampled: boolean } | undefined
  readonly annotations: Readonly<Record<string, string>> | undefined
  /** The submitter's minimum log level, by label. */
  readonly logLevel: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Spec {
  readonly key: Key
  /** Identity of the work. One key with two digests is two pieces of work, and an error. */
  readonly digest: string
  /**
   * What a worker announces that it can run: a task's name and the digest of its contract. Several, joined by `+`: a worker
   * must have all of them; the first is run, and calls the others.
   */
  readonly task: string
  /** What people call it: progress, durations and dashboards group by this. */
  readonly group: string
  /** The arguments, with a place left for each input. At most `Payload.inlineMax` bytes: larger ones are inputs. */
  readonly args: Payload.Payload
  /** Keys whose values the arguments need, each once. */
  readonly inputs: ReadonlyArray<Key>
  /** Higher runs first. */
  readonly priority: number
  /** Share of an executor it takes while it runs: 1 is a whole slot, 1/32 one of 32 waiting fibers. */
  readonly slots: number
  /** Names or ids of the workers that may run it; absent: any. */
  readonly workers: ReadonlyArray<string> | undefined
  /** Whether others may run it when none of `workers` can. */
  readonly soft: boolean
  /** Abstract amounts it takes from its worker while it runs, fractions allowed. */
  readonly resources: Readonly<Record<string, number>> | undefined
  readonly retry: Retry | undefined
  /** Milliseconds one attempt may run. */
  readonly timeout: number | undefined
  /** The attempt that submitted it: its children are tried before what was submitted from outside. */
  readonly parent: Attempt | undefined
  readonly outward: Outward | undefined
}

const none: ReadonlyArray<Key> = []

/**
 * Work as most is: a whole slot of any worker that has the task, and no arguments, inputs, retries or limits, unless said. It is
 * grouped by its task.
 *
 * @example
 * ```ts
 * import { Spec } from "@creel/core"
 *
 * Spec.make({ key: "sum", digest: "d1", task: "add#1", inputs: ["x", "y"], priority: 1 })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (what: Pick<Spec, "key" | "digest" | "task"> & Partial<Spec>): Spec => ({
  key: what.key,
  digest: what.digest,
  task: what.task,
  group: what.group ?? what.task,
  args: what.args ?? Payload.empty,
  inputs: what.inputs ?? none,
  priority: what.priority ?? 0,
  slots: what.slots ?? 1,
  workers: what.workers,
  soft: what.soft ?? false,
  resources: what.resources,
  retry: what.retry,
  timeout: what.timeout,
  parent: what.parent,
  outward: what.outward
})

/** A `+` that follows a digest: names may have any character in them. */
const seam = /(?<=#[0-9a-z]+)\+/

const partsMax = 256

/** Of what was asked for last: it is asked for each row of a class. */
const known = new Map<string, ReadonlyArray<string>>()

/**
 * The tasks that a spec needs: see `Spec.task`.
 *
 * @since 0.1.0
 * @category getters
 */
export const tasksOf = (task: string): ReadonlyArray<string> => {
  const found = known.get(task)
  if (found !== undefined) return found
  const made = task.split(seam)
  if (known.size >= partsMax) known.clear()
  known.set(task, made)
  return made
}

/**
 * The one of them that is run.
 *
 * @since 0.1.0
 * @category getters
 */
export const first = (task: string): string => tasksOf(task)[0]!

/**
 * Several tasks as one `Spec.task`, each once; the first stays the first.
 *
 * @example
 * ```ts
 * import { Spec } from "@creel/core"
 *
 * Spec.join(["map#1", "inc#2", "inc#2"]) // map#1+inc#2
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const join = ([first, ...others]: readonly [string, ...ReadonlyArray<string>]): string => {
  const rest = new Set(others)
  rest.delete(first)
  return [first, ...[...rest].sort()].join("+")
}

/**
 * What stands among a worker's tasks when it has refused several together, although it announced each: it is not asked for
 * those together again.
 *
 * @since 0.1.0
 * @category constructors
 */
export const refusal = (task: string): string => `not ${task}`

/**
 * @since 0.1.0
 * @category guards
 */
export const isRefusal = (task: string): boolean => task.startsWith("not ") && tasksOf(task).length > 1

/**
 * Whether somebody who has these tasks can run it. A single one costs the look-up alone.
 *
 * @since 0.1.0
 * @category guards
 */
export const covers = (tasks: ReadonlySet<string>, task: string): boolean =>
  tasks.has(task) || (task.includes("+") && coversAll(tasks, task))

const coversAll = (tasks: ReadonlySet<string>, task: string): boolean => {
  const parts = tasksOf(task)
  return parts.length > 1 && parts.every((part) => tasks.has(part)) && !tasks.has(refusal(task))
}
