/**
 * One life of a scheduler on this node: the machine, and the way in to it. It lives where the placement says and for as
 * long; who takes part in its namespace is to tell it all before it decides anything.
 */
import type * as CoreScheduler from "@creel/core/Scheduler"
import * as Engine from "creel/Engine"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import type { ClusterError } from "../ClusterError.js"
import * as Keeper from "../kept/keeper.js"
import type { Listening } from "../Links.js"
import type { Life } from "../Placement.js"
import * as Deaths from "./deaths.js"

export interface Options {
  readonly links: Listening
  /** Where others reach the links, as `host:port`. */
  readonly address: string
  readonly config: Partial<CoreScheduler.Config> | undefined
}

/** An incarnation is of one life: what throws in it ends that for good, and the placement begins the next. */
const once = (life: Life): Effect.Effect<Effect.Effect<number>> =>
  Effect.map(Ref.make(false), (taken) =>
    Effect.flatMap(Ref.getAndSet(taken, true), (again) =>
      again
        ? Effect.zipRight(life.end("it begins anew"), Effect.never)
        : Effect.succeed(life.incarnation)))

export const host = (options: Options, life: Life): Effect.Effect<string, ClusterError, Scope.Scope> =>
  Effect.gen(function*() {
    const runtime = yield* Effect.runtime<never>()
    const scope = yield* Effect.scope
    const inLife = (effect: Effect.Effect<void>) => void Runtime.runFork(runtime)(effect, { scope })
    const kept = yield* Keeper.make(life)
    const scheduler = yield* Engine.scheduler({
      incarnation: yield* once(life),
      expect: Effect.succeed([...life.members.map((member) => member.id), ...kept.expect]),
      held: life.held,
      config: options.config
    })
    yield* options.links.mount({
      namespace: life.namespace,
      door: yield* kept.door(scheduler),
      outlived: (highest) => inLife(life.end(`incarnation ${highest} has been heard`)),
      ended: ({ host, node, url }, peers, back) => {
        // By then its silence speaks for itself.
        const until = performance.now() + (options.config?.deadAfter ?? 300_000)
        inLife(Effect.map(Deaths.isProvenBy(url, () => back() || performance.now() >= until), (gone) => {
          if (!gone) return
          for (const peer of peers) scheduler.lost(peer, `its process ${node} on ${host} is gone`)
        }))
      }
    })
    return options.address
  })
