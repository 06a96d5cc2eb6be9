/**
 * What makes futures: `submit`, `map`, `run`, `fireAndForget`, `scatter`.
 *
 * They read what crosses outward from the fiber itself: they cost no span and no service lookup through an Effect.
 */
import * as Id from "@creel/core/Id"
import * as Payload from "@creel/core/Payload"
import type * as Spec from "@creel/core/Spec"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberRef from "effect/FiberRef"
import * as HashMap from "effect/HashMap"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type * as Client from "../Client.js"
import type { Future } from "../Future.js"
import { SubmitError } from "../FutureError.js"
import * as PlainFunction from "../PlainFunction.js"
import * as Task from "../Task.js"
import * as Value from "../Value.js"
import { decoder, withAdvice } from "./answers.js"
import { type AnyFiber, region, type State, stateIn } from "./clientState.js"
import type { Handle } from "./handle.js"
import * as Submission from "./submission.js"

type AnyHandle = Handle<any, any>
type AnyFuture = Future<unknown, unknown>

/** A task as it is, a plain function as a task. */
const contractOf = (what: unknown): Either.Either<Task.Contract.Any, SubmitError> => {
  if (Task.isContract(what)) return Either.right(what)
  if (typeof what === "function") return PlainFunction.fromFunction(what as (...args: Array<unknown>) => unknown)
  return Either.left(
    new SubmitError({ reason: "NotAFunction", detail: `what was submitted is ${what === null ? "null" : typeof what}` })
  )
}

const outwardOf = (fiber: AnyFiber): Spec.Outward | undefined => {
  const span = Context.getOption(fiber.currentContext as Context.Context<never>, Tracer.ParentSpan)
  const annotations = fiber.getFiberRef(FiberRef.currentLogAnnotations)
  const level = fiber.getFiberRef(FiberRef.currentMinimumLogLevel)
  const plain = HashMap.isEmpty(annotations)
  if (Option.isNone(span) && plain && level === LogLevel.Info) return undefined
  return {
    trace: Option.isNone(span)
      ? undefined
      : { traceId: span.value.traceId, spanId: span.value.spanId, sampled: span.value.sampled },
    annotations: plain
      ? undefined
      : Object.fromEntries(Array.from(annotations, ([key, value]) => [key, String(value)])),
    logLevel: level === LogLevel.Info ? undefined : level._tag
  }
}

const submitNow = (
  state: State,
  fiber: AnyFiber,
  contract: Task.Contract.Any,
  args: ReadonlyArray<unknown>,
  keep: boolean
): Either.Either<Spec.Spec, SubmitError> => {
  const { attempt, core, io } = state
  const made = Submission.make(
    { core, attempt, io, keep, outward: outwardOf(fiber), region: fiber.getFiberRef(region).submission },
    contract,
    args
  )
  if (Either.isLeft(made)) return Either.left(made.left)
  core.stepAll(made.right.events)
  return Either.right(made.right.spec)
}

const handleOf = (
  state: State,
  contract: Pick<Task.Contract.Any, "name" | "decodeSuccess">,
  key: string,
  scope: Scope.Scope
): AnyHandle => {
  const { attempt, core } = state
  return core.handle(
    key,
    contract.name,
    decoder({
      key,
      decodeSuccess: (payload) => contract.decodeSuccess(payload),
      findTask: (id) => core.tasks.get(id),
      publicKey: (key) => core.keys.shown(key)
    }),
    scope,
    attempt
  )
}

/** Above the outbox's budget a submission waits, or fails where that was asked for. */
const whenRoom = <A>(
  state: State,
  fiber: AnyFiber,
  go: Effect.Effect<A, SubmitError>
): Effect.Effect<A, SubmitError> =>
  Effect.suspend(() => {
    if (state.core.hasRoom()) return go
    return fiber.getFiberRef(region).failWhenFull
      ? Effect.fail(new SubmitError({ reason: "OutboxFull", detail: "too much new work waits to leave this client" }))
      // Others waited too, and may have filled it again.
      : Effect.zipRight(state.core.awaitRoom, whenRoom(state, fiber, go))
  })

const scopeIn = (fiber: AnyFiber): Scope.Scope =>
  Context.get(fiber.currentContext as Context.Context<Scope.Scope>, Scope.Scope)

export const submitWith = (
  stateFor: (fiber: AnyFiber) => State,
  what: unknown,
  args: ReadonlyArray<unknown>
): Effect.Effect<AnyFuture, SubmitError> =>
  Effect.withFiberRuntime<AnyFuture, SubmitError>((fiber) => {
    const state = stateFor(fiber as AnyFiber)
    const contract = contractOf(what)
    if (Either.isLeft(contract)) return Effect.fail(contract.left)
    const go = (): Effect.Effect<AnyFuture, SubmitError> => {
      const spec = submitNow(state, fiber as AnyFiber, contract.right, args, false)
      return Either.isLeft(spec)
        ? Effect.fail(spec.left)
        : Effect.succeed(handleOf(state, contract.right, spec.right.key, scopeIn(fiber as AnyFiber)))
    }
    return state.core.hasRoom() ? go() : whenRoom(state, fiber as AnyFiber, Effect.suspend(go))
  })

