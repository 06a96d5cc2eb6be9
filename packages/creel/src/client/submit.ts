/**
 * What makes futures: `submit`, `map`, `run`, `fireAndForget`, `scatter`.
 *
 * They cost no span and no service lookup through an Effect: `state` reads what they need from the fiber itself.
 */
import type * as Machine from "@creel/core/Client"
import type * as Id from "@creel/core/Id"
import * as Payload from "@creel/core/Payload"
import type * as Spec from "@creel/core/Spec"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import type * as Client from "../Client.js"
import { type Future, isFuture } from "../Future.js"
import { type Source, withAdvice } from "../future/answers.js"
import type { Handle } from "../future/handle.js"
import type { Hold } from "../future/holds.js"
import { SubmitError } from "../FutureError.js"
import { isTurnDue, turn } from "../internal/turns.js"
import * as PlainFunction from "../PlainFunction.js"
import * as Task from "../Task.js"
import * as Value from "../Value.js"
import { type AnyFiber, type Place, placeOf, scopeIn, type State, stateIn } from "./state.js"
import * as Submission from "./submission.js"
import * as WrongOptions from "./wrongOptions.js"

type AnyHandle = Handle<any, any>
type AnyFuture = Future<unknown, unknown>
export type StateFor = (fiber: AnyFiber) => State

const noKeys: ReadonlyArray<Id.Key> = []

/** A task as it is, a plain function as a task. Throws `SubmitError`. */
export const contractOf = (what: unknown): Task.Contract.Any => {
  if (Task.isContract(what)) return what
  if (typeof what === "function") {
    const made = PlainFunction.fromFunction(what as (...args: Array<unknown>) => unknown)
    if (Either.isLeft(made)) throw made.left
    return made.right
  }
  throw new SubmitError({ reason: "NotAFunction", ...noTask(what) })
}

/** What people give instead of a task, and what they may have meant. */
const noTask = (what: unknown): { readonly detail: string; readonly advice?: string } => {
  if (isFuture(what)) {
    return {
      detail: `what was submitted is a future already: ${what.key}`,
      advice: "give a task and its arguments; the future may be one of these"
    }
  }
  if (Effect.isEffect(what)) {
    return {
      detail: "what was submitted is an Effect, which cannot cross to a worker",
      advice: "make a task of it: Task.make(\"name\", () => effect)"
    }
  }
  if (what === undefined || what === null) {
    return {
      detail: `what was submitted is ${what}`,
      advice: "see that the module which exports the task is imported, and not in a circle with this one"
    }
  }
  return { detail: `what was submitted is ${typeof what === "object" ? "an object" : `a ${typeof what}`}` }
}

/** What is wrong with a submission is thrown where it is found, however deep in the arguments. */
const refused = (error: unknown): Effect.Effect<never, SubmitError> => {
  if (!(error instanceof SubmitError)) throw error
  return Effect.fail(error)
}

export const failing = <A>(f: () => Effect.Effect<A, SubmitError>): Effect.Effect<A, SubmitError> => {
  try {
    return f()
  } catch (error) {
    return refused(error)
  }
}

/** Above the outbox's budget a submission waits, or fails where that was asked for. */
export const whenRoom = <A>(
  state: State,
  place: Place,
  go: () => Effect.Effect<A, SubmitError>
): Effect.Effect<A, SubmitError> => {
  const { core } = state
  if (core.hasRoom()) return go()
  return place.region.failWhenFull
    ? Effect.fail(new SubmitError({ reason: "OutboxFull", detail: "too much new work waits to leave this client" }))
    // Others waited too, and may have filled it again.
    : Effect.flatMap(core.awaitRoom, () => whenRoom(state, place, go))
}

/** Of the fiber's scope, if something has begun in it before. */
const holdIn = (state: State, place: Place, fiber: AnyFiber): Hold | undefined => {
  const { hold } = place
  return hold !== undefined && !hold.over ? hold : remember(state, place, state.core.holds.get(scopeIn(fiber)))
}

