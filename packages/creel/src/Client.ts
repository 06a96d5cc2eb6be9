/**
 * What a program does with a cluster: submit, gather, wait, cancel, ask. A module of functions that use the `Client`
 * in the context; the service has the same functions, for programs with two clusters.
 *
 * Submitting never waits for the scheduler. A future belongs to the Scope it was submitted in.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Args, Errs } from "./Args.js"
import type { AsCompleted } from "./AsCompleted.js"
import * as computing from "./client/compute.js"
import type { AttemptBinding, ClientCore } from "./client/core.js"
import * as internal from "./client/service.js"
import { stateIn, tagKey, withOptions as withRegion } from "./client/state.js"
import * as submitting from "./client/submit.js"
import type { AdaptOptions, ScaleOptions } from "./Cluster.js"
import type * as Collection from "./Collection.js"
import type * as Door from "./Door.js"
import type { Future } from "./Future.js"
import type { FutureError, SubmitError } from "./FutureError.js"
import type * as Gather from "./Gather.js"
import type * as Graph from "./Graph.js"
import type { ManageError } from "./ManageError.js"
import type * as PlainFunction from "./PlainFunction.js"
import type * as Task from "./Task.js"

type ValueOf<X> = PlainFunction.Success<X>
type ErrorOf<X> = PlainFunction.Error<X>

/**
 * One submission, of a task or of a plain function.
 *
 * @since 0.1.0
 * @category models
 */
