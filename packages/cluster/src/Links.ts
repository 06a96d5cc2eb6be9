/**
 * The ways on which notes travel between the nodes of a cluster and the scheduler that one of them carries: TCP without
 * delay, under whatever the cluster's `Security` is. Values travel by ways of their own.
 *
 * A connection breaks when it breaks, and when nothing was heard for longer than is usual on it: both ends say that they live once a
 * second. What was said meanwhile is not lost: sessions go on over the next connection (`Door.connected`).
 *
 * @since 0.1.0
 */
import type * as Door from "creel/Door"
import type { Introduction, There } from "creel/Rpcs"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { ClusterError } from "./ClusterError.js"
import { addressOf } from "./internal/loopback.js"
import * as LinkClient from "./links/client.js"
import * as LinkServer from "./links/server.js"
import * as Security from "./Security.js"

/**
 * How both ends know that the other one lives.
 *
 * @since 0.1.0
 * @category models
 */
export interface PulseOptions {
  /** How often this end says that it lives. Default: 1 second. */
  readonly beat?: Duration.DurationInput | undefined
  /** How long nothing may be heard, at most, before the connection is given up. Default: 10 seconds. */
  readonly silence?: Duration.DurationInput | undefined
  /**
   * How surely a silence is the end, before that: of the silences on such a connection, one in 10 to this power lasts so
   * long (φ). What is usual is learnt on each connection; at the default a steady one is given up after some four beats, one
   * that stumbles later. `Infinity`: `silence` alone counts. Default: 8.
   */
  readonly threshold?: number | undefined
}

const pulseOf = (options: PulseOptions | undefined) => ({
  beat: Duration.toMillis(options?.beat ?? "1 second"),
  silence: Duration.toMillis(options?.silence ?? "10 seconds"),
  threshold: options?.threshold ?? 8
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ServeOptions {
  /** This process: an id that is fresh for each start. */
  readonly node: string
  /** Where this node passes values on for peers that cannot reach each other (`Values.serve`). Default: nowhere. */
  readonly url?: string | undefined
  /** Default: `127.0.0.1`. */
  readonly host?: string | undefined
  /** Default: 0, any that is free. */
  readonly port?: number | undefined
  /** Default: `Security.none`. */
  readonly security?: Security.Service | undefined
  readonly pulse?: PulseOptions | undefined
}

/**
 * What is to be reached at a listener: a scheduler's door.
 *
 * @since 0.1.0
 * @category models
 */
export interface MountOptions {
  readonly namespace: string
  readonly door: Door.Service
  /** Somebody has heard a later scheduler of this namespace, so this one is over. */
  readonly outlived?: ((highest: number) => void) | undefined
  /**
   * A connection ended on which these peers were attached: it broke, or its process is gone. They may come back by
   * another one: `back` says whether peers of that node have, and are there.
   */
  readonly ended?: ((from: Introduction, peers: ReadonlySet<string>, back: () => boolean) => void) | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Listening {
  readonly host: string
  readonly port: number
  /**
   * Lets peers of this namespace in, for as long as the scope; then their connections end. Until the scheduler gives its
   * verdict, their sessions outlive their connections.
   */
  readonly mount: (options: MountOptions) => Effect.Effect<void, never, Scope.Scope>
}

/**
 * Listens until the scope closes. Fails as `NotSecured` for an address that is not loopback, without credentials.
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve = (options: ServeOptions): Effect.Effect<Listening, ClusterError, Scope.Scope> =>
  Effect.gen(function*() {
    const security = options.security ?? Security.none
    const server = yield* LinkServer.make({ pulse: pulseOf(options.pulse), node: options.node, url: options.url })
    const { host, port } = yield* security.listen({
      host: options.host,
      port: options.port,
      onConnection: server.accept
    })
    return { host, port, mount: server.mount }
  })

/**
 * @since 0.1.0
 * @category models
 */
export interface ConnectOptions extends Omit<Introduction, "protocol"> {
  /** The node that carries the scheduler. */
  readonly to: { readonly host: string; readonly port: number }
  /** Default: `Security.none`. */
  readonly security?: Security.Service | undefined
  readonly pulse?: PulseOptions | undefined
  /** How long it may take until both ends know each other. Default: 5 seconds. */
  readonly within?: Duration.DurationInput | undefined
}

/**
 * A connection, and who is at its other end.
 *
 * @since 0.1.0
 * @category models
 */
export interface Connection extends Door.Connection {
  readonly there: There
}

/**
 * A connection to the scheduler of a namespace, until the scope closes: what `Door.connected` makes anew after each break.
 * Fails as `ConnectFailed`, `BadCredentials`, or as `Refused` where the scheduler is elsewhere, speaks another protocol, or
 * does not take this role.
 *
 * @since 0.1.0
 * @category constructors
 */
export const connect = (options: ConnectOptions): Effect.Effect<Connection, ClusterError, Scope.Scope> => {
  const { host: machine, namespace, node, role, to, url } = options
  const within = Duration.toMillis(options.within ?? "5 seconds")
  const security = options.security ?? Security.none
  return LinkClient.connect({
    address: addressOf(to.host, to.port),
    socket: security.connect({ ...to, role, within }),
    pulse: pulseOf(options.pulse),
    introduction: { host: machine, namespace, node, role, url },
    within
  })
}
