/** What `creel node` does: it brings workers to a cluster, and carries its scheduler when that is put there. */
import type { ClusterError } from "@creel/cluster/ClusterError"
import * as CreelCluster from "@creel/cluster/CreelCluster"
import type * as Security from "@creel/cluster/Security"
import * as Cluster from "creel/Cluster"
import * as Door from "creel/Door"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { fork } from "node:child_process"
import * as os from "node:os"
import * as path from "node:path"
import { Worker } from "node:worker_threads"
import { CliError } from "../CliError.js"
import * as Output from "../Output.js"
import * as Render from "../Render.js"
import { namespaceOf, prefixOf } from "./asking.js"
import type { NodeOptions } from "./commands/node.js"
import * as Credentials from "./credentials.js"
import * as Ending from "./ending.js"
import * as Files from "./files.js"
import * as Health from "./health.js"
import * as Storage from "./storage.js"

const badOption = (detail: string, advice: string): CliError => new CliError({ reason: "BadOption", detail, advice })

const everywhere = new Set(["0.0.0.0", "::", "[::]"])

interface Place {
  readonly name: string
  readonly host: string
  readonly advertise: string
  readonly ports: { readonly links: number; readonly values: number; readonly runner: number } | undefined
}

const placeOf = (given: NodeOptions): Effect.Effect<Place, CliError> => {
  const host = Option.getOrElse(given.host, () => "127.0.0.1")
  const port = Option.getOrUndefined(given.port)
  if (port !== undefined && (port < 1 || port > 65_533)) {
    return badOption(`--port ${port} leaves no room for three ports`, "give one from 1 to 65533")
  }
  return Effect.succeed({
    name: Option.getOrElse(given.name, () => `${os.hostname()}-${process.pid}`),
    host,
    advertise: Option.getOrElse(given.advertise, () => everywhere.has(host) ? os.hostname() : host),
    ports: port === undefined ? undefined : { links: port, values: port + 1, runner: port + 2 }
  })
}

const resourcesOf = (given: NodeOptions): Effect.Effect<Readonly<Record<string, number>>, CliError> =>
  Effect.map(
    Effect.forEach(Option.match(given.resources, { onNone: () => [], onSome: HashMap.toEntries }), ([name, text]) => {
      const amount = Number(text)
      return text !== "" && Number.isFinite(amount) && amount >= 0
        ? Effect.succeed([name, amount] as const)
        : badOption(`--resource ${name}=${text} is no amount`, "give NAME=AMOUNT, as gpu=1")
    }),
    Object.fromEntries
  )

interface Executors {
  readonly kind: "threads" | "processes"
  readonly count: number
  readonly file: string
  readonly entry: boolean
  readonly workers: number
  /** Between which numbers the workers come and go. */
  readonly adapt: Cluster.AdaptOptions | undefined
}

const executorsOf = (given: NodeOptions): Effect.Effect<Executors, CliError> =>
  Effect.gen(function*() {
    if (Option.isSome(given.tasks) === Option.isSome(given.worker)) {
      return yield* badOption(
        `${Option.isSome(given.tasks) ? "both" : "neither of"} --tasks and --worker ${
          Option.isSome(given.tasks) ? "are" : "is"
        } given`,
        "give --tasks ./tasks.js, the module that exports the tasks, or --worker ./worker.js, which ends in NodeWorker.launch"
      )
    }
    if (Option.isSome(given.threads) && Option.isSome(given.processes)) {
      return yield* badOption("both --threads and --processes are given", "give one of them")
    }
    const entry = Option.isSome(given.worker)
    const file = path.resolve(Option.getOrElse(Option.orElse(given.tasks, () => given.worker), () => ""))
    if (!(yield* Files.exists(file))) {
      return yield* new CliError({
        reason: "BadFile",
        detail: `${file} is not there`,
        advice: `give --${entry ? "worker" : "tasks"} the path of a compiled module`
      })
    }
    const kind = Option.isSome(given.processes) ? "processes" as const : "threads" as const
    const adapt = yield* adaptOf(given)
    const some = Option.orElse(given.processes, () => given.threads)
    const count = Option.getOrElse(some, () =>
      adapt === undefined ? os.availableParallelism() : Math.max(1, adapt.minimum))
    const workers = Option.getOrElse(given.workers, () =>
      adapt === undefined ? 1 : count)
    if (adapt !== undefined && workers > adapt.maximum) {
      return yield* badOption(
        `it would begin with ${workers} workers, and there may be ${adapt.maximum}`,
        `give a larger --maximum, or fewer --${kind}`
      )
    }
    return { kind, count, file, entry, workers, adapt }
  })

