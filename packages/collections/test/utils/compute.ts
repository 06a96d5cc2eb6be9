import { Client, Collection, Future as Fut, type FutureError, Graph } from "creel"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** Node by node with `Client.submit`. */
export const compute = <A, E, R>(
  collection: Collection.Collection<A, E, R>
): Effect.Effect<Fut.Future<A, E>, FutureError.SubmitError, Client.Client | Scope.Scope | R> =>
  Effect.gen(function*() {
    const { finish, graph, outputs } = yield* collection[Collection.TypeId].build
    const nodes: Map<string, Graph.Node> = new Map(graph.nodes)
    if (finish !== undefined) nodes.set(finish.key, finish.node)
    const done = new Map<string, unknown>()
    const one = (key: string): Effect.Effect<void, FutureError.SubmitError, any> =>
      Effect.suspend(() => {
        if (done.has(key)) return Effect.void
        const node = nodes.get(key)!
        return Effect.zipRight(
          Effect.forEach(Graph.needs(node), one, { discard: true }),
          Effect.suspend((): Effect.Effect<void, FutureError.SubmitError, any> => {
            switch (node._tag) {
              case "Value":
                return Effect.sync(() => void done.set(key, node.value))
              case "Held":
                return Effect.sync(() => void done.set(key, node.future))
              case "Alias":
                return Effect.sync(() => void done.set(key, done.get(node.of)))
              case "Call": {
                const call = Graph.mapRefs(node, (ref) => done.get(ref.key)) as Graph.Call
                return Effect.map(
                  Client.submit(call.task as () => unknown, ...call.args as []),
                  (future) => void done.set(key, future)
                )
              }
              case "Fused":
                return Effect.die("not here")
            }
          })
        )
      })
    const key = finish?.key ?? outputs[0]!
    yield* one(key)
    const node = done.get(key)
    if (Fut.isFuture(node)) return node as Fut.Future<any, any>
    return (yield* Client.submit((x: unknown) => x, node)) as Fut.Future<any, any>
  }) as any
