/**
 * The `Client` service, on one client core, for the program or for one attempt: it owns which function is which, and
 * how a core is made. `submit` makes futures, `ask` asks.
 */
import type * as Machine from "@creel/core/Client"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Client from "../Client.js"
import * as Cluster from "../Cluster.js"
import * as Door from "../Door.js"
import { Completion } from "../future/asCompleted.js"
import { SubmitError } from "../FutureError.js"
import { freshId } from "../internal/freshId.js"
import * as Within from "../internal/within.js"
import * as Ask from "./ask.js"
import * as Compute from "./compute.js"
import * as Copies from "./copies.js"
import { type AttemptBinding, ClientCore } from "./core.js"
import { gather } from "./gather.js"
import { bind, type State, Tag } from "./state.js"
import * as Submit from "./submit.js"
import { ofDuration, shown } from "./wrongOptions.js"

export const fromCore = (core: ClientCore, attempt: AttemptBinding | undefined): Client.Service =>
  fromState({ core, attempt, place: undefined })

export const fromState = (state: State): Client.Service => {
  const { core } = state
  const own = () => state
  const { ask } = core.world.door
  /** A question never overtakes what was said before it. */
  const asking = <A, E>(question: () => Effect.Effect<A, E>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      core.flush()
      return question()
    })
  /** What a collection submits to find out what there is to do goes the same way. */
  const here = <A, E, R>(self: Effect.Effect<A, E, R>) =>
    Effect.suspend(() => Effect.provideService(self, Tag, service))
  // The implementation is untyped inside; `Client.Service` is what callers see.
  const service: Client.Service = {
    id: core.id,
    submit: ((what: unknown, ...args: ReadonlyArray<unknown>) => Submit.submitWith(own, what, args)) as any,
    map: ((what: unknown, ...columns: ReadonlyArray<Iterable<unknown>>) => Submit.mapWith(own, what, columns)) as any,
    run: ((what: unknown, ...args: ReadonlyArray<unknown>) => Submit.runWith(own, what, args)) as any,
    fireAndForget: ((what: unknown, ...args: ReadonlyArray<unknown>) => Submit.fireWith(own, what, args)) as any,
    compute: ((what: unknown, options?: Client.ComputeOptions) => here(Compute.computeWith(own, what, options))) as any,
    persist: ((what: unknown, options?: Client.ComputeOptions) => here(Compute.persistWith(own, what, options))) as any,
    gather: (futures, options) => gather(core, futures, options?.mode ?? "default") as any,
    scatter: (value, options) => Submit.scatter(state, value, options),
    scatterAll: (values, options) =>
      isGroup(values)
        ? Effect.all(mapValues(values, (value) => Submit.scatter(state, value, options)) as any) as any
        : Effect.fail(new SubmitError({ reason: "BadOption", detail: notGroup(values) })),
    wait: (futures, options) => Ask.wait(state, futures as any, options) as any,
    asCompleted: (futures) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const completion = new Completion<any, any>(core)
          if (futures !== undefined) {
            for (const future of Ask.listOf("asCompleted", futures)) completion.addNow(future)
          }
          return completion
        }),
        (completion) => Effect.sync(() => completion.close())
      ),
    cancel: (futures, options) => Effect.sync(() => core.cancel(Ask.listOf("cancel", futures), options ?? {})),
    retry: (future) =>
      Effect.map(Scope.Scope, (scope) => {
        const handle = Ask.handleOf("Client.retry", future)
        return handle.core.retry(handle, scope)
      }),
    explain: (future) =>
      asking(() => core.closed ? Effect.succeed(Ask.over(core, future)) : Ask.explain(core, ask, future)),
    story: (future) => asking(() => Ask.story(core, ask, future)),
    whoHas: (futures) =>
      asking(() => {
        const handles = Ask.listOf("whoHas", futures)
        return Effect.map(ask.whoHas(handles.map((handle) => handle.row.key)), (byKey) =>
          Object.fromEntries(handles.map((handle) => [handle.key, byKey[handle.row.key] ?? []])))
      }),
    hasWhat: asking(() => ask.hasWhat),
    nbytes: asking(() => ask.nbytes),
    workers: ask.workers,
    memory: asking(() => Ask.memory(core, ask)),
    workersMemory: asking(() => Effect.map(ask.memory(false), ({ workers }) => workers)),
    whyHeld: (future) => asking(() => core.closed ? Ask.closed("whyHeld") : Ask.whyHeld(core, ask, future)),
    wouldFree: (futures) => asking(() => core.closed ? Ask.closed("wouldFree") : Ask.wouldFree(core, ask, futures)),
    waitForWorkers: (count, options) => Ask.waitForWorkers(core, count, options?.timeout) as any,
    restart: asking(() => ask.restart(core.world.name)),
    scale: (workers, options) =>
      Effect.suspend(() => core.closed ? Ask.closed("scale") : ask.scale(workers, Within.millis(options))),
    adapt: (options) => Effect.suspend(() => core.closed ? Ask.closed("adapt") : ask.adapt(Cluster.adapting(options))),
    replicate: (futures, options) => Copies.replicate(state, futures as any, options),
    checkpoint: (futures) => Copies.checkpoint(state, futures as any),
    rebalance: (futures, options) => Copies.rebalance(state, futures as any, options),
    retire: (worker) => Copies.retire(state, worker),
    progress: (futures, options) => Ask.progress(state, futures, options?.interval),
    stream: (task, options) => (self) =>
      Stream.mapEffect(self, (element) => Submit.runWith(own, task, [element]) as any, {
        concurrency: options?.concurrency ?? 16,
        unordered: options?.ordered === false
      })
  }
  return bind(service, state)
}

