/**
 * `compute` and `persist`: what there is to do is found out, planned and submitted, and futures stand for what comes of it.
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Client from "../Client.js"
import * as Collection from "../Collection.js"
import type { Future } from "../Future.js"
import type { Hold } from "../future/holds.js"
import { SubmitError } from "../FutureError.js"
import * as Graph from "../Graph.js"
import { turn } from "../internal/turns.js"
import type * as Task from "../Task.js"
import * as Plan from "./planGraph.js"
import { type AnyFiber, type Place, placeOf, type State } from "./state.js"
import * as Submission from "./submission.js"
import { contractOf, failing, holding, type StateFor, whenRoom } from "./submit.js"
import { GraphSubmission } from "./submitGraph.js"

type AnyFuture = Future<unknown, unknown>

interface GraphOptions extends Client.ComputeOptions {
  readonly outputs?: ReadonlyArray<string> | undefined
}

interface Work {
  readonly graph: Graph.Graph.Any
  readonly outputs: ReadonlyArray<string>
  /** Whether the outputs are all that nothing else needs: what then leads to none of them stands in a circle. */
  readonly whole: boolean
  readonly optimize: Plan.Optimize | undefined
}

const regionOf = (place: Place, options: Client.ComputeOptions | undefined): Task.SubmitOptions => {
  const { optimize: _, outputs: __, ...submission } = (options ?? {}) as GraphOptions
  return Object.keys(submission).length === 0
    ? place.region.submission
    : { ...place.region.submission, ...submission }
}

const planned = (state: State, place: Place, work: Work, options: Client.ComputeOptions | undefined, hold: Hold) => {
  const { core } = state
  if (core.closed) throw new SubmitError({ reason: "ClientClosed", detail: "the client is closed" })
  const contracts = new Plan.Contracts(contractOf)
  const optimize = options?.optimize === false ? undefined : work.optimize ?? Graph.optimize
  const futureKey = (leaf: object, task: string) => new Submission.Inputs(core, task).key(leaf)
  const plan = Plan.make(work.graph, work.outputs, work.whole, optimize, contracts, futureKey)
  return new GraphSubmission(state, place, regionOf(place, options), plan, work.outputs, contracts, hold)
}

/** The futures of all outputs, by key. */
const submitted = (
  stateFor: StateFor,
  work: Work,
  options: Client.ComputeOptions | undefined
): Effect.Effect<(key: string) => AnyFuture, SubmitError> =>
  Effect.withFiberRuntime<(key: string) => AnyFuture, SubmitError>((runtime) => {
    const fiber = runtime as AnyFiber
    const state = stateFor(fiber)
    const place = placeOf(state, fiber)
    return holding(state, place, fiber, (hold) =>
      failing(() => {
        const submission = planned(state, place, work, options, hold)
        const batch = () => failing(() => submission.batch() ? Effect.succeed(true) : Effect.as(turn, false))
        const all: Effect.Effect<(key: string) => AnyFuture, SubmitError> = Effect.flatMap(
          Effect.suspend(() => whenRoom(state, place, batch)),
          (over) => over ? Effect.succeed((key: string) => submission.future(key)) : all
        )
        // What was submitted before one was refused, or it was interrupted, is nobody's.
        return Effect.onError(all, () => Effect.sync(() => submission.undo()))
      }))
  })

const isGraph = (u: unknown): u is Graph.Graph.Any => Predicate.hasProperty(u, "nodes") && u.nodes instanceof Map

const nothing = (what: unknown): SubmitError =>
  new SubmitError({
    reason: "BadGraph",
    detail: `what was to be computed is ${what === null ? "null" : typeof what}, neither a graph nor a collection`,
    advice: "give a Graph, or a value that says which graph it stands for (see Collection)"
  })

const withFinish = ({ finish, graph }: Collection.Built): Graph.Graph.Any =>
  finish === undefined ? graph : { nodes: new Map([...graph.nodes, [finish.key, finish.node]]) }

const workOf = (built: Collection.Built, finished: boolean): Work => ({
  graph: finished ? withFinish(built) : built.graph,
  outputs: finished && built.finish !== undefined ? [built.finish.key] : built.outputs,
  whole: false,
  optimize: built.optimize
})

const computeCollection = (
  stateFor: StateFor,
  collection: Collection.Any,
  options: Client.ComputeOptions | undefined
): Effect.Effect<AnyFuture, SubmitError, any> =>
  Effect.flatMap(collection[Collection.TypeId].build, (built) => {
    const work = workOf(built, true)
    const [output, ...others] = work.outputs
    if (output === undefined || others.length > 0) {
      const detail = `a collection without \`finish\` has one output, and this one has ${work.outputs.length}`
      return Effect.fail(
        new SubmitError({ reason: "BadGraph", detail, advice: "say how its outputs become one value" })
      )
    }
    return Effect.map(submitted(stateFor, work, options), (future) => future(output))
  })

const computeGraph = (
  stateFor: StateFor,
  graph: Graph.Graph.Any,
  options: GraphOptions | undefined
): Effect.Effect<{ readonly [key: string]: AnyFuture }, SubmitError> =>
  Effect.suspend(() => {
    const outputs = options?.outputs ?? Graph.outputs(graph)
    return Effect.map(
      submitted(stateFor, { graph, outputs, whole: options?.outputs === undefined, optimize: undefined }, options),
      (future) => Object.fromEntries(outputs.map((key) => [key, future(key)]))
    )
  })

export const computeWith = (
  stateFor: StateFor,
  what: unknown,
  options: GraphOptions | undefined
): Effect.Effect<any, SubmitError, any> =>
  Collection.isCollection(what)
    ? computeCollection(stateFor, what, options)
    : isGraph(what)
    ? computeGraph(stateFor, what, options)
    : Effect.fail(nothing(what))

const persistCollection = (
  stateFor: StateFor,
  collection: Collection.Any,
  options: Client.ComputeOptions | undefined
): Effect.Effect<Collection.Any, SubmitError, any> => {
  const { build, rebuild } = collection[Collection.TypeId]
  return Effect.flatMap(
    build,
    (built) =>
      Effect.map(
        submitted(stateFor, workOf(built, false), options),
        (future) => rebuild(built.outputs.map((key) => ({ key, node: Graph.held(future(key)) })))
      )
  )
}

export const persistWith = (
  stateFor: StateFor,
  what: unknown,
  options: GraphOptions | undefined
): Effect.Effect<any, SubmitError, any> => {
  if (Collection.isCollection(what)) return persistCollection(stateFor, what, options)
  if (!isGraph(what)) return Effect.fail(nothing(what))
  return Effect.map(computeGraph(stateFor, what, options), (futures): Graph.Graph.Any => ({
    nodes: new Map([
      ...what.nodes,
      ...Object.entries(futures).map(([key, future]) => [key, Graph.held(future)] as const)
    ])
  }))
}