const remember = <H extends Hold | undefined>(state: State, place: Place, hold: H): H => {
  place.hold = hold
  if (hold !== undefined) hold.caller = state
  return hold
}

/** In the hold of the fiber's scope, which is asked to end what it holds the first time that something begins in it. */
export const holding = <A>(
  state: State,
  place: Place,
  fiber: AnyFiber,
  go: (hold: Hold) => Effect.Effect<A, SubmitError>
): Effect.Effect<A, SubmitError> => {
  const hold = holdIn(state, place, fiber)
  return hold === undefined
    ? Effect.flatMap(state.core.holds.attach(scopeIn(fiber)), (hold) => go(remember(state, place, hold)))
    : go(hold)
}

const submitNow = (
  state: State,
  place: Place,
  contract: Task.Contract.Any,
  args: ReadonlyArray<unknown>,
  keep: boolean
): { readonly key: Id.Key; readonly row: Machine.Row | undefined } => {
  const { core } = state
  const brought: Array<Submission.Brought> = []
  const spec = Submission.make(place.from, core.mould(contract, place.region.submission), args, brought)
  const keys = [spec.key]
  const rows = core.submit([spec], keep ? noKeys : keys, keep ? keys : noKeys, brought)
  return { key: spec.key, row: rows[0] }
}

/** Plain code: it runs for every single submission. Whoever submits without end lets the event loop turn now and then. */
const submitIn = (
  state: State,
  place: Place,
  what: unknown,
  args: ReadonlyArray<unknown>,
  hold: Hold
): Effect.Effect<AnyFuture, SubmitError> =>
  isTurnDue()
    ? Effect.flatMap(turn, () => submitOne(state, place, what, args, hold))
    : submitOne(state, place, what, args, hold)

const submitOne = (
  state: State,
  place: Place,
  what: unknown,
  args: ReadonlyArray<unknown>,
  hold: Hold
): Effect.Effect<AnyFuture, SubmitError> => {
  try {
    const contract = contractOf(what)
    if (!state.core.hasRoom()) {
      return whenRoom(state, place, () => submitOne(state, place, contract, args, hold))
    }
    const { key, row } = submitNow(state, place, contract, args, false)
    return Effect.succeed(state.core.handle<unknown, unknown>(state, key, contract, hold, row))
  } catch (error) {
    return refused(error)
  }
}

export const submitWith = (
  stateFor: StateFor,
  what: unknown,
  args: ReadonlyArray<unknown>
): Effect.Effect<AnyFuture, SubmitError> =>
  Effect.withFiberRuntime<AnyFuture, SubmitError>((runtime) => {
    const fiber = runtime as AnyFiber
    const state = stateFor(fiber)
    const place = placeOf(state, fiber)
    const hold = holdIn(state, place, fiber)
    return hold === undefined
      ? holding(state, place, fiber, (hold) => submitIn(state, place, what, args, hold))
      : submitIn(state, place, what, args, hold)
  })

export const submit: Client.Submit<Client.Client> = (what: unknown, ...args: ReadonlyArray<unknown>): any =>
  submitWith(stateIn, what, args)

const end = Symbol("end")

/** One element after the other, then `end`. Arrays are read without an object for each. */
const cursor = (column: Iterable<unknown>): () => unknown => {
  if (Array.isArray(column) && column[Symbol.iterator] === Array.prototype[Symbol.iterator]) {
    let at = 0
    return () => at < column.length ? column[at++] : end
  }
  const iterator = column[Symbol.iterator]()
  return () => {
    const next = iterator.next()
    return next.done === true ? end : next.value
  }
}

/** The arguments of each submission, until one of the iterables ends. */
class Rows {
  private cursors: ReadonlyArray<() => unknown> | undefined = undefined

  constructor(private readonly columns: ReadonlyArray<Iterable<unknown>>) {}

