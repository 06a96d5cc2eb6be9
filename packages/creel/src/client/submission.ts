/**
 * From a task, its arguments and its options to a spec. Pure but for the client core it reads keys from: nothing is
 * told and no row is made here.
 *
 * What all submissions of a task in a region have in common is made once, in a `Mould`; what is left for each is its key,
 * its arguments and its inputs.
 */
import * as Machine from "@creel/core/Client"
import type * as Id from "@creel/core/Id"
import * as Payload from "@creel/core/Payload"
import type * as Spec from "@creel/core/Spec"
import * as Duration from "effect/Duration"
import { digestText } from "../codec/digest.js"
import * as Future from "../Future.js"
import { withAdvice } from "../future/answers.js"
import { Handle } from "../future/handle.js"
import { SubmitError } from "../FutureError.js"
import type * as Graph from "../Graph.js"
import { isRef } from "../graph/refs.js"
import type * as Task from "../Task.js"
import * as Value from "../Value.js"
import type { AttemptBinding, ClientCore } from "./core.js"
import * as WrongOptions from "./wrongOptions.js"

/** On whose behalf, and with what crosses outward. */
export interface From {
  readonly core: ClientCore
  readonly attempt: AttemptBinding | undefined
  readonly outward: Spec.Outward | undefined
}

/** A value that a submission brings: to be served before any note speaks of it. */
export interface Brought {
  readonly offer: Extract<Machine.Event, { readonly _tag: "Offer" }>
  readonly payload: Payload.Payload
}

/** What the submissions of one task in one region have in common. */
export interface Mould {
  readonly contract: Task.Contract.Any
  readonly region: Task.SubmitOptions
  readonly options: Task.SubmitOptions
  /** What is wrong with the options. */
  readonly wrong: string | undefined
  /** Each submission has a key of its own, which begins with this. */
  readonly prefix: string | undefined
  readonly group: string
  readonly priority: number
  readonly slots: number
  readonly workers: ReadonlyArray<string> | undefined
  readonly soft: boolean
  readonly retry: Spec.Retry | undefined
  readonly timeout: number | undefined
}

/** `io`: the share of a slot of what only waits. */
export const mould = (contract: Task.Contract.Any, region: Task.SubmitOptions, io: number): Mould => {
  const options = merge(region, contract.submission)
  const wrong = WrongOptions.ofSubmission(options)
  return {
    contract,
    region,
    options,
    wrong,
    prefix: options.key === undefined && options.pure !== true ? `${contract.name}-` : undefined,
    group: options.group ?? contract.name,
    priority: options.priority ?? 0,
    slots: contract.options.slots === "cpu" ? 1 : 1 / (contract.options.slots ?? io),
    workers: typeof options.workers === "string" ? [options.workers] : options.workers,
    soft: options.allowOtherWorkers ?? false,
    retry: options.retry === undefined || wrong !== undefined ? undefined : retryData(options.retry),
    timeout: options.timeout === undefined || wrong !== undefined ? undefined : Duration.toMillis(options.timeout)
  }
}

/** Collects the futures, and the refs, among the arguments, each once, in order of appearance. */
export class Inputs {
  readonly keys: Array<Id.Key> = []
  private indices: Map<Id.Key, number> | undefined = undefined

  constructor(
    private readonly core: ClientCore,
    private readonly task: string,
    /** The key that a ref to another node of the same graph stands for. */
    private readonly refKey?: (ref: Graph.Ref) => Id.Key | undefined
  ) {}

  readonly index = (leaf: object): number | undefined => {
    const key = this.key(leaf)
    if (key === undefined) return undefined
    const { keys } = this
    if (keys.length > 8) this.indices ??= new Map(keys.map((each, index) => [each, index]))
    const known = this.indices === undefined ? keys.indexOf(key) : this.indices.get(key) ?? -1
    if (known >= 0) return known
    this.indices?.set(key, keys.length)
    return keys.push(key) - 1
  }

