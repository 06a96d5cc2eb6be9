/** To a stream: partition by partition, with so many under way at once. */
import * as Client from "creel/Client"
import * as Collection from "creel/Collection"
import type { Future } from "creel/Future"
import type { FutureError, SubmitError } from "creel/FutureError"
import * as Graph from "creel/Graph"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Bag from "../bag/model.js"
import type { ToStreamOptions } from "../bag/streams.js"

type Nodes = ReadonlyMap<string, Graph.Node>

/** What more than one of these needs, as far as it is work. */
const sharedOf = (all: Nodes, outputs: ReadonlyArray<string>): ReadonlyArray<string> => {
  const owners = new Map<string, string>()
  const found = new Set<string>()
  for (const output of outputs) {
    const stack = [output]
    for (let key = stack.pop(); key !== undefined; key = stack.pop()) {
      const node = all.get(key)
      const owner = owners.get(key)
      if (node === undefined || owner === output) continue
      if (owner !== undefined) {
        if (node._tag === "Call" || node._tag === "Fused") found.add(key)
        continue
      }
      owners.set(key, output)
      for (const need of Graph.needs(node)) stack.push(need)
    }
  }
  return Array.from(found)
}

/** One node, with what it needs. */
const graphOf = (all: Nodes, output: string): Graph.Graph => {
  const nodes = new Map<string, Graph.Node>()
  const stack = [output]
  for (let key = stack.pop(); key !== undefined; key = stack.pop()) {
    const node = all.get(key)
    if (node === undefined || nodes.has(key)) continue
    nodes.set(key, node)
    for (const need of Graph.needs(node)) stack.push(need)
  }
  return { nodes }
}

type Outputs = ReadonlyArray<{ readonly key: string; readonly node: Graph.Node }>

const variance = {
  /* c8 ignore next */
  _A: (_: never) => _,
  /* c8 ignore next */
  _E: (_: never) => _
}

const collectionOf = (
  graph: Graph.Graph,
  outputs: ReadonlyArray<string>,
  rebuilt: (outputs: Outputs) => void = () => {}
): Collection.Collection<any, any> => {
  const self: Collection.Collection<any, any> = {
    [Collection.TypeId]: {
      ...variance,
      build: Effect.succeed({ graph, outputs, finish: undefined, optimize: undefined }),
      rebuild: (outputs) => {
        rebuilt(outputs)
        return self
      }
    }
  }
  return self
}

/** The same graph, standing on the futures of what several outputs need. */
const onShared = (
  all: Nodes,
  outputs: ReadonlyArray<string>
): Effect.Effect<Nodes, SubmitError, Client.Client | Scope.Scope> =>
  Effect.suspend(() => {
    const shared = sharedOf(all, outputs)
    if (shared.length === 0) return Effect.succeed(all)
    const nodes = new Map(all)
    const kept = collectionOf({ nodes: all }, shared, (outputs) => {
      for (const { key, node } of outputs) nodes.set(key, node)
    })
    return Effect.as(Client.persist(kept), nodes)
  })

const pullOf = (nodes: Nodes, outputs: ReadonlyArray<string>, ahead: number, scope: Scope.Scope) => {
  const running: Array<{ readonly future: Future<any, any>; readonly scope: Scope.CloseableScope }> = []
  let next = 0
  const launch = Effect.gen(function*() {
    const own = yield* Scope.fork(scope, ExecutionStrategy.sequential)
    const output = outputs[next++]!
    const future = yield* Scope.extend(Client.compute(collectionOf(graphOf(nodes, output), [output])), own)
    running.push({ future, scope: own })
  })
  return Effect.gen(function*() {
    while (running.length < ahead && next < outputs.length) yield* Effect.mapError(launch, Option.some)
    const first = running.shift()
    if (first === undefined) return yield* Effect.fail(Option.none())
    const elements: ReadonlyArray<unknown> = yield* Effect.mapError(first.future, Option.some)
    yield* Scope.close(first.scope, Exit.void)
    return Chunk.unsafeFromArray(elements)
  })
}

export const toStream = (
  bag: Bag.Any,
  options?: ToStreamOptions
): Stream.Stream<any, FutureError | SubmitError, any> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const scope = yield* Effect.scope
    const { graph, outputs } = yield* bag[Collection.TypeId].build
    const nodes = yield* onShared(graph.nodes, outputs)
    const ahead = Math.max(1, Math.floor(options?.ahead ?? 4))
    return Stream.repeatEffectChunkOption(pullOf(nodes, outputs, ahead, scope))
  }))
