/**
 * The scheduler of a namespace as an entity of `@effect/cluster`, in a shard group of its own. Owned here: what can be
 * asked of it (where it is, and nothing else), and its being there as soon as its shard is. Not owned: its lives.
 *
 * 1. Every call is answered or refused within a second: a caller that waits keeps a shard from moving.
 * 2. No call streams, none is stored, and each may be sent twice: it only asks.
 */
import * as ClusterSchema from "@effect/cluster/ClusterSchema"
import * as Entity from "@effect/cluster/Entity"
import * as Sharding from "@effect/cluster/Sharding"
import * as Rpc from "@effect/rpc/Rpc"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { createHash } from "node:crypto"
import type * as Placement from "../Placement.js"
import { apart } from "./apart.js"
import type * as SchedulerLives from "./schedulerLives.js"

const Place = Schema.Struct({ namespace: Schema.String, address: Schema.String, incarnation: Schema.Number })

/** The shard is here, and its scheduler does not live yet. */
export class NotYet extends Schema.TaggedError<NotYet>("@creel/cluster/NotYet")("NotYet", {}) {}

/** Group names go into SQL as they are and are short there, so a namespace is named by its digest. */
export const groupOf = (namespace: string): string =>
  `creel-${createHash("sha256").update(namespace).digest("hex").slice(0, 24)}`

export const SchedulerEntity = Entity.make("CreelScheduler", [
  Rpc.make("locate", { success: Place, error: NotYet })
]).annotate(ClusterSchema.ShardGroup, (id) => groupOf(id)).annotate(ClusterSchema.ClientTracingEnabled, false)

type Client = (namespace: string) => {
  readonly locate: () => Effect.Effect<Placement.Place, unknown>
}

/**
 * One question, answered or not within a second. An entity that closes interrupts who asks it, and that must not be
 * taken for an interruption of the one who asked: so the question has a fiber of its own. A call to a shard that nobody
 * owns, or whose owner is frozen, ends only by the timeout.
 */
export const ask = (client: Client, namespace: string): Effect.Effect<Placement.Place, unknown> =>
  Effect.timeout(apart(Effect.suspend(() => client(namespace).locate())), "1 second")

/** Registers what answers for the namespaces of this node, and begins each when its shard is acquired. */
export const register = Effect.fnUntraced(function*(
  namespaces: ReadonlyArray<string>,
  lives: (namespace: string) => Effect.Effect<SchedulerLives.Lives, never, Scope.Scope>
) {
  const sharding = yield* Sharding.Sharding
  yield* sharding.registerEntity(
    SchedulerEntity,
    Effect.gen(function*() {
      const address = yield* Entity.CurrentAddress
      const { place } = yield* lives(address.entityId)
      return SchedulerEntity.of({
        locate: () => Effect.timeoutFail(place, { duration: "500 millis", onTimeout: () => new NotYet() })
      })
    }),
    // A defect that is fatal rebuilds the entity and sends it the same calls again, for ever.
    { concurrency: "unbounded", disableFatalDefects: true, maxIdleTime: Duration.infinity }
  )
  const client = yield* sharding.makeClient(SchedulerEntity)
  yield* Effect.forEach(namespaces, (namespace) =>
    sharding.registerSingleton(
      `creel:${namespace}`,
      // An entity is there from the first call on: the node that got the shard makes that call itself.
      Effect.ignore(Effect.retry(ask(client, namespace), Schedule.spaced("200 millis"))),
      { shardGroup: groupOf(namespace) }
    ), { discard: true })
})
