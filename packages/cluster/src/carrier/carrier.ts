/**
 * What makes a node able to carry the scheduler: a place in the database's list, the links' listener, and the scheduler
 * itself when it is put here. Owned here: these together, wherever they run (in the node's own thread, or beside it).
 */
import type * as CoreScheduler from "@creel/core/Scheduler"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { ClusterError } from "../ClusterError.js"
import { addressOf } from "../internal/loopback.js"
import * as Links from "../Links.js"
import * as Placement from "../Placement.js"
import * as Kubernetes from "../placement/kubernetes.js"
import type * as Security from "../Security.js"
import * as Hosting from "./hosting.js"

/** All of it is data, but for the scheduler's policies. */
export interface Options {
  readonly node: string
  /** Where the node's values are read. */
  readonly url: string
  readonly namespace: string
  readonly host: string
  readonly advertise: string
  readonly ports: { readonly links: number; readonly runner: number }
  readonly storage: {
    readonly prefix: string | undefined
    /** Milliseconds. */
    readonly expiry: number | undefined
    /** Milliseconds. */
    readonly locateWithin: number | undefined
  }
  readonly pulse: {
    /** Milliseconds. */
    readonly beat: number | undefined
    /** Milliseconds. */
    readonly silence: number | undefined
    readonly threshold: number | undefined
  }
  readonly scheduler: Partial<CoreScheduler.Config> | undefined
  /** Who says that a node is ill, beyond its silence. */
  readonly health: Kubernetes.Options | undefined
}

export interface Carrier {
  readonly locate: Placement.Service["locate"]
  readonly register: Placement.Service["register"]
  readonly ports: Options["ports"]
}

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(":") + 1))

/** Carries in this thread. */
export const make = (
  options: Options,
  security: Security.Service
): Effect.Effect<Carrier, ClusterError, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const { advertise, host, namespace, node, ports, pulse, storage, url } = options
    const links = yield* Links.serve({ node, url, host, port: ports.links, security, pulse })
    const address = addressOf(advertise, links.port)
    const layer = Placement.layer({
      ...storage,
      security,
      health: options.health === undefined ? undefined : Kubernetes.layer(options.health),
      node,
      namespaces: [namespace],
      host: (life) => Hosting.host({ links, address, config: options.scheduler }, life),
      listen: { host, port: ports.runner, advertise }
    })
    const placement = Context.get(yield* Layer.build(layer), Placement.Placement)
    return {
      locate: placement.locate,
      register: placement.register,
      ports: { links: links.port, runner: Option.match(placement.runner, { onNone: () => 0, onSome: portOf }) }
    }
  })
