/**
 * What the functions of `Client` do, on one client core, for the program or for one attempt.
 *
 * `submit` and its kin read what crosses outward from the fiber itself: they cost no span and no service lookup through
 * an Effect.
 */
import * as Id from "@creel/core/Id"
import * as Payload from "@creel/core/Payload"
import type * as Spec from "@creel/core/Spec"
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as GlobalValue from "effect/GlobalValue"
import * as HashMap from "effect/HashMap"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import * as Client from "../Client.js"
import * as Door from "../Door.js"
import type { Future } from "../Future.js"
import { SubmitError } from "../FutureError.js"
import * as PlainFunction from "../PlainFunction.js"
import * as Task from "../Task.js"
import * as Value from "../Value.js"
import { decoder, withAdvice } from "./answers.js"
import { Completion } from "./asCompleted.js"
import { type AttemptBinding, ClientCore } from "./clientCore.js"
import { gather } from "./gather.js"
import type { Handle } from "./handle.js"
import * as Submission from "./submission.js"

type AnyHandle = Handle<any, any>
type AnyFuture = Future<unknown, unknown>

interface Region {
  readonly submission: Task.SubmitOptions
  readonly batchSize: number
  readonly failWhenFull: boolean
}

const region = GlobalValue.globalValue(
  Symbol.for("creel/Client/region"),
  () => FiberRef.unsafeMake<Region>({ submission: Submission.noOptions, batchSize: 1000, failWhenFull: false })
)

export const withOptions =
  (options: Client.RegionOptions) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.locallyWith(self, region, (outer) => {
      const { batchSize, onFullOutbox, ...submission } = options
      return {
        submission: { ...outer.submission, ...submission },
        batchSize: batchSize ?? outer.batchSize,
        failWhenFull: onFullOutbox === undefined ? outer.failWhenFull : onFullOutbox === "fail"
      }
    })

interface State {
  readonly core: ClientCore
  readonly attempt: AttemptBinding | undefined
  readonly io: number
}

const states = new WeakMap<Client.Service, State>()

const stateOf = (service: Client.Service): State => {
  const state = states.get(service)
  if (state === undefined) {
    throw new Error("this Client service was not made by Creel: a wrapper must pass calls on to one that was")
  }
  return state
}

// -------------------------------------------------------------------------------------------------
// submitting
// -------------------------------------------------------------------------------------------------

type AnyFiber = Fiber.RuntimeFiber<any, any>

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