export interface Submit<R> {
  <P extends ReadonlyArray<any>, A, E, const T extends Args<P>>(
    task: Task.Contract<P, A, E>,
    ...args: T
  ): Effect.Effect<Future<A, E | Errs<T, P>>, SubmitError, Scope.Scope | R>
  <P extends ReadonlyArray<any>, X, const T extends Args<P>>(
    f: (...args: P) => X,
    ...args: T
  ): Effect.Effect<Future<ValueOf<X>, ErrorOf<X> | Errs<T, P>>, SubmitError, Scope.Scope | R>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Run<R> {
  <P extends ReadonlyArray<any>, A, E, const T extends Args<P>>(
    task: Task.Contract<P, A, E>,
    ...args: T
  ): Effect.Effect<A, E | Errs<T, P> | FutureError | SubmitError, R>
  <P extends ReadonlyArray<any>, X, const T extends Args<P>>(
    f: (...args: P) => X,
    ...args: T
  ): Effect.Effect<ValueOf<X>, ErrorOf<X> | Errs<T, P> | FutureError | SubmitError, R>
}

type Columns<P extends ReadonlyArray<any>> = { readonly [K in keyof P]: Iterable<Args<P>[K]> }
type Rows<T> = { readonly [K in keyof T]: T[K] extends Iterable<infer U> ? U : never }
type RowErrs<T, P extends ReadonlyArray<any>> = Rows<T> extends infer U extends ReadonlyArray<unknown> ? Errs<U, P>
  : never

/**
 * One submission for each element, of several iterables together; it ends with the shortest.
 *
 * @since 0.1.0
 * @category models
 */
export interface Map<R> {
  <P extends ReadonlyArray<any>, A, E, T extends Columns<P>>(
    task: Task.Contract<P, A, E>,
    ...columns: T
  ): Effect.Effect<Array<Future<A, E | RowErrs<T, P>>>, SubmitError, Scope.Scope | R>
  <P extends ReadonlyArray<any>, X, T extends Columns<P>>(
    f: (...args: P) => X,
    ...columns: T
  ): Effect.Effect<Array<Future<ValueOf<X>, ErrorOf<X> | RowErrs<T, P>>>, SubmitError, Scope.Scope | R>
}

/**
 * Options for all that is submitted by one `compute` or `persist`. What a task itself says goes over them.
 *
 * @since 0.1.0
 * @category models
 */
export interface ComputeOptions extends Omit<Task.SubmitOptions, "key"> {
  /** Whether the graph may be inlined and fused before it is submitted. Default: true. */
  readonly optimize?: boolean | undefined
}

/**
 * A graph, or anything that says which graph it stands for, submitted at once.
 *
 * @since 0.1.0
 * @category models
 */
export interface Compute<R0> {
  <A, E, R>(
    collection: Collection.Collection<A, E, R>,
    options?: ComputeOptions
  ): Effect.Effect<Future<A, E>, SubmitError, Scope.Scope | R | R0>
  <All, Outputs, const K extends keyof All & string>(
    graph: Graph.Graph<All, Outputs>,
    options: ComputeOptions & { readonly outputs: ReadonlyArray<K> }
  ): Effect.Effect<{ readonly [P in K]: All[P] }, SubmitError, Scope.Scope | R0>
  <All, Outputs>(
    graph: Graph.Graph<All, Outputs>,
    options?: ComputeOptions
  ): Effect.Effect<Outputs, SubmitError, Scope.Scope | R0>
}

/**
 * A collection, or a graph, submitted at once, and the same one standing on what comes of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Persist<R0> {
  <C extends Collection.Any>(
    collection: C,
    options?: ComputeOptions
  ): Effect.Effect<C, SubmitError, Scope.Scope | Collection.Context<C> | R0>
  <All, Outputs>(
    graph: Graph.Graph<All, Outputs>,
    options?: ComputeOptions & { readonly outputs?: ReadonlyArray<keyof All & string> | undefined }
  ): Effect.Effect<Graph.Graph<All, Outputs>, SubmitError, Scope.Scope | R0>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface FireAndForget<R> {
  <P extends ReadonlyArray<any>, A, E, const T extends Args<P>>(
    task: Task.Contract<P, A, E>,
    ...args: T
  ): Effect.Effect<string, SubmitError, R>
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ScatterOptions {
  /** Names or ids of the workers to put it on. Default: any one. */
  readonly workers?: string | ReadonlyArray<string> | undefined
  /** A copy on each of them, or on all. Default: false. */
  readonly broadcast?: boolean | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface WaitOptions {
  /** How many must be done. Default: all. */
  readonly until?: "all" | "first" | number | undefined
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Waited<F> {
  /** Done, whatever became of them, in the order given. */
  readonly done: ReadonlyArray<F>
  readonly notDone: ReadonlyArray<F>
}

/** A failure that can only be where a timeout is asked for. */
type OnTimeout<O> = O extends { readonly timeout: Duration.DurationInput } ? Cause.TimeoutException : never

/**
 * @since 0.1.0
 * @category models
 */
export interface StreamOptions {
  /** How many submissions may be under way at once. Default: 16. */
  readonly concurrency?: number | undefined
  /** Whether results come in the order of the elements. Default: true. */
  readonly ordered?: boolean | undefined
}

/**
 * Options for a region: see `withOptions`.
 *
 * @since 0.1.0
 * @category models
 */
export interface RegionOptions extends Omit<Task.SubmitOptions, "key"> {
  /** `map` submits so many at once, and lets others have their turn in between. Default: 1000. */
  readonly batchSize?: number | undefined
  /** What `submit` does above the outbox's byte budget. Default: `suspend`. */
  readonly onFullOutbox?: "suspend" | "fail" | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ReplicateOptions {
  /** How many workers are to hold each value, at least 1. Default: all there are, and all that join. */
  readonly copies?: number | undefined
  /** Names or ids of the workers that further copies may be made on. Default: any. */
  readonly workers?: ReadonlyArray<string> | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface RebalanceOptions {
  /** Names or ids of the workers between which values move. Default: all. */
  readonly workers?: ReadonlyArray<string> | undefined
}

/**
 * The functions of this module, of one client.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly id: string
  readonly submit: Submit<never>
  readonly map: Map<never>
  readonly run: Run<never>
  readonly fireAndForget: FireAndForget<never>
  readonly compute: Compute<never>
  readonly persist: Persist<never>
  readonly gather: <const T, const M extends Gather.Mode = "default">(
    futures: T,
    options?: { readonly mode?: M | undefined }
  ) => Effect.Effect<Gather.Values<T, M>, Gather.Failure<T, M>>
  readonly scatter: <A>(value: A, options?: ScatterOptions) => Effect.Effect<Future<A>, SubmitError, Scope.Scope>
  readonly scatterAll: <const T extends ReadonlyArray<unknown> | { readonly [key: string]: unknown }>(
    values: T,
    options?: ScatterOptions
  ) => Effect.Effect<{ -readonly [K in keyof T]: Future<T[K]> }, SubmitError, Scope.Scope>
  readonly wait: <F extends Future.Any, const O extends WaitOptions = {}>(
    futures: F | Iterable<F>,
    options?: O
  ) => Effect.Effect<Waited<F>, OnTimeout<O>>
  readonly asCompleted: <A, E>(futures?: Iterable<Future<A, E>>) => Effect.Effect<AsCompleted<A, E>, never, Scope.Scope>
  readonly cancel: (
    futures: Future.Any | Iterable<Future.Any>,
    options?: { readonly reason?: string | undefined; readonly force?: boolean | undefined }
  ) => Effect.Effect<void>
  readonly retry: <A, E>(future: Future<A, E>) => Effect.Effect<Future<A, E>, never, Scope.Scope>
  readonly explain: (future: Future.Any | string) => Effect.Effect<Door.Explanation>
  readonly story: (future: Future.Any | string) => Effect.Effect<ReadonlyArray<Door.StoryLine>>
  readonly whoHas: (futures: Iterable<Future.Any>) => Effect.Effect<Readonly<Record<string, ReadonlyArray<string>>>>
  readonly hasWhat: Effect.Effect<Readonly<Record<string, ReadonlyArray<string>>>>
  readonly nbytes: Effect.Effect<Readonly<Record<string, number>>>
  readonly workers: Effect.Effect<ReadonlyArray<Door.WorkerView>>
  readonly memory: Effect.Effect<Door.Memory>
  readonly workersMemory: Effect.Effect<ReadonlyArray<Door.MemoryOfWorker>>
  readonly whyHeld: (future: Future.Any | string) => Effect.Effect<Door.WhyHeld>
  readonly wouldFree: (
    futures: Future.Any | string | Iterable<Future.Any | string>
  ) => Effect.Effect<Door.WouldFree>
  readonly waitForWorkers: <const O extends { readonly timeout?: Duration.DurationInput | undefined } = {}>(
    count: number,
    options?: O
  ) => Effect.Effect<ReadonlyArray<Door.WorkerView>, OnTimeout<O>>
  readonly restart: Effect.Effect<void, ManageError>
  readonly scale: (workers: number, options?: ScaleOptions) => Effect.Effect<void, ManageError>
  readonly adapt: (options: AdaptOptions) => Effect.Effect<void, ManageError, Scope.Scope>
  readonly replicate: (
    futures: Future.Any | Iterable<Future.Any>,
    options?: ReplicateOptions
  ) => Effect.Effect<ReadonlyArray<Door.Copies>>
  readonly checkpoint: (
    futures: Future.Any | Iterable<Future.Any>
  ) => Effect.Effect<ReadonlyArray<Door.Copies>>
  readonly rebalance: (futures?: Iterable<Future.Any>, options?: RebalanceOptions) => Effect.Effect<void>
  readonly retire: (worker: string) => Effect.Effect<Door.Retiring, ManageError>
  readonly progress: (
    futures?: Iterable<Future.Any>,
    options?: { readonly interval?: Duration.DurationInput | undefined }
  ) => Stream.Stream<ReadonlyArray<Door.GroupProgress>>
  readonly stream: <A, B, E>(
    task: Task.Contract<[A], B, E>,
    options?: StreamOptions
  ) => <E2, R2>(self: Stream.Stream<A, E2, R2>) => Stream.Stream<B, E | E2 | FutureError | SubmitError, R2>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Client extends Context.Tag(tagKey)<Client, Service>() {}

const client = <A, E, R>(f: (service: Service) => Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Client> =>
  Effect.flatMap(Client, f)

/**
 * Submits a task, or a plain function that closes over nothing, and answers its Future at once. Futures are accepted
 * wherever their value is, at any depth of arrays and plain records: the work moves to the data.
 *
 * Fails with `SubmitError` for what is wrong before a future exists, and for nothing else.
 *
 * @example
 * ```ts
 * import { Client, Task } from "creel"
 * import { Effect } from "effect"
 *
 * const add = Task.sync("add", (x: number, y: number) => x + y)
 *
 * const program = Effect.gen(function*() {
 *   const x = yield* Client.submit(add, 1, 2)
 *   const y = yield* Client.submit((x: number) => x * 10, x)
 *   return yield* y // 30
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category submitting
 */
export const submit: Submit<Client> = submitting.submit

/**
 * One future for each element of one or several iterables; it ends with the shortest.
 *
 * @example
 * ```ts
 * import { Client, Task } from "creel"
 * import { Effect } from "effect"
 *
 * const add = Task.sync("add", (x: number, y: number) => x + y)
 *
 * const program = Effect.gen(function*() {
 *   const sums = yield* Client.map(add, [1, 2, 3], [10, 20, 30])
 *   return yield* Client.gather(sums) // [11, 22, 33]
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category submitting
 */
export const map: Map<Client> = submitting.map

/**
 * Submits, joins, and cancels when interrupted: the form for a request handler.
 *
 * @since 0.1.0
 * @category submitting
 */
export const run: Run<Client> = submitting.run

/**
 * Submits work that nobody here waits for: the cluster wants it until it is done, whoever leaves. Answers its key.
 *
 * @since 0.1.0
 * @category submitting
 */
export const fireAndForget: FireAndForget<Client> = submitting.fireAndForget

/**
 * Submits a graph, or any collection, and answers at once: of a collection the Future of its value, of a graph a record of
 * Futures, one for each output (the keys that no other node names, or those that `outputs` asks for).
 *
 * Everything goes in an order that frees memory early. Only the outputs are held: what lies between is dropped as soon as
 * nothing needs it any more. Keys are this client's own: a graph that is computed again while its futures are held is not
 * done again, nor is what two graphs have in common under one key. Fails with `SubmitError` for what is wrong before there
 * are futures (`BadGraph`: a key that no node has, or a circle, by name), and then nothing of it has begun; so it is when
 * it is interrupted.
 *
 * @example
 * ```ts
 * import { Client, Graph, Task } from "creel"
 * import { Effect } from "effect"
 *
 * const inc = Task.sync("inc", (x: number) => x + 1)
 * const add = Task.sync("add", (x: number, y: number) => x + y)
 *
 * const graph = Graph.make({
 *   x: Graph.call(inc, 1),
 *   y: Graph.call(inc, Graph.ref("x")),
 *   total: Graph.call(add, Graph.ref("x"), Graph.ref("y"))
 * })
 *
 * const program = Effect.gen(function*() {
 *   const { total } = yield* Client.compute(graph)
 *   const { x } = yield* Client.compute(graph, { outputs: ["x"] })
 *   return [yield* total, yield* x] // [5, 2]
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category submitting
 */
export const compute: Compute<Client> = (what: unknown, options?: ComputeOptions): any =>
  computing.computeWith(stateIn, what, options)

/**
 * Submits a collection and answers the same collection, standing on futures instead of the work that makes its outputs:
 * what is built on it later does not do that work again. Of a graph, the outputs (or what `outputs` asks for) are Held nodes. The futures belong to the Scope it was called in.
 *
 * @example
 * ```ts
 * import { Client, Collection, Graph, Task } from "creel"
 * import { Effect } from "effect"
 *
 * const inc = Task.sync("inc", (x: number) => x + 1)
 *
 * const two = Collection.make<number>({
 *   graph: Graph.make({ two: Graph.call(inc, 1) }),
 *   outputs: ["two"]
 * })
 *
 * const program = Effect.gen(function*() {
 *   const here = yield* Client.persist(two)
 *   const future = yield* Client.compute(here)
 *   return yield* future // 2
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category submitting
 */
export const persist: Persist<Client> = (what: unknown, options?: ComputeOptions): any =>
  computing.persistWith(stateIn, what, options)

/**
 * Options for all that is submitted in a region; what a task itself says goes over them.
 *
 * @example
 * ```ts
 * import { Client, Task } from "creel"
 *
 * const add = Task.sync("add", (x: number, y: number) => x + y)
 *
 * const urgent = Client.submit(add, 1, 2).pipe(Client.withOptions({ priority: 10 }))
 * ```
 *
 * @since 0.1.0
 * @category submitting
 */
export const withOptions: (
  options: RegionOptions
) => <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R> = withRegion

/**
 * Brings the values of futures nested in arrays and plain records here, in their places. `mode` says what becomes of
 * failures: see `Gather.Mode`.
 *
 * @since 0.1.0
 * @category results
 */
export const gather = <const T, const M extends Gather.Mode = "default">(
  futures: T,
  options?: { readonly mode?: M | undefined }
): Effect.Effect<Gather.Values<T, M>, Gather.Failure<T, M>, Client> => client((_) => _.gather(futures, options))

/**
 * Puts a value on a worker (with `broadcast`, on each) and answers its Future. Scattered data cannot be computed again:
 * when its last holder dies, the future is `lost`.
 *
 * @since 0.1.0
 * @category submitting
 */
export const scatter = <A>(
  value: A,
  options?: ScatterOptions
): Effect.Effect<Future<A>, SubmitError, Client | Scope.Scope> => client((_) => _.scatter(value, options))

/**
 * Scatters each element of an array, or each field of a record, and answers their Futures in the same shape.
 *
 * @since 0.1.0
 * @category submitting
 */
export const scatterAll = <const T extends ReadonlyArray<unknown> | { readonly [key: string]: unknown }>(
  values: T,
  options?: ScatterOptions
): Effect.Effect<{ -readonly [K in keyof T]: Future<T[K]> }, SubmitError, Client | Scope.Scope> =>
  client((_) => _.scatterAll(values, options))

/**
 * Waits until futures are done, whatever becomes of them, and leaves their values where they are.
 *
 * @since 0.1.0
 * @category results
 */
export const wait = <F extends Future.Any, const O extends WaitOptions = {}>(
  futures: F | Iterable<F>,
  options?: O
): Effect.Effect<Waited<F>, OnTimeout<O>, Client> => client((_) => _.wait(futures, options))

/**
 * Futures in the order in which they are done; more can be added while one looks. See `AsCompleted`.
 *
 * @since 0.1.0
 * @category results
 */
export const asCompleted = <A, E>(
  futures?: Iterable<Future<A, E>>
): Effect.Effect<AsCompleted<A, E>, never, Client | Scope.Scope> => client((_) => _.asCompleted(futures))

/**
 * Stops tasks and their dependents. Their futures here end at once as `Cancelled`, naming who asked and why. What other
 * clients want too goes on for them, unless `force`, which also ends code that never yields, with its executor.
 *
 * @since 0.1.0
 * @category managing
 */
export const cancel = (
  futures: Future.Any | Iterable<Future.Any>,
  options?: { readonly reason?: string | undefined; readonly force?: boolean | undefined }
): Effect.Effect<void, never, Client> => client((_) => _.cancel(futures, options))

/**
 * Tries a failed future again and answers a new Future. See `Future.retry`.
 *
 * @since 0.1.0
 * @category managing
 */
export const retry = <A, E>(future: Future<A, E>): Effect.Effect<Future<A, E>, never, Client | Scope.Scope> =>
  client((_) => _.retry(future))

/**
 * Why a future is where it is: which inputs it waits for, queued behind what, running where and since when, or
 * unrunnable and why.
 *
 * @since 0.1.0
 * @category asking
 */
export const explain = (future: Future.Any | string): Effect.Effect<Door.Explanation, never, Client> =>
  client((_) => _.explain(future))

/**
 * What the scheduler decided about a key or a worker, in order.
 *
 * @since 0.1.0
 * @category asking
 */
export const story = (future: Future.Any | string): Effect.Effect<ReadonlyArray<Door.StoryLine>, never, Client> =>
  client((_) => _.story(future))

/**
 * Which workers hold the values, by key.
 *
 * @since 0.1.0
 * @category asking
 */
export const whoHas = (
  futures: Iterable<Future.Any>
): Effect.Effect<Readonly<Record<string, ReadonlyArray<string>>>, never, Client> => client((_) => _.whoHas(futures))

/**
 * Which keys each worker holds.
 *
 * @since 0.1.0
 * @category asking
 */
export const hasWhat: Effect.Effect<Readonly<Record<string, ReadonlyArray<string>>>, never, Client> = client((_) =>
  _.hasWhat
)

/**
 * Bytes held on workers, by group.
 *
 * @since 0.1.0
 * @category asking
 */
export const nbytes: Effect.Effect<Readonly<Record<string, number>>, never, Client> = client((_) => _.nbytes)

/**
 * The workers, as the scheduler sees them.
 *
 * @since 0.1.0
 * @category asking
 */
export const workers: Effect.Effect<ReadonlyArray<Door.WorkerView>, never, Client> = client((_) => _.workers)

/**
 * What is held where, in bytes: by worker (managed and what of that is shared, spilled, the rest of its process, its limit, the
 * heap of each executor beside its limit), by group of tasks, and the largest values. For the last two every value is looked
 * at; `workersMemory` costs nothing.
 *
 * @example
 * ```ts
 * import { Client, Task } from "creel"
 * import { Console, Effect } from "effect"
 *
 * const zeros = Task.sync("zeros", (length: number) => new Float64Array(length))
 *
 * const program = Effect.gen(function*() {
 *   const values = yield* Client.map(zeros, [1_000, 1_000_000])
 *   yield* Client.wait(values)
 *   const { groups, largest, workers } = yield* Client.memory
 *   yield* Console.log(groups[0]?.bytes, largest[0]?.key, workers.map((worker) => worker.managed))
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category asking
 */
export const memory: Effect.Effect<Door.Memory, never, Client> = client((_) => _.memory)

/**
 * What values take on each worker, in bytes: the part of `memory` that costs nothing to ask, however much is held.
 *
 * @since 0.1.0
 * @category asking
 */
export const workersMemory: Effect.Effect<ReadonlyArray<Door.MemoryOfWorker>, never, Client> = client((_) =>
  _.workersMemory
)

/**
 * Why a value is held, and a key known: which clients want it, which unfinished tasks need it, of what it is lineage,
 * whether it was scattered or is kept by `fireAndForget`, and who holds it. `summary` says it in a sentence.
 *
 * @example
 * ```ts
 * import { Client, Task } from "creel"
 * import { Console, Effect } from "effect"
 *
 * const inc = Task.sync("inc", (x: number) => x + 1)
 *
 * const program = Effect.gen(function*() {
 *   const x = yield* Client.submit(inc, 1)
 *   yield* Client.wait(x)
 *   const why = yield* Client.whyHeld(x)
 *   yield* Console.log(why.summary) // inc-… is held (… bytes on …): wanted by 1 client: client (c…)
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category asking
 */
export const whyHeld = (future: Future.Any | string): Effect.Effect<Door.WhyHeld, never, Client> =>
  client((_) => _.whyHeld(future))

/**
 * What would be freed if this client let go of these futures: values that only they keep alive, in bytes and by key, and
 * unfinished work that would be given up. What other clients want, or other work needs, stays. Nothing changes.
 *
 * @example
 * ```ts
 * import { Client, Task } from "creel"
 * import { Console, Effect } from "effect"
 *
 * const zeros = Task.sync("zeros", (length: number) => new Float64Array(length))
 *
 * const program = Effect.gen(function*() {
 *   const x = yield* Client.submit(zeros, 1_000_000)
 *   yield* Client.wait(x)
 *   const { bytes } = yield* Client.wouldFree(x)
 *   yield* Console.log(bytes) // a little over 8,000,000
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category asking
 */
export const wouldFree = (
  futures: Future.Any | string | Iterable<Future.Any | string>
): Effect.Effect<Door.WouldFree, never, Client> => client((_) => _.wouldFree(futures))

/**
 * Waits until so many workers are there.
 *
 * @since 0.1.0
 * @category asking
 */
export const waitForWorkers = <const O extends { readonly timeout?: Duration.DurationInput | undefined } = {}>(
  count: number,
  options?: O
): Effect.Effect<ReadonlyArray<Door.WorkerView>, OnTimeout<O>, Client> =>
  client((_) => _.waitForWorkers(count, options))

/**
 * Forgets all work of all clients: every future that is not settled ends as `Cancelled`, values are dropped. On a cluster of
 * several machines it is for operators: others get a `ManageError`.
 *
 * @since 0.1.0
 * @category managing
 */
export const restart: Effect.Effect<void, ManageError, Client> = client((_) => _.restart)

/**
 * Changes how many workers this program's cluster has, and waits until it is so: all workers of a local cluster, those of
 * this node on a cluster of several machines. A program that has started none gets a `ManageError`. Each that comes is as
 * large as the first. Those that go are given nothing more; what has
 * not begun goes to others, what runs may end, and what only they hold is copied to those that stay: `within` 30 seconds,
 * unless told otherwise. With `within: 0` they go at once, and so does what only they hold. To interrupt it stops the
 * waiting, and not the leaving. What is no whole number from 0 is refused with a defect.
 *
 * @example
 * ```ts
 * import { Client } from "creel"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   yield* Client.scale(8)
 *   // The work is done: what was made stays, on two workers.
 *   yield* Client.scale(2, { within: "1 minute" })
 * })
 * ```
 *
 * @since 0.1.0
 * @category managing
 */
export const scale = (workers: number, options?: ScaleOptions): Effect.Effect<void, ManageError, Client> =>
  client((_) => _.scale(workers, options))

/**
 * Has the number of workers follow the work, for as long as the scope is open: the same workers that `scale` speaks of. More
 * come at once, as many as get what is known done within `target`. Those too many go only when fewer were enough several
 * times in a row, only when they have had nothing to do for a while, and as with `retire`: what only they hold goes to others
 * first, and one that holds what no other can take stays. Values that fill the memory keep workers, and bring more.
 *
 * When the scope closes the number stays as it is. Of several that adapt the same workers the last that began counts.
 * `Client.story("local")` (of a node: its id) says when the number was changed, and why.
 *
 * @example
 * ```ts
 * import { Client, Task } from "creel"
 * import { Effect } from "effect"
 *
 * const render = Task.sync("render", (frame: number) => frame * 2)
 *
 * const program = Effect.gen(function*() {
 *   yield* Client.adapt({ minimum: 1, maximum: 8, target: "5 seconds" })
 *   const frames = yield* Client.map(render, Array.from({ length: 10_000 }, (_, n) => n))
 *   return yield* Client.gather(frames)
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category managing
 */
export const adapt = (options: AdaptOptions): Effect.Effect<void, ManageError, Client | Scope.Scope> =>
  client((_) => _.adapt(options))

/**
 * Has so many workers hold the value of each future, and waits until they do or cannot. Copies spread as a tree: each new
 * holder serves the next. It waits for futures that are not done, and goes on counting: when a holder is lost, another
 * copy is made, until the future is released. A smaller number lets the others go (see `copiesIdle` of the cluster).
 *
 * Answers, in the order of the futures, who holds it; `state` is `short` where there are fewer workers than copies.
 *
 * @example
 * ```ts
 * import { Client } from "creel"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const table = yield* Client.scatter([1, 2, 3])
 *   // It survives the loss of any one worker.
 *   const [copies] = yield* Client.replicate(table, { copies: 2 })
 *   console.log(copies?.workers, copies?.state)
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category managing
 */
export const replicate = (
  futures: Future.Any | Iterable<Future.Any>,
  options?: ReplicateOptions
): Effect.Effect<ReadonlyArray<Door.Copies>, never, Client> => client((_) => _.replicate(futures, options))

/**
 * Forgets how these futures were made. It waits until they are done and each value is held by two workers (by one, where
 * no other can take it), and from then on nothing behind them is remembered, neither by the scheduler nor by clients, and
 * arguments that were served for that alone are let go. So a loop of any number of rounds, each made from the one before,
 * stays small; without checkpoints the scheduler cuts by itself, once lineage is over its budget.
 *
 * The price: a value whose lineage was cut cannot be computed again. It is like scattered data, kept as long as anything
 * that was made from it might need it, and `lost` with its last holder. A future that was made from no other future and
 * no large argument has nothing behind it, and stays as it is.
 *
 * Answers, in the order of the futures, who holds it; `state` is `short` where one worker alone does, and `failed` for a
 * future without a value.
 *
 * @example
 * ```ts
 * import { Client, Future, Task } from "creel"
 * import { Effect } from "effect"
 *
 * const step = Task.sync("step", (state: number) => state + 1)
 *
 * const program = Effect.gen(function*() {
 *   let state = yield* Client.submit(step, 0)
 *   for (let round = 1; round < 10_000; round++) {
 *     const next = yield* Client.submit(step, state)
 *     yield* Future.release(state)
 *     state = next
 *     // Every thousand rounds: wait for what was submitted, and forget what it was made from.
 *     if (round % 1_000 === 0) yield* Client.checkpoint(state)
 *   }
 *   return yield* state
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category managing
 */
export const checkpoint = (
  futures: Future.Any | Iterable<Future.Any>
): Effect.Effect<ReadonlyArray<Door.Copies>, never, Client> => client((_) => _.checkpoint(futures))

/**
 * Moves values, of these futures or of everything, until the workers hold about the same number of bytes, and waits until
 * they have arrived. A value that unfinished tasks need stays on its old worker too, and data that was scattered to all
 * workers, or to some by name, stays where it is.
 *
 * @example
 * ```ts
 * import { Client } from "creel"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   yield* Client.scale(8)
 *   yield* Client.rebalance()
 * })
 * ```
 *
 * @since 0.1.0
 * @category managing
 */
export const rebalance = (
  futures?: Iterable<Future.Any>,
  options?: RebalanceOptions
): Effect.Effect<void, never, Client> => client((_) => _.rebalance(futures, options))

/**
 * Has a worker, by name or id, leave without losing anything: it is given no more work, what has not begun goes to others,
 * what runs may end, what only it holds is copied to others, and then it is stopped. A worker that was not started by
 * this cluster is `retired`: whoever started it may stop it. Where no other worker can take what it holds, it stays and
 * the answer is `stuck`. A task cannot wait for the worker that it runs on, nor for one where what submitted it runs: it is
 * told `own` at once, and the worker stays. On a cluster of several machines it is for operators, and for a node's own workers:
 * others get a `ManageError`. Interrupted (by a timeout, say), it stays as well; `Client.explain` of a key it holds says what
 * its copy waits for.
 *
 * @example
 * ```ts
 * import { Client } from "creel"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const { state, stuck } = yield* Client.retire("worker-3")
 *   if (state === "stuck") yield* Effect.logWarning(`${stuck} values have nowhere to go`)
 * })
 * ```
 *
 * @since 0.1.0
 * @category managing
 */
export const retire = (worker: string): Effect.Effect<Door.Retiring, ManageError, Client> =>
  client((_) => _.retire(worker))

/**
 * How far these futures and all they need are, by group, a few times a second until they are done; without futures,
 * everything the scheduler knows, for ever.
 *
 * @since 0.1.0
 * @category asking
 */
export const progress = (
  futures?: Iterable<Future.Any>,
  options?: { readonly interval?: Duration.DurationInput | undefined }
): Stream.Stream<ReadonlyArray<Door.GroupProgress>, never, Client> =>
  Stream.unwrap(Effect.map(Client, (_) => _.progress(futures, options)))

/**
 * A Stream of arguments into a Stream of results, so many submissions under way at once. Ends its submissions when the
 * stream ends.
 *
 * @since 0.1.0
 * @category submitting
 */
export const stream = <A, B, E>(task: Task.Contract<[A], B, E>, options?: StreamOptions) =>
<E2, R2>(
  self: Stream.Stream<A, E2, R2>
): Stream.Stream<B, E | E2 | FutureError | SubmitError, R2 | Client> =>
  Stream.unwrap(Effect.map(Client, (_) => _.stream(task, options)(self)))

/**
 * Everything a client can be told.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Who asks, in cancellations and logs. Default: `client`. */
  readonly name?: string | undefined
  /** How long an interruption waits until work that only it wanted has run its finalizers. Default: 5 seconds. */
  readonly grace?: Duration.DurationInput | undefined
  /** How many waiting Effects and promises share an executor, unless a task says otherwise. Default: 32. */
  readonly io?: number | undefined
  /** Bytes of new work that may wait to leave before `submit` suspends. Default: 64 MiB. */
  readonly outboxMax?: number | undefined
}

/**
 * A client of the scheduler behind the `Door`. All it wanted is released when the layer closes.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Client, never, Door.Door> =>
  Layer.scoped(Client, Effect.map(internal.makeCore(options ?? {}), (core) => internal.fromCore(core, undefined)))

/** @internal */
export const makeCore: (options: Options) => Effect.Effect<ClientCore, never, Door.Door | Scope.Scope> =
  internal.makeCore

/** @internal */
export const fromCore: (core: ClientCore, attempt: AttemptBinding | undefined) => Service = internal.fromCore
