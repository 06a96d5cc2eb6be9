/**
 * One node of a cluster, put together: what it serves, the way to the scheduler, and the scheduler itself where the
 * placement puts it here. Owned here: the order in which the parts come and go.
 *
 * 1. What others need of this node (values, links) is there before anybody hears of it, and goes last.
 * 2. A peer of this node is written down as a member for as long as it is attached.
 */
import type * as CoreScheduler from "@creel/core/Scheduler"
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Door from "creel/Door"
import * as Shelf from "creel/Shelf"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { randomBytes } from "node:crypto"
import * as Carrier from "../carrier/carrier.js"
import * as CarrierThread from "../carrier/thread.js"
import { ClusterError, isClusterError } from "../ClusterError.js"
import * as Links from "../Links.js"
import * as Placement from "../Placement.js"
import type * as Kubernetes from "../placement/kubernetes.js"
import type * as Security from "../Security.js"
import * as Values from "../Values.js"
import { addressOf } from "./loopback.js"
import * as PeerDoor from "./peerDoor.js"

export interface Options {
  readonly namespace: string
  readonly role: Security.Role
  /** Whether the scheduler may be put here. */
  readonly carries: boolean
  /** Whether it is in a thread of its own there. */
  readonly isolate: boolean
  readonly host: string
  readonly advertise: string
  readonly machine: string
  readonly ports: { readonly links: number; readonly values: number; readonly runner: number }
  readonly security: Security.Service
  readonly storage: Omit<Placement.Common, "security">
  readonly pulse: Links.PulseOptions | undefined
  readonly scheduler: Partial<CoreScheduler.Config> | undefined
  readonly health: Kubernetes.Options | undefined
  readonly startWithin: Duration.DurationInput
}

export interface ClusterNode {
  /** This process, by a name of its own. */
  readonly id: string
  /** The machine it is on. */
  readonly machine: string
  readonly door: Door.Service
  readonly shelf: Shelf.Shelf
  /** Where its values are read. */
  readonly url: string
  /** Where the scheduler is reached when it is here, as `host:port`; nothing where it never is. */
  readonly links: string | undefined
  /** Where the scheduler is now. */
  readonly scheduler: Effect.Effect<Placement.Place, ClusterError>
}

/** What of a node finds the scheduler and writes its peers down; and the address of its links, where it may carry it. */
const placementOf = (options: Options, node: string, url: string) =>
  Effect.gen(function*() {
    const { advertise, health, host, namespace, ports, pulse, scheduler, security, storage } = options
    if (!options.carries) {
      const layer = Placement.layerClient({ ...storage, security })
      return { placement: Context.get(yield* Layer.build(layer), Placement.Placement), address: undefined }
    }
    const placement = yield* (options.isolate ? CarrierThread.make : Carrier.make)({
      node,
      url,
      namespace,
      host,
      advertise,
      ports,
      storage: {
        prefix: storage.prefix,
        expiry: millis(storage.expiry),
        locateWithin: millis(storage.locateWithin)
      },
      pulse: { beat: millis(pulse?.beat), silence: millis(pulse?.silence), threshold: pulse?.threshold },
      scheduler,
      health
    }, security)
    return { placement, address: addressOf(advertise, placement.ports.links) }
  })

const millis = (duration: Duration.DurationInput | undefined): number | undefined =>
  duration === undefined ? undefined : Duration.toMillis(duration)

/** `host:port`, the host maybe in brackets. */
const parse = (address: string): { readonly host: string; readonly port: number } => {
  const { hostname, port } = new URL(`tcp://${address}`)
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) }
}

/** Trying again would not help. */
const isFinal = (error: unknown): error is ClusterError =>
  isClusterError(error) &&
  (error.reason === "BadCredentials" || error.reason === "NotSecured" || error.reason === "BadOption")

/** Somebody waits for the scheduler: at first it may be about to be found, then it is said, now and then. */
const said = (failures: number): boolean => failures === 8 || (failures > 8 && failures % 30 === 0)

export const make = (
  options: Options
): Effect.Effect<ClusterNode, ClusterError, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const { advertise, machine, namespace, role, security } = options
    const id = `n${randomBytes(6).toString("hex")}`
    const shelf = Shelf.make()
    const values = yield* Values.serve({
      security,
      host: options.host,
      port: options.ports.values,
      advertise,
      find: shelf.source,
      relay: (holder) => Effect.suspend(() => peers.urlOf(holder))
    })
    const reader = yield* Values.makeReader({ security, role, peer: id })
    const { address, placement } = yield* placementOf(options, id, values.url)
    let failed: unknown
    /** Where values are passed on. */
    let relay: string | undefined
    const peers: PeerDoor.PeerDoor = yield* PeerDoor.make({
      shelf,
      connect: placement.locate(namespace).pipe(
        Effect.flatMap(({ address }) =>
          Links.connect({
            to: parse(address),
            namespace,
            role,
            node: id,
            host: machine,
            url: values.url,
            security,
            pulse: options.pulse
          })
        ),
        Effect.tap(({ there }) => Effect.sync(() => relay = there.url))
      ),
      // What cannot be reached from here this node need not be asked for.
      readFrom: (at, value, holder) =>
        reader.read({ url: at.url ?? "", value, holder, relay: relay === values.url ? undefined : relay }),
      register: (peer, kind) =>
        placement.register({ id: peer, kind, namespace, node: id, host: machine, address: values.url }).pipe(
          Effect.tapError((error) =>
            Effect.logWarning(`${peer} is not written down as a member: a new scheduler may not wait for it`, error)
          ),
          Effect.retry(Schedule.spaced("2 seconds")),
          Effect.zipRight(Effect.never),
          Effect.scoped,
          Effect.interruptible,
          Effect.forkScoped
        ),
      failed: (error, failures) => {
        failed = error
        return said(failures)
          ? Effect.logWarning(`no scheduler of ${namespace}, tried ${failures} times`, error)
          : Effect.void
      }
    })
    yield* found(peers, () => failed, options)
    const scheduler = placement.locate(namespace)
    return { id, machine, door: peers.door, shelf, url: values.url, links: address, scheduler }
  })

/** Until there is a connection; what cannot get better by waiting ends it. */
const found = (
  peers: PeerDoor.PeerDoor,
  failed: () => unknown,
  options: Options
): Effect.Effect<void, ClusterError> => {
  const hopeless = Effect.suspend(() => {
    const error = failed()
    return isFinal(error) ? Effect.fail(error) : Effect.void
  }).pipe(Effect.delay("50 millis"), Effect.forever)
  return Effect.raceFirst(peers.connected, hopeless).pipe(
    Effect.timeoutFail({
      duration: options.startWithin,
      onTimeout: () => {
        const error = failed()
        if (isClusterError(error) && error.reason !== "NoScheduler") return error
        const detail = `none of ${options.namespace} was found within ${Duration.format(options.startWithin)}`
        const trust = options.security.kind === "none" ? "" : ", and whether they have the same credentials as this one"
        return new ClusterError({ reason: "NoScheduler", detail, advice: `see whether nodes of it run${trust}` })
      }
    })
  )
}
