/**
 * From a task, its arguments and its options to a spec. Pure but for the client core it reads keys from: nothing is
 * told and no row is made here.
 */
import * as Machine from "@creel/core/Client"
import * as Id from "@creel/core/Id"
import * as Payload from "@creel/core/Payload"
import type * as Spec from "@creel/core/Spec"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Future from "../Future.js"
import { SubmitError } from "../FutureError.js"
import type * as Task from "../Task.js"
import * as Value from "../Value.js"
import { withAdvice } from "./answers.js"
import type { AttemptBinding, ClientCore } from "./clientCore.js"
import { digestText } from "./digest.js"
import { Handle } from "./handle.js"

export interface Submission {
  readonly spec: Spec.Spec
  /** What the machine is to be stepped with, in one step. */
  readonly events: ReadonlyArray<Machine.Event>
}

export interface From {
  readonly core: ClientCore
  readonly attempt: AttemptBinding | undefined
  readonly outward: Spec.Outward | undefined
  /** The regional options, which a task's own go over. */
  readonly region: Task.SubmitOptions
  /** The share of a slot of what only waits. */
  readonly io: number
  readonly keep: boolean
}

/** Collects the futures among the arguments, each once, in order of appearance. */
class Inputs {
  readonly keys: Array<Id.Key> = []
  private readonly indices = new Map<Id.Key, number>()

  constructor(private readonly from: From, private readonly task: string) {}

  readonly index = (leaf: object): number | undefined => {
    const key = this.key(leaf)
    if (key === undefined) return undefined
    const known = this.indices.get(key)
    if (known !== undefined) return known
    const index = this.keys.length
    this.keys.push(key)
    this.indices.set(key, index)
    return index
  }

  /** The key of a future of this client's; nothing for what is no future. Throws `SubmitError`. */
  readonly key = (leaf: object): Id.Key | undefined => {
    if (!Future.isFuture(leaf)) return undefined
    if (!(leaf instanceof Handle) || leaf.core !== this.from.core) {
      throw new SubmitError({
        reason: "ForeignFuture",
        task: this.task,
        key: leaf.key,
        detail: "it belongs to another client"
      })
    }
    if (leaf.released || leaf.isInterrupting || leaf.status === "cancelled") {
      const how = leaf.isInterrupting ? "interrupted" : leaf.released ? "released" : "cancelled"
      throw new SubmitError({ reason: "ClosedFuture", task: this.task, key: leaf.key, detail: `it was ${how}` })
    }
    return leaf.row.key
  }
}

export const make = (
  from: From,
  contract: Task.Contract.Any,
  args: ReadonlyArray<unknown>
): Either.Either<Submission, SubmitError> => {
  const { core } = from
  if (core.closed) {
    return Either.left(new SubmitError({ reason: "ClientClosed", task: contract.name, detail: "the client is closed" }))
  }
  const inputs = new Inputs(from, contract.name)
  try {
    const payload = contract.encodeArgs(args, inputs.index)
    const options = merge(from.region, contract.submission)
    const bad = invalid(contract, options)
    if (bad !== undefined) return Either.left(bad)
    const identity = identify(from, contract, args, options, inputs)
    return build(from, contract, options, identity, inputs, payload)
  } catch (error) {
    if (error instanceof SubmitError) return Either.left(error)
    if (error instanceof Value.NotEncodable) {
      return Either.left(
        new SubmitError({
          reason: "NotEncodable",
          task: contract.name,
          path: error.path,
          ...withAdvice(error.message)
        })
      )
    }
    throw error
  }
}

interface Identity {
  readonly key: Id.Key
  readonly digest: string
}

/** What the key is, and which work it stands for. A key of its own needs no digest: nothing else can have it. */
const identify = (
  from: From,
  contract: Task.Contract.Any,
  args: ReadonlyArray<unknown>,
  options: Task.SubmitOptions,
  inputs: Inputs
): Identity => {
  if (options.key === undefined && options.pure !== true) {
    const key = from.core.keys.fresh(contract.name)
    return { key, digest: key }
  }
  const digest = digestText([contract.id, contract.digestArgs(args, inputs.key)])
  return options.key === undefined
    ? { key: `${contract.name}-${digest}`, digest }
    : { key: from.core.keys.named(options.key), digest }
}

