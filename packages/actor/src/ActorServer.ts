/**
 * Serving an actor over `@effect/rpc`: the same requests, the same types, and
 * what an actor may answer besides.
 *
 * @since 0.1.0
 */
import type * as Rpc from "@effect/rpc/Rpc"
import * as RpcGroup from "@effect/rpc/RpcGroup"
import * as RpcSchema from "@effect/rpc/RpcSchema"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { ActorRef, Protocol } from "./Actor.js"
import { ActorDown, ActorError } from "./ActorError.js"

/**
 * A request whose errors also say what the actor itself may answer.
 *
 * @since 0.1.0
 * @category models
 */
export type Served<Rpcs extends Protocol> = Rpcs extends Rpc.Rpc<
  infer Tag,
  infer Payload,
  infer Success,
  infer Error,
  infer Middleware
> ? [Success] extends [RpcSchema.Stream<infer _A, infer _E>] ? never
  : Rpc.Rpc<Tag, Payload, Success, Schema.Union<[Error, typeof ActorError]>, Middleware>
  : never

/**
 * The protocol as it goes over the wire: every request's errors widened by
 * `ActorError`, and no streaming requests. Give it to `RpcServer.layer` and `RpcClient.make`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const protocol = <Rpcs extends Protocol>(
  group: RpcGroup.RpcGroup<Rpcs>
): RpcGroup.RpcGroup<Served<Rpcs>> => {
  // A group's requests have lost their single types; `Served` says what each becomes.
  const requests = Array.from(group.requests.values()) as unknown as ReadonlyArray<
    Rpc.Rpc<string, Schema.Schema<unknown>, Schema.Schema<unknown>>
  >
  const answered = requests.filter((rpc) => !RpcSchema.isStreamSchema(rpc.successSchema))
  const served = answered.map((rpc) => rpc.setError(Schema.Union(rpc.errorSchema, ActorError)))
  return RpcGroup.make(...served).annotateContext(group.annotations) as unknown as RpcGroup.RpcGroup<Served<Rpcs>>
}

/**
 * Handlers that pass each request to the actor. `find` runs for every request,
 * so that the present life of a supervised actor is asked; when it fails, the
 * answer is `ActorDown`.
 *
 * @example
 * ```ts
 * import { Actor, ActorServer } from "@creel/actor"
 * import { Rpc, RpcGroup, RpcServer } from "@effect/rpc"
 * import { Effect, Layer, Schema } from "effect"
 *
 * class Echo extends RpcGroup.make(
 *   Rpc.make("Say", { payload: { text: Schema.String }, success: Schema.String })
 * ) {}
 *
 * // Needs an RpcServer.Protocol: a socket, HTTP, a worker.
 * export const served = Layer.unwrapScoped(Effect.gen(function*() {
 *   const echo = yield* Actor.make(Echo, {
 *     name: "echo",
 *     behavior: () => Effect.succeed(Echo.of({ Say: ({ text }) => Effect.succeed(text) }))
 *   })
 *   return RpcServer.layer(ActorServer.protocol(Echo)).pipe(
 *     Layer.provide(ActorServer.layer(Echo, Effect.succeed(echo)))
 *   )
 * }))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <Rpcs extends Protocol, E, R>(
  group: RpcGroup.RpcGroup<Rpcs>,
  find: Effect.Effect<ActorRef<Rpcs>, E, R>
): Layer.Layer<Rpc.ToHandler<Served<Rpcs>>, never, R> => {
  const served = protocol(group)
  const found = Effect.mapError(
    find,
    (error) =>
      new ActorDown({ actor: "unknown", begun: false, reason: error instanceof Error ? error.message : String(error) })
  )
  const build = Effect.map(Effect.context<R>(), (context) => {
    const handlers: Record<string, (payload: unknown) => Effect.Effect<unknown, unknown>> = {}
    for (const tag of served.requests.keys()) {
      handlers[tag] = (payload) => Effect.flatMap(Effect.provide(found, context), (actor) => askOf(actor)(tag, payload))
    }
    return handlers
  })
  // One handler for each request of the group, each of that request's type.
  return served.toLayer(build as never) as unknown as Layer.Layer<Rpc.ToHandler<Served<Rpcs>>, never, R>
}

/** The tag and payload come from the actor's own protocol, decoded by the server. */
const askOf = <Rpcs extends Protocol>(actor: ActorRef<Rpcs>) =>
  actor.ask as unknown as (tag: string, payload: unknown) => Effect.Effect<unknown, unknown>