/** Of anything else the parts would be lost in silence. */
const isGroup = (values: unknown): values is object => {
  if (typeof values !== "object" || values === null) return false
  const proto: unknown = Object.getPrototypeOf(values)
  return Array.isArray(values) || proto === Object.prototype || proto === null
}

const notGroup = (values: unknown): string =>
  `what was to be scattered is ${
    shown(values)
  }, and has to be an array or a plain record: scatter it as one value, or \`Array.from\` it`

const mapValues = (values: object, f: (value: unknown) => unknown): unknown =>
  Array.isArray(values)
    ? values.map(f)
    : Object.fromEntries(Object.entries(values).map(([key, value]) => [key, f(value)]))

type CoreOptions = Client.Options & {
  /** For tests. */
  readonly machines?: { readonly client?: Partial<Machine.Config> | undefined } | undefined
}

/** What cannot be meant would be waited for without end. */
const wrongIn = ({ grace, io, outboxMax }: Client.Options): string | undefined =>
  outboxMax !== undefined && !(outboxMax > 0)
    ? `outboxMax is ${shown(outboxMax)}, and has to be a number of bytes, more than 0`
    : io !== undefined && !(io >= 1)
    ? `io is ${shown(io)}, and has to be a number from 1`
    : ofDuration("grace", grace)

export const makeCore = (options: CoreOptions): Effect.Effect<ClientCore, never, Door.Door | Scope.Scope> =>
  Effect.gen(function*() {
    const wrong = wrongIn(options)
    if (wrong !== undefined) return yield* Effect.dieMessage(`Client.layer: ${wrong}`)
    const door = yield* Door.Door
    const clock = yield* Effect.clock
    const runtime = yield* Effect.runtime<never>()
    const core = new ClientCore({
      id: yield* freshId("c"),
      name: options.name ?? "client",
      door,
      clock,
      runtime,
      grace: Duration.decode(options.grace ?? "5 seconds"),
      outboxMax: options.outboxMax ?? 64 * 1024 * 1024,
      io: options.io ?? 32,
      machine: options.machines?.client
    })
    yield* Effect.acquireRelease(
      Effect.map(door.attachClient(core.id, core.ears), (mouth) => core.open(mouth)),
      () => Effect.sync(() => core.close())
    )
    return core
  })