  next(): ReadonlyArray<unknown> | undefined {
    const cursors = this.cursors ??= this.columns.map(cursor)
    if (cursors.length === 0) return undefined
    if (cursors.length === 1) {
      const value = cursors[0]!()
      // As long as it has to be: an array that grows begins with room for many.
      return value === end ? undefined : [value]
    }
    const row: Array<unknown> = []
    for (const take of cursors) {
      const value = take()
      if (value === end) return undefined
      row.push(value)
    }
    return row
  }
}

const badMap = (contract: Task.Contract.Any, detail: string): never => {
  throw new SubmitError({ reason: "BadOption", task: contract.name, detail })
}

/** One `map` under way. */
class Mapping {
  readonly futures: Array<AnyFuture> = []
  private readonly rows: Rows
  private readonly mould: Submission.Mould

  constructor(
    private readonly state: State,
    private readonly place: Place,
    private readonly contract: Task.Contract.Any,
    columns: ReadonlyArray<Iterable<unknown>>,
    private readonly hold: Hold
  ) {
    const { batchSize } = place.region
    if (!(batchSize >= 1)) badMap(contract, `batchSize is ${WrongOptions.shown(batchSize)}, and has to be 1 or more`)
    const odd = columns.findIndex((column) =>
      typeof (column as Partial<typeof column> | null)?.[Symbol.iterator] !== "function"
    )
    if (odd >= 0) {
      badMap(
        contract,
        `what is mapped over (argument ${odd}) is ${WrongOptions.shown(columns[odd])}, and has to be an iterable`
      )
    }
    this.rows = new Rows(columns)
    this.mould = state.core.mould(contract, place.region.submission)
  }

  /** Submits the next batch, in one step; answers whether it was the last. Throws `SubmitError`: then none of it begins. */
  batch(): boolean {
    const specs: Array<Spec.Spec> = []
    const keys: Array<Id.Key> = []
    const brought: Array<Submission.Brought> = []
    let args: ReadonlyArray<unknown> | undefined
    for (let n = this.place.region.batchSize; n > 0 && (args = this.rows.next()) !== undefined; n--) {
      const spec = Submission.make(this.place.from, this.mould, args, brought)
      specs.push(spec)
      keys.push(spec.key)
      // Keys that are not fresh may be in each other's way: each is submitted before the next is looked at.
      if (this.mould.prefix === undefined) this.send(specs.splice(0), keys.splice(0), brought.splice(0))
    }
    if (specs.length > 0) this.send(specs, keys, brought)
    return args === undefined
  }

  private send(
    specs: ReadonlyArray<Spec.Spec>,
    keys: ReadonlyArray<Id.Key>,
    brought: ReadonlyArray<Submission.Brought>
  ): void {
    const { core } = this.state
    const rows = core.submit(specs, keys, noKeys, brought)
    for (let i = 0; i < keys.length; i++) {
      this.futures.push(core.handle(this.state, keys[i]!, this.contract, this.hold, rows[i]))
    }
  }
}

export const mapWith = (
  stateFor: StateFor,
  what: unknown,
  columns: ReadonlyArray<Iterable<unknown>>
): Effect.Effect<Array<AnyFuture>, SubmitError> =>
  Effect.withFiberRuntime<Array<AnyFuture>, SubmitError>((runtime) => {
    const fiber = runtime as AnyFiber
    const state = stateFor(fiber)
    const place = placeOf(state, fiber)
    return holding(state, place, fiber, (hold) =>
      failing(() => {
        const mapping = new Mapping(state, place, contractOf(what), columns, hold)
        const batch = () => failing(() => mapping.batch() ? Effect.succeed(true) : Effect.as(turn, false))
        const all: Effect.Effect<Array<AnyFuture>, SubmitError> = Effect.flatMap(
          Effect.suspend(() => whenRoom(state, place, batch)),
          (end) => end ? Effect.succeed(mapping.futures) : all
        )
        // What was submitted before one was refused, an iterable threw, or it was interrupted is nobody's.
        return Effect.onError(all, () => Effect.sync(() => state.core.releaseAll(mapping.futures as Array<AnyHandle>)))
      }))
  })

