/**
 * How a value is made: plain data, complete enough to make it again. A spec never changes; other work has another
 * digest.
 *
 * @since 0.1.0
 */
import type { Attempt, Key } from "./Id.js"
import type { Payload } from "./Payload.js"

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
  /** What a worker announces that it can run: a task's name and the digest of its contract. */
  readonly task: string
  /** What people call it: progress, durations and dashboards group by this. */
  readonly group: string
  /** The arguments, with a place left for each input. At most `Payload.inlineMax` bytes: larger ones are inputs. */
  readonly args: Payload
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