  /** The key of a future of this client's; nothing for what is no future. Throws `SubmitError`. */
  readonly key = (leaf: object): Id.Key | undefined => {
    if (this.refKey !== undefined && isRef(leaf)) return this.refKey(leaf)
    if (!Future.isFuture(leaf)) return undefined
    if (!(leaf instanceof Handle) || leaf.core !== this.core) {
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

const noKeys: ReadonlyArray<Id.Key> = []

const noInput = (): undefined => undefined

/** Nothing in it could be a future, at any depth. */
const isFlat = (args: ReadonlyArray<unknown>): boolean => {
  for (const arg of args) if (typeof arg === "object" && arg !== null) return false
  return true
}

/**
 * One submission. Large arguments, which must be offered ahead of the spec and in one step with it, are added to
 * `brought`. Throws `SubmitError`.
 */
export const make = (
  from: From,
  mould: Mould,
  args: ReadonlyArray<unknown>,
  brought: Array<Brought>
): Spec.Spec => {
  const { contract } = mould
  if (from.core.closed) {
    throw new SubmitError({ reason: "ClientClosed", task: contract.name, detail: "the client is closed" })
  }
  if (isFlat(args)) return finish(from, mould, args, undefined, encode(contract, args, noInput), brought)
  const inputs = new Inputs(from.core, contract.name)
  return finish(from, mould, args, inputs, encode(contract, args, inputs.index), brought)
}

/** What is known beforehand of a node of a graph. */
export interface Named {
  readonly key: Id.Key
  readonly digest: string
  readonly args: ReadonlyArray<unknown>
  readonly refKey: (ref: Graph.Ref) => Id.Key | undefined
}

/** One node of a graph, under the key that it has there. Throws `SubmitError`. */
export const makeNamed = (
  from: From,
  mould: Mould,
  { args, digest, key, refKey }: Named,
  brought: Array<Brought>
): Spec.Spec => {
  const { contract, wrong } = mould
  if (wrong !== undefined) throw new SubmitError({ reason: "BadOption", task: contract.name, detail: wrong })
  const inputs = new Inputs(from.core, contract.name, refKey)
  const payload = encode(contract, args, inputs.index)
  const spec = build(from, mould, key, digest, inputs.keys, payload, brought)
  if (!Machine.conflict(from.core.machine, spec)) return spec
  throw duplicate(from.core, contract.name, key)
}

const duplicate = (core: ClientCore, task: string, key: Id.Key): SubmitError =>
  new SubmitError({
    reason: "DuplicateKey",
    task,
    key: core.keys.shown(key),
    detail: "other work has this key, and its future is still held"
  })

const encode = (
  contract: Task.Contract.Any,
  args: ReadonlyArray<unknown>,
  asInput: (leaf: object) => number | undefined
): Payload.Payload => {
  try {
    return contract.encodeArgs(args, asInput)
  } catch (error) {
    if (!(error instanceof Value.NotEncodable)) throw error
    throw notEncodable(contract, error)
  }
}

export const notEncodable = (contract: Task.Contract.Any, error: Value.NotEncodable): SubmitError =>
  new SubmitError({
    reason: "NotEncodable",
    task: contract.name,
    path: error.path,
    ...withAdvice(error.message)
  })

const finish = (
  from: From,
  mould: Mould,
  args: ReadonlyArray<unknown>,
  inputs: Inputs | undefined,
  payload: Payload.Payload,
  brought: Array<Brought>
): Spec.Spec => {
  const { contract, prefix, wrong } = mould
  if (wrong !== undefined) throw new SubmitError({ reason: "BadOption", task: contract.name, detail: wrong })
  const keys = inputs === undefined ? noKeys : inputs.keys
  // A key of its own needs no digest, and is in no conflict: nothing else can have it.
  if (prefix !== undefined) {
    const key = from.core.keys.fresh(prefix)
    return build(from, mould, key, key, keys, payload, brought)
  }
  const { digest, key } = identify(from, mould, args, inputs)
  const spec = build(from, mould, key, digest, keys, payload, brought)
  if (!Machine.conflict(from.core.machine, spec)) return spec
  throw duplicate(from.core, contract.name, key)
}

/** What the key is, and which work it stands for, where either is not this submission's own. */
const identify = (
  from: From,
  { contract, options }: Mould,
  args: ReadonlyArray<unknown>,
  inputs: Inputs | undefined
): { readonly key: Id.Key; readonly digest: string } => {
  try {
    const digest = digestText([contract.id, contract.digestArgs(args, inputs?.key ?? noInput)])
    return options.key === undefined
      ? { key: `${contract.name}-${digest}`, digest }
      : { key: from.core.keys.named(options.key), digest }
  } catch (error) {
    if (!(error instanceof Value.NotEncodable)) throw error
    throw notEncodable(contract, error)
  }
}

const build = (
  from: From,
  mould: Mould,
  key: Id.Key,
  digest: string,
  inputs: ReadonlyArray<Id.Key>,
  payload: Payload.Payload,
  brought: Array<Brought>
): Spec.Spec => {
  const large = !Payload.isInline(payload)
  const argsKey = large ? `${key}/args` : ""
  if (large) brought.push(bring(from.core, argsKey, digest, payload))
  return {
    key,
    digest,
    task: mould.contract.id,
    group: mould.group,
    args: large ? Payload.empty : payload,
    inputs: large ? [...inputs, argsKey] : inputs,
    priority: mould.priority,
    slots: mould.slots,
    workers: mould.workers,
    soft: mould.soft,
    resources: mould.options.resources,
    retry: mould.retry,
    timeout: from.attempt?.deadline === undefined
      ? mould.timeout
      : timeLeft(from, from.attempt.deadline, mould.timeout),
    parent: from.attempt?.attempt,
    outward: from.outward
  }
}

const bring = (core: ClientCore, key: Id.Key, digest: string, payload: Payload.Payload): Brought => ({
  offer: {
    _tag: "Offer",
    key,
    value: core.keys.offered(key),
    digest,
    bytes: Payload.bytes(payload),
    inline: undefined,
    scatter: undefined,
    wanted: false
  },
  payload
})

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
const timeLeft = (from: From, deadline: number, own: number | undefined): number => {
  const left = Math.max(0, deadline - from.core.world.clock.unsafeCurrentTimeMillis())
  return own === undefined ? left : Math.min(own, left)
}