export const map: Client.Map<Client.Client> = (what: unknown, ...columns: ReadonlyArray<Iterable<unknown>>): any =>
  mapWith(stateIn, what, columns)

/** Interrupting it interrupts the future and waits for the finalizers of its work. */
export const runWith = (
  stateFor: StateFor,
  what: unknown,
  args: ReadonlyArray<unknown>
): Effect.Effect<unknown, unknown> =>
  Effect.withFiberRuntime<unknown, unknown>((runtime) => {
    const fiber = runtime as AnyFiber
    const state = stateFor(fiber)
    const hold = state.core.holds.loose()
    const submitted = Effect.suspend(() => submitIn(state, placeOf(state, fiber), what, args, hold))
    // A future is an Effect: what it ends as.
    return Effect.ensuring(Effect.flatten(submitted), hold.close)
  })

export const run: Client.Run<Client.Client> = (what: unknown, ...args: ReadonlyArray<unknown>): any =>
  runWith(stateIn, what, args)

export const fireWith = (
  stateFor: StateFor,
  what: unknown,
  args: ReadonlyArray<unknown>
): Effect.Effect<string, SubmitError> =>
  Effect.withFiberRuntime<string, SubmitError>((runtime) => {
    const fiber = runtime as AnyFiber
    const state = stateFor(fiber)
    const place = placeOf(state, fiber)
    const fire = () =>
      failing(() => {
        const { key } = submitNow(state, place, contractOf(what), args, true)
        return Effect.succeed(state.core.keys.shown(key))
      })
    return isTurnDue() ? Effect.flatMap(turn, fire) : fire()
  })

export const fireAndForget: Client.FireAndForget<Client.Client> = (
  what: unknown,
  ...args: ReadonlyArray<unknown>
): any => fireWith(stateIn, what, args)

const scattered: Source = { name: "scatter", decodeSuccess: Value.decode }

const scatterNow = (state: State, value: unknown, options: Client.ScatterOptions | undefined, hold: Hold) => {
  const { core } = state
  const wrong = WrongOptions.ofWorkers(options?.workers)
  if (wrong !== undefined) throw new SubmitError({ reason: "BadOption", detail: wrong })
  const key = core.keys.fresh("scatter-")
  const payload = Value.encode(value, { share: typeof SharedArrayBuffer !== "undefined" })
  const id = core.keys.offered(key)
  core.offer(id, payload)
  core.step({
    _tag: "Offer",
    key,
    value: id,
    digest: key,
    bytes: Payload.bytes(payload),
    inline: Payload.isInline(payload) ? payload : undefined,
    scatter: {
      workers: typeof options?.workers === "string" ? [options.workers] : options?.workers,
      all: options?.broadcast === true
    },
    wanted: true
  })
  return core.handle<any, never>(state, key, scattered, hold)
}

export const scatter = (
  state: State,
  value: unknown,
  options: Client.ScatterOptions | undefined
): Effect.Effect<Future<any>, SubmitError, Scope.Scope> =>
  Effect.withFiberRuntime<Future<any>, SubmitError>((runtime) => {
    const fiber = runtime as AnyFiber
    return holding(state, placeOf(state, fiber), fiber, (hold) => {
      if (state.core.closed) {
        return Effect.fail(new SubmitError({ reason: "ClientClosed", detail: "the client is closed" }))
      }
      try {
        return Effect.succeed(scatterNow(state, value, options, hold))
      } catch (error) {
        if (!(error instanceof Value.NotEncodable || error instanceof Value.FutureInResult)) return refused(error)
        return Effect.fail(new SubmitError({ reason: "NotEncodable", path: error.path, ...withAdvice(error.message) }))
      }
    })
  })