const handleOf = (state: State, contract: Task.Contract.Any, key: string, scope: Scope.Scope): AnyHandle => {
  const { attempt, core } = state
  return core.handle(
    key,
    contract.name,
    decoder({
      key,
      decodeSuccess: (payload) => contract.decodeSuccess(payload),
      findTask: (id) => core.tasks.get(id),
      publicKey: (key) => core.publicKey(key)
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

const serviceIn = (fiber: AnyFiber): Client.Service =>
  Context.get(fiber.currentContext as Context.Context<Client.Client>, Client.Client)

const scopeIn = (fiber: AnyFiber): Scope.Scope =>
  Context.get(fiber.currentContext as Context.Context<Scope.Scope>, Scope.Scope)

const submitWith = (
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

const stateInContext = (fiber: AnyFiber): State => stateOf(serviceIn(fiber))

export const submit: Client.Submit<Client.Client> = (what: unknown, ...args: ReadonlyArray<unknown>): any =>
  submitWith(stateInContext, what, args)

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

const mapWith = (
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
      return Effect.as(Effect.yieldNow(), false)
    })
    const all: Effect.Effect<Array<AnyFuture>, SubmitError> = Effect.flatMap(
      whenRoom(state, fiber, batch),
      (end) => end ? Effect.succeed(futures) : all
    )
    // What was submitted before one was refused is nobody's.
    return Effect.tapError(all, () =>
      Effect.sync(() => futures.forEach((future) => state.core.release(future as AnyHandle))))
  })

export const map: Client.Map<Client.Client> = (what: unknown, ...columns: ReadonlyArray<Iterable<unknown>>): any =>
  mapWith(stateInContext, what, columns)

/** Interrupting it interrupts the future and waits for the finalizers of its work. */
const runWith = (
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
  runWith(stateInContext, what, args)

const fireWith = (
  stateFor: (fiber: AnyFiber) => State,
  what: unknown,
  args: ReadonlyArray<unknown>
): Effect.Effect<string, SubmitError> =>
  Effect.withFiberRuntime<string, SubmitError>((runtime) => {
    const fiber = runtime as AnyFiber
    const state = stateFor(fiber)
    return Effect.map(
      Effect.flatMap(contractOf(what), (contract) => submitNow(state, fiber, contract, args, true)),
      (spec) => state.core.publicKey(spec.key)
    )
  })

export const fireAndForget: Client.FireAndForget<Client.Client> = (
  what: unknown,
  ...args: ReadonlyArray<unknown>
): any => fireWith(stateInContext, what, args)

const scatterNow = (state: State, value: unknown, options: Client.ScatterOptions | undefined, scope: Scope.Scope) => {
  const { attempt, core } = state
  const key = core.freshKey("scatter")
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
  const decode = decoder<unknown, never>({
    key,
    decodeSuccess: Value.decode,
    findTask: (id) => core.tasks.get(id),
    publicKey: (key) => core.publicKey(key)
  })
  return core.handle<unknown, never>(key, "scatter", decode, scope, attempt)
}

const scatter = (state: State, value: unknown, options: Client.ScatterOptions | undefined) =>
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

// -------------------------------------------------------------------------------------------------
// results
// -------------------------------------------------------------------------------------------------

const listOf = (futures: AnyFuture | Iterable<AnyFuture>): ReadonlyArray<AnyHandle> =>
  (Symbol.iterator in futures && !("key" in futures) ? [...(futures as Iterable<AnyFuture>)] : [futures]) as never

const wait = (
  state: State,
  futures: AnyFuture | Iterable<AnyFuture>,
  options: Client.WaitOptions | undefined
): Effect.Effect<Client.Waited<any>, Cause.TimeoutException> =>
  Effect.suspend(() => {
    const handles = listOf(futures)
    const until = options?.until ?? "all"
    const count = until === "all" ? handles.length : until === "first" ? Math.min(1, handles.length) : until
    const waited = Effect.map(state.core.waiting(handles, Math.min(count, handles.length)), () => ({
      done: handles.filter((handle) => handle.done),
      notDone: handles.filter((handle) => !handle.done)
    }))
    return options?.timeout === undefined ? waited : Effect.timeout(waited, options.timeout)
  })

// -------------------------------------------------------------------------------------------------
// asking
// -------------------------------------------------------------------------------------------------

const keyOf = (core: ClientCore, future: AnyFuture | string): string =>
  typeof future === "string"
    ? core.handlesOf(core.namedKey(future)).length > 0 ? core.namedKey(future) : future
    : (future as AnyHandle).row.key

const progressWith = (
  state: State,
  futures: Iterable<AnyFuture> | undefined,
  interval: Duration.DurationInput | undefined
): Stream.Stream<ReadonlyArray<Door.GroupProgress>> => {
  const handles = futures === undefined ? undefined : [...futures] as Array<AnyHandle>
  const ask = state.core.world.door.ask.progress(handles?.map((handle) => handle.row.key))
  const every = interval ?? "100 millis"
  if (handles === undefined) return Stream.repeatEffectWithSchedule(ask, Schedule.spaced(every))
  // The last one is asked for when all are done, so that the last thing seen is the end.
  const done = Effect.sync(() => handles.every((handle) => handle.done))
  const sooner = Effect.race(Effect.sleep(every), state.core.waiting(handles, handles.length))
  return Stream.unfoldEffect<"first" | "next" | "over", ReadonlyArray<Door.GroupProgress>, never, never>(
    "first",
    (at) =>
      at === "over" ? Effect.succeedNone : Effect.gen(function*() {
        if (at === "next") yield* sooner
        const over = yield* done
        return Option.some([yield* ask, over ? "over" as const : "next" as const] as const)
      })
  )
}

export const progress = (
  futures?: Iterable<AnyFuture>,
  options?: { readonly interval?: Duration.DurationInput | undefined }
): Stream.Stream<ReadonlyArray<Door.GroupProgress>, never, Client.Client> =>
  Stream.unwrap(Effect.map(Client.Client, (service) => service.progress(futures, options)))

export const stream = <A, B, E, E2, R2>(
  task: Task.Contract<[A], B, E>,
  options: Client.StreamOptions | undefined,
  self: Stream.Stream<A, E2, R2>
) =>
  Stream.unwrap(
    Effect.map(Client.Client, (service) => service.stream(task, options)(self))
  )

/** In one process workers join within a few turns: the clock is asked only after those. */
const turns = 64

/** Milliseconds: 20, and ever longer up to a second. */
const pause = (n: number) => Math.min(1000, 20 * 1.5 ** Math.min(n, 20))

const waitForWorkers = (door: Door.Service, count: number, timeout: Duration.DurationInput | undefined) => {
  const look = (turn: number): Effect.Effect<ReadonlyArray<Door.WorkerView>> =>
    Effect.flatMap(
      door.ask.workers,
      (workers) =>
        workers.filter((worker) => worker.status === "running").length >= count
          ? Effect.succeed(workers)
          : Effect.zipRight(turn < turns ? Effect.yieldNow() : Effect.sleep(pause(turn - turns)), look(turn + 1))
    )
  return timeout === undefined ? look(0) : Effect.timeout(look(0), timeout)
}

// -------------------------------------------------------------------------------------------------
// the service
// -------------------------------------------------------------------------------------------------

export const fromCore = (core: ClientCore, attempt: AttemptBinding | undefined, io = core.world.io): Client.Service => {
  const state: State = { core, attempt, io }
  const own = () => state
  const { ask } = core.world.door
  /** A question never overtakes what was said before it. */
  const asking = <A>(question: () => Effect.Effect<A>): Effect.Effect<A> =>
    Effect.suspend(() => {
      core.flush()
      return question()
    })
  // The implementation is untyped inside; `Client.Service` is what callers see.
  const service: Client.Service = {
    id: core.id,
    submit: ((what: unknown, ...args: ReadonlyArray<unknown>) => submitWith(own, what, args)) as any,
    map: ((what: unknown, ...columns: ReadonlyArray<Iterable<unknown>>) => mapWith(own, what, columns)) as any,
    run: ((what: unknown, ...args: ReadonlyArray<unknown>) => runWith(own, what, args)) as any,
    fireAndForget: ((what: unknown, ...args: ReadonlyArray<unknown>) => fireWith(own, what, args)) as any,
    gather: (futures, options) => gather(core, futures, options?.mode ?? "default") as any,
    scatter: (value, options) => scatter(state, value, options),
    scatterAll: (values, options) =>
      Effect.all(mapValues(values, (value) => scatter(state, value, options)) as any) as any,
    wait: (futures, options) => wait(state, futures as any, options) as any,
    asCompleted: (futures) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const completion = new Completion<any, any>(core)
          if (futures !== undefined) { for (const future of futures) completion.addNow(future) }
          return completion
        }),
        (completion) => Effect.sync(() => completion.close())
      ),
    cancel: (futures, options) => Effect.sync(() => core.cancel(listOf(futures), options ?? {})),
    retry: (future) =>
      Effect.map(Scope.Scope, (scope) => (future as Handle<any, any>).core.retry(future as any, scope)),
    explain: (future) => asking(() => ask.explain(keyOf(core, future))),
    story: (future) => asking(() => ask.story(keyOf(core, future))),
    whoHas: (futures) =>
      asking(() => {
        const handles = [...futures] as Array<AnyHandle>
        return Effect.map(ask.whoHas(handles.map((handle) => handle.row.key)), (byKey) =>
          Object.fromEntries(handles.map((handle) => [handle.key, byKey[handle.row.key] ?? []])))
      }),
    hasWhat: asking(() => ask.hasWhat),
    nbytes: asking(() => ask.nbytes),
    workers: ask.workers,
    waitForWorkers: (count, options) => waitForWorkers(core.world.door, count, options?.timeout) as any,
    restart: Effect.suspend(() => ask.restart(core.world.name)),
    scale: (workers) => ask.scale(workers),
    progress: (futures, options) => progressWith(state, futures, options?.interval),
    stream: (task, options) => (self) =>
      Stream.mapEffect(self, (element) => runWith(own, task, [element]) as any, {
        concurrency: options?.concurrency ?? 16,
        unordered: options?.ordered === false
      })
  }
  states.set(service, state)
  return service
}

const mapValues = (values: object, f: (value: unknown) => unknown): unknown =>
  Array.isArray(values)
    ? values.map(f)
    : Object.fromEntries(Object.entries(values).map(([key, value]) => [key, f(value)]))

export const makeCore = (options: Client.Options): Effect.Effect<ClientCore, never, Door.Door | Scope.Scope> =>
  Effect.gen(function*() {
    const door = yield* Door.Door
    const clock = yield* Effect.clock
    const runtime = yield* Effect.runtime<never>()
    const nonce = yield* Random.nextIntBetween(0x100000, 0xffffff)
    const more = yield* Random.nextIntBetween(0x100000, 0xffffff)
    const core = new ClientCore({
      id: `c${nonce.toString(16)}${more.toString(16)}`,
      name: options.name ?? "client",
      door,
      clock,
      runtime,
      grace: Duration.decode(options.grace ?? "5 seconds"),
      outboxMax: options.outboxMax ?? 64 * 1024 * 1024,
      io: options.io ?? 32
    })
    yield* Effect.acquireRelease(
      Effect.map(door.attachClient(core.id, core.ears), (mouth) => core.open(mouth)),
      () => Effect.sync(() => core.close())
    )
    return core
  })