const build = (
  from: From,
  contract: Task.Contract.Any,
  options: Task.SubmitOptions,
  identity: Identity,
  inputs: Inputs,
  payload: Payload.Payload
): Either.Either<Submission, SubmitError> => {
  const { core } = from
  const { digest, key } = identity
  const large = !Payload.isInline(payload)
  const argsKey = `${key}/args`
  const spec: Spec.Spec = {
    key,
    digest,
    task: contract.id,
    group: options.group ?? contract.name,
    args: large ? Payload.empty : payload,
    inputs: large ? [...inputs.keys, argsKey] : inputs.keys,
    priority: options.priority ?? 0,
    slots: contract.options.slots === "cpu" ? 1 : 1 / (contract.options.slots ?? from.io),
    workers: typeof options.workers === "string" ? [options.workers] : options.workers,
    soft: options.allowOtherWorkers ?? false,
    resources: options.resources,
    retry: options.retry === undefined ? undefined : retryData(options.retry),
    timeout: timeoutOf(from, options),
    parent: from.attempt?.attempt,
    outward: from.outward
  }
  if (Machine.conflict(core.machine, spec)) {
    return Either.left(
      new SubmitError({
        reason: "DuplicateKey",
        task: contract.name,
        key: core.keys.shown(key),
        detail: "other work has this key, and its future is still held"
      })
    )
  }
  core.tasks.set(contract.id, contract)
  const submit: Machine.Event = {
    _tag: "Submit",
    specs: [spec],
    wants: from.keep ? [] : [key],
    keep: from.keep ? [key] : []
  }
  return Either.right({ spec, events: large ? [offerArgs(core, argsKey, digest, payload), submit] : [submit] })
}

const offerArgs = (core: ClientCore, key: Id.Key, digest: string, payload: Payload.Payload): Machine.Event => {
  const value = Id.offeredId(key, core.id)
  core.offer(value, payload)
  return {
    _tag: "Offer",
    key,
    value,
    digest,
    bytes: Payload.bytes(payload),
    inline: undefined,
    scatter: undefined,
    wanted: false
  }
}

const merge = (region: Task.SubmitOptions, own: Task.SubmitOptions): Task.SubmitOptions => {
  if (region === noOptions) return own
  const merged: Record<string, unknown> = { ...region }
  for (const [name, value] of Object.entries(own)) if (value !== undefined) merged[name] = value
  return merged
}

/** Compared by identity: nearly every submission is outside of any region. */
export const noOptions: Task.SubmitOptions = {}

const retryData = (retry: Task.RetryOptions): Spec.Retry => ({
  times: retry.times,
  delay: retry.delay === undefined ? 0 : Duration.toMillis(retry.delay),
  factor: retry.factor ?? 1,
  maxDelay: retry.maxDelay === undefined ? Number.MAX_SAFE_INTEGER : Duration.toMillis(retry.maxDelay),
  jitter: retry.jitter === true ? 0.2 : retry.jitter === false ? 0 : retry.jitter ?? 0,
  tags: retry.tags
})

/** A child has no more time than is left to the attempt that submits it. */
const timeoutOf = (from: From, options: Task.SubmitOptions): number | undefined => {
  const own = options.timeout === undefined ? undefined : Duration.toMillis(options.timeout)
  const deadline = from.attempt?.deadline
  if (deadline === undefined) return own
  const left = Math.max(0, deadline - from.core.world.clock.unsafeCurrentTimeMillis())
  return own === undefined ? left : Math.min(own, left)
}

const invalid = (contract: Task.Contract.Any, options: Task.SubmitOptions): SubmitError | undefined => {
  const detail = wrong(options)
  return detail === undefined ? undefined : new SubmitError({ reason: "BadOption", task: contract.name, detail })
}

/** Nearly every submission has no options at all, or only good ones. */
const wrong = (options: Task.SubmitOptions): string | undefined => {
  const { allowOtherWorkers, key, priority, resources, retry, timeout, workers } = options
  if (key === "") return "key must not be empty"
  if (priority !== undefined && !Number.isFinite(priority)) return "priority must be a finite number"
  if (workers !== undefined && workers.length === 0) return "workers names none: leave it out to allow any"
  if (allowOtherWorkers === true && workers === undefined) return "allowOtherWorkers without workers says nothing"
  if (timeout !== undefined && !(Duration.toMillis(timeout) > 0)) return "timeout must be longer than 0"
  for (const [name, amount] of Object.entries(resources ?? {})) {
    if (!(amount >= 0 && Number.isFinite(amount))) return `resources.${name} must be a finite number, 0 or more`
  }
  return retry === undefined ? undefined : wrongRetry(retry)
}

const wrongRetry = ({ factor, jitter, times }: Task.RetryOptions): string | undefined => {
  if (!(times >= 0)) return "retry.times must be 0 or more"
  if (factor !== undefined && !(factor >= 0 && Number.isFinite(factor))) {
    return "retry.factor must be a finite number, 0 or more"
  }
  if (typeof jitter === "number" && !(jitter >= 0 && jitter <= 1)) return "retry.jitter must be between 0 and 1"
  return undefined
}
