/**
 * The way of a command to a cluster: it brings no worker, attaches as nobody and listens nowhere; it asks. With the least
 * role that may ask what it asks.
 */
import type { ClusterError } from "@creel/cluster/ClusterError"
import { isClusterError } from "@creel/cluster/ClusterError"
import * as Links from "@creel/cluster/Links"
import * as Placement from "@creel/cluster/Placement"
import type * as Security from "@creel/cluster/Security"
import * as Door from "creel/Door"
import type { ManageError } from "creel/ManageError"
import { isManageError } from "creel/ManageError"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import { randomBytes } from "node:crypto"
import * as os from "node:os"
import { CliError } from "../CliError.js"
import * as Credentials from "./credentials.js"
import type { ClusterOptions } from "./options.js"
import * as Storage from "./storage.js"

export interface Asking {
  readonly namespace: string
  readonly ask: Door.Questions
  readonly placement: Placement.Service
}

export const namespaceOf = (options: ClusterOptions): string => Option.getOrElse(options.namespace, () => "default")

export const prefixOf = (options: ClusterOptions): string | undefined => Option.getOrUndefined(options.prefix)

const parse = (address: string): { readonly host: string; readonly port: number } => {
  const { hostname, port } = new URL(`tcp://${address}`)
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) }
}

/** The role to ask as: what is needed, or, with the key or certificate of one role, the most we can be below it. */
const roleOf = (security: Security.Service, least: Security.Role): Security.Role =>
  security.roles.includes(least) ? least : security.roles.at(-1) ?? least

const hopeless = new Set(["BadCredentials", "NotSecured", "BadOption"])

/** Until there is a first connection; how a later one fails is nobody's business, since it is made anew. */
const connected = (
  connect: Effect.Effect<Door.Connection, ClusterError, Scope.Scope>,
  within: Duration.Duration
): Effect.Effect<Door.Service, ClusterError | CliError, Scope.Scope> =>
  Effect.gen(function*() {
    const first = yield* Deferred.make<never, ClusterError>()
    let last: ClusterError | undefined
    const { client, door } = yield* Door.connected({
      connect,
      failed: (error) => {
        if (!isClusterError(error)) return Effect.void
        last = error
        return hopeless.has(error.reason) ? Effect.asVoid(Deferred.fail(first, error)) : Effect.void
      }
    })
    yield* Effect.raceFirst(client, Deferred.await(first)).pipe(
      Effect.timeoutFail({
        duration: within,
        onTimeout: () =>
          last ?? new CliError({
            reason: "NoAnswer",
            detail: `no scheduler was found within ${Duration.format(within)}`,
            advice: "see whether any node of the cluster runs: creel node"
          })
      })
    )
    return door
  })

export const make = (
  options: ClusterOptions & { readonly within: Duration.Duration },
  least: Security.Role
): Effect.Effect<Asking, ClusterError | CliError, Scope.Scope> =>
  Effect.gen(function*() {
    const security = yield* Credentials.security(options)
    const namespace = namespaceOf(options)
    const placement = yield* Effect.provide(
      Placement.Placement,
      yield* Layer.build(
        Placement.layerClient({ prefix: prefixOf(options), locateWithin: options.within, security }).pipe(
          Layer.provide(Storage.layer(options.storage, 2))
        )
      )
    )
    const node = `q${randomBytes(6).toString("hex")}`
    const connect = Effect.flatMap(placement.locate(namespace), ({ address }) =>
      Links.connect({
        to: parse(address),
        namespace,
        role: roleOf(security, least),
        node,
        host: os.hostname(),
        url: undefined,
        security
      }))
    // The placement has a time of its own, and says more when it is over.
    const door = yield* Effect.catchAll(
      connected(connect, Duration.sum(options.within, "2 seconds")),
      unanswered(placement, namespace)
    )
    return { namespace, ask: door.ask, placement }
  })

/** Nobody answers, though nodes have written down that they are there: who is not let in cannot be told why. */
const unanswered =
  (placement: Placement.Service, namespace: string) =>
  (error: ClusterError | CliError): Effect.Effect<never, ClusterError | CliError> => {
    if (!isClusterError(error) || error.reason !== "NoScheduler") return Effect.fail(error)
    const closed = new CliError({
      reason: "NoAnswer",
      detail: `nodes of ${namespace} are written down in the database, and none of them says where its scheduler is`,
      advice: "give the credentials that the nodes were given; if all of them just ended, start one",
      cause: error
    })
    return Effect.flatMap(
      placement.members(namespace),
      (members) => Effect.fail(members.length === 0 ? error : closed)
    )
  }

const isRefused = (defect: unknown): defect is { readonly message: string } =>
  Predicate.isRecord(defect) && (defect.name === "Refused" || defect instanceof Error && defect.name === "Refused")

const notAllowed = (message: string): CliError =>
  new CliError({
    reason: "NotAllowed",
    detail: `the cluster refuses this: ${message}`,
    advice: "use the cluster's secret, or the key or certificate of that role"
  })

const forbidden = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, Exclude<E, ManageError> | CliError, R> =>
  Effect.mapError(effect, (error) => isManageError(error) ? notAllowed(error.detail) : error as Exclude<E, ManageError>)

/** Most questions have no errors of their own: what comes of a refusal, or of a scheduler that went away, is a defect. */
export const answered = <A, E, R>(
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, Exclude<E, ManageError> | CliError, R> =>
  Effect.catchSomeCause(forbidden(effect), (cause) => {
    const defect = Option.getOrUndefined(Option.orElse(Cause.dieOption(cause), () => Option.none()))
    if (isRefused(defect)) {
      return Option.some(notAllowed(defect.message))
    }
    if (Predicate.isTagged(defect, "RpcClientError")) {
      return Option.some(
        new CliError({
          reason: "NoAnswer",
          detail: "the scheduler does not answer any more",
          advice: "try again: another node takes over within seconds",
          cause: defect
        })
      )
    }
    return Option.none()
  })