const adaptOf = (
  given: NodeOptions
): Effect.Effect<Cluster.AdaptOptions & { readonly minimum: number } | undefined, CliError> => {
  if (Option.isNone(given.maximum)) {
    return Option.isNone(given.minimum)
      ? Effect.succeed(undefined)
      : badOption("--minimum is given without --maximum", "give --maximum, or, for a fixed number, --workers")
  }
  const maximum = given.maximum.value
  const minimum = Option.getOrElse(given.minimum, () => 1)
  return minimum < 0 || maximum < Math.max(1, minimum)
    ? badOption(
      `--minimum ${minimum} and --maximum ${maximum} leave no number in between`,
      "give 0 <= minimum <= maximum"
    )
    : Effect.succeed({ minimum, maximum, target: given.target })
}

const layerOf = (
  given: NodeOptions,
  place: Place,
  executors: Executors,
  security: Security.Service,
  resources: Readonly<Record<string, number>>
) => {
  const { count, entry, file } = executors
  const common = {
    ...place,
    workerName: place.name,
    namespace: namespaceOf(given),
    security,
    resources,
    storage: { prefix: prefixOf(given) },
    workers: executors.workers,
    workersMax: executors.adapt?.maximum,
    health: given.health === "kubernetes" ? given.health : undefined,
    startWithin: Duration.max(given.within, "30 seconds"),
    leaveWithin: given.leaveWithin,
    plainFunctions: given.plainFunctions,
    memory: {
      limit: Option.getOrUndefined(given.memory),
      spill: { directory: Option.getOrUndefined(given.spillDirectory) }
    }
  }
  if (executors.kind === "threads") {
    const of = entry ? { spawn: () => new Worker(file) } : { tasks: file }
    return CreelCluster.layer({ ...common, ...of, threads: count })
  }
  const of = entry ? { spawn: () => fork(file, { serialization: "advanced" }) } : { tasks: file }
  return CreelCluster.layerProcesses({ ...common, ...of, processes: count })
}

/** As its author calls it: without the digest. */
const nameOf = (task: string): string => task.slice(0, task.lastIndexOf("#") >>> 0)

const describe = (given: NodeOptions, place: Place, executors: Executors, security: Security.Service) =>
  Effect.gen(function*() {
    const node = yield* CreelCluster.Node
    const door = yield* Door.Door
    const own = (yield* door.ask.workers).filter((worker) => worker.node === node.id)
    const view: Render.NodeView = {
      name: place.name,
      node: node.id,
      namespace: namespaceOf(given),
      storage: Storage.shown(given.storage),
      executors: { kind: executors.kind, count: executors.count },
      workers: own.map((worker) => worker.name),
      tasks: [...new Set(own.flatMap((worker) => worker.tasks.map(nameOf)))].filter((name) =>
        !name.startsWith("creel/")
      ),
      values: node.url,
      links: node.links ?? "",
      scheduler: yield* node.scheduler,
      security: security.kind,
      leaveWithin: Duration.toMillis(given.leaveWithin)
    }
    return view
  })

/** What a node logs is what its operator reads; a level that was asked for stays. */
const talkative = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(
    FiberRef.get(FiberRef.currentMinimumLogLevel),
    (level) => level._tag === LogLevel.Warning._tag ? Logger.withMinimumLogLevel(effect, LogLevel.Info) : effect
  )

export const run = (given: NodeOptions): Effect.Effect<void, ClusterError | CliError, Output.Output | Ending.Ending> =>
  Effect.gen(function*() {
    const executors = yield* executorsOf(given)
    const place = yield* placeOf(given)
    const resources = yield* resourcesOf(given)
    const security = yield* Credentials.security(given)
    const storage = Storage.layer(given.storage, 4)
    const say = (event: string, data: object, lines: (ink: Render.Ink) => Render.Lines) =>
      given.json ? Output.json({ event, ...data }, { compact: true }) : Output.lines(lines)
    const name = { name: place.name }
    yield* Effect.gen(function*() {
      const probes = yield* Effect.transposeOption(
        Option.map(given.healthPort, (port) => Health.serve(place.host, port))
      )
      const context = yield* Layer.build(
        Layer.provide(layerOf(given, place, executors, security, resources), storage)
      )
      const view = yield* Effect.provide(describe(given, place, executors, security), context)
      if (executors.adapt !== undefined) {
        yield* Effect.provide(Effect.ignore(Cluster.adapt(executors.adapt)), context)
      }
      if (Option.isSome(probes)) probes.value.up(Context.get(context, Door.Door))
      yield* Ending.interruptedIsDone
      yield* say("up", view, (ink) => Render.node(view, ink))
      yield* Effect.addFinalizer(() => say("leaving", name, (ink) => Render.leaving(place.name, ink)))
      return yield* Effect.never
    }).pipe(Effect.scoped, Effect.ensuring(say("ended", name, (ink) => Render.ended(place.name, ink))))
  }).pipe(talkative)