export const submit: Client.Submit<Client.Client> = (what: unknown, ...args: ReadonlyArray<unknown>): any =>
  submitWith(stateIn, what, args)

/** The arguments of each submission, until one of the iterables ends. */
function* zip(columns: ReadonlyArray<Iterable<unknown>>): Generator<Array<unknown>> {
  const iterators = columns.map((column) => column[Symbol.iterator]())
  while (iterators.length > 0) {
    const row: Array<unknown> = []
    for (const iterator of iterators) {
      const next = iterator.next()
      if (next.done === true) return
      row.push(next.value)
    }
    yield row
  }
}

/** A whole turn of the event loop: a yield alone lets fibers in, but no timer and no socket, for thousands of yields. */
const turn: Effect.Effect<void> = Effect.async<void>((resume) => {
  const timer = setTimeout(() => resume(Effect.void), 0)
  return Effect.sync(() => clearTimeout(timer))
})

export const mapWith = (
  stateFor: (fiber: AnyFiber) => State,
  what: unknown,
  columns: ReadonlyArray<Iterable<unknown>>
): Effect.Effect<Array<AnyFuture>, SubmitError> =>
  Effect.withFiberRuntime<Array<AnyFuture>, SubmitError>((runtime) => {
    const fiber = runtime as AnyFiber
    const state = stateFor(fiber)
    const contract = contractOf(what)
    if (Either.isLeft(contract)) return Effect.fail(contract.left)
    const scope = scopeIn(fiber)
    const { batchSize } = fiber.getFiberRef(region)
    const rows = zip(columns)
    const futures: Array<AnyFuture> = []
    const batch: Effect.Effect<boolean, SubmitError> = Effect.suspend(() => {
      for (let n = 0; n < batchSize; n++) {
        const row = rows.next()
        if (row.done === true) return Effect.succeed(true)
        const spec = submitNow(state, fiber, contract.right, row.value, false)
        if (Either.isLeft(spec)) return Effect.fail(spec.left)
        futures.push(handleOf(state, contract.right, spec.right.key, scope))
      }
      return Effect.as(turn, false)
    })
    const all: Effect.Effect<Array<AnyFuture>, SubmitError> = Effect.flatMap(
      whenRoom(state, fiber, batch),
      (end) => end ? Effect.succeed(futures) : all
    )
    // What was submitted before one was refused, an iterable threw, or it was interrupted is nobody's.
    return Effect.onError(all, () =>
      Effect.sync(() => futures.forEach((future) => state.core.release(future as AnyHandle))))
  })

export const map: Client.Map<Client.Client> = (what: unknown, ...columns: ReadonlyArray<Iterable<unknown>>): any =>
  mapWith(stateIn, what, columns)

/** Interrupting it interrupts the future and waits for the finalizers of its work. */
export const runWith = (
  stateFor: (fiber: AnyFiber) => State,
  what: unknown,
  args: ReadonlyArray<unknown>
): Effect.Effect<unknown, unknown> =>
  Effect.acquireUseRelease(
    Scope.make(),
    (scope) =>
      Effect.flatMap(
        Effect.provideService(submitWith(stateFor, what, args), Scope.Scope, scope),
        (future) => Effect.flatten(future.await)
      ),
    (scope, exit) => Scope.close(scope, exit)
  )

export const run: Client.Run<Client.Client> = (what: unknown, ...args: ReadonlyArray<unknown>): any =>
  runWith(stateIn, what, args)

export const fireWith = (
  stateFor: (fiber: AnyFiber) => State,
  what: unknown,
  args: ReadonlyArray<unknown>
): Effect.Effect<string, SubmitError> =>
  Effect.withFiberRuntime<string, SubmitError>((runtime) => {
    const fiber = runtime as AnyFiber
    const state = stateFor(fiber)
    return Effect.map(
      Effect.flatMap(contractOf(what), (contract) => submitNow(state, fiber, contract, args, true)),
      (spec) => state.core.keys.shown(spec.key)
    )
  })

export const fireAndForget: Client.FireAndForget<Client.Client> = (
  what: unknown,
  ...args: ReadonlyArray<unknown>
): any => fireWith(stateIn, what, args)

const scatterNow = (state: State, value: unknown, options: Client.ScatterOptions | undefined, scope: Scope.Scope) => {
  const { core } = state
  const key = core.keys.fresh("scatter")
  const payload = Value.encode(value, { share: typeof SharedArrayBuffer !== "undefined" })
  const id = Id.offeredId(key, core.id)
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
      all: options?.broadcast ?? false
    },
    wanted: true
  })
  return handleOf(state, { name: "scatter", decodeSuccess: Value.decode }, key, scope)
}

export const scatter = (state: State, value: unknown, options: Client.ScatterOptions | undefined) =>
  Effect.flatMap(Scope.Scope, (scope): Effect.Effect<Future<any>, SubmitError> => {
    if (state.core.closed) {
      return Effect.fail(new SubmitError({ reason: "ClientClosed", detail: "the client is closed" }))
    }
    try {
      return Effect.succeed(scatterNow(state, value, options, scope))
    } catch (error) {
      if (!(error instanceof Value.NotEncodable || error instanceof Value.FutureInResult)) throw error
      return Effect.fail(new SubmitError({ reason: "NotEncodable", path: error.path, ...withAdvice(error.message) }))
    }
  })
