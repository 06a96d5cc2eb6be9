/**
 * The data plane: values go from node to node as the bodies of HTTP answers, past the scheduler. A node serves what it
 * holds (`serve`) and reads what others hold (`makeReader`).
 *
 * 1. What is read is what was written: length and checksums are looked at before a byte of it is used. A connection that
 *    breaks is taken up again where it broke.
 * 2. What is under way is bounded in bytes, out and in, and for each peer: one that is slow stops nobody else.
 * 3. A value is never copied as a whole: it goes out as it stands in memory or on disk, and comes in where it is to stay.
 *
 * @since 0.1.0
 */
import type * as Id from "@creel/core/Id"
import type * as Payload from "@creel/core/Payload"
import type * as Door from "creel/Door"
import type * as Store from "creel/Store"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as http from "node:http"
import type { Duplex } from "node:stream"
import { ClusterError } from "./ClusterError.js"
import { addressOf } from "./internal/loopback.js"
import * as Security from "./Security.js"
import { Budget } from "./values/budget.js"
import * as Connections from "./values/connection.js"
import * as reading from "./values/reader.js"
import * as serving from "./values/server.js"
import * as Wire from "./values/wire.js"

/**
 * What may be under way at once: bytes, or answers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Budgets {
  /** In all. Default: 256 MiB of what is read. */
  readonly total?: number | undefined
  /** For one peer. Default: a quarter of `total`. */
  readonly perPeer?: number | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ServeOptions {
  /** Default: `Security.none`. */
  readonly security?: Security.Service | undefined
  /** What is listened on. Default: `127.0.0.1`. */
  readonly host?: string | undefined
  /** Default: 0, any that is free. */
  readonly port?: number | undefined
  /** The host under which others reach it. Default: `host`. */
  readonly advertise?: string | undefined
  /**
   * What a peer of this node holds, from memory or from disk. `unreachable`: there is no such peer here. The scope is open
   * until the answer has gone out.
   */
  readonly find: (
    value: Id.ValueId,
    holder: Id.PeerId
  ) => Effect.Effect<Payload.Payload | Store.Source, Door.ReadFailed, Scope.Scope>
  /**
   * Where a holder that is not of this node serves, for those who cannot reach it themselves. Only where this says are
   * relayed questions sent. Default: nowhere.
   */
  readonly relay?: ((holder: Id.PeerId) => Effect.Effect<string | undefined>) | undefined
  /** Of what goes out. An answer counts with what it has under way, which is at most 4 MiB. Default: 64 MiB. */
  readonly budgets?: Budgets | undefined
  /** How many answers may be under way at once: more of them wait for their turn. Default: 64, and 16 of them for one peer. */
  readonly answers?: Budgets | undefined
  /** How long a reader may take nothing before it is cut off. Default: 30 seconds. */
  readonly stall?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Server {
  /** What others are told. */
  readonly url: string
  readonly port: number
  /** Bytes under way. */
  readonly sending: () => number
  /** Who waits for his turn: for others that are answered, or for bytes that are under way. */
  readonly waiting: () => number
}

/** Of one answer: what is in its socket's hands, and the next piece. */
const windowBytes = 4 * 1024 * 1024

const mebi = 1024 * 1024

const budgetOf = (budgets: Budgets | undefined, total: number): Budget => {
  const all = budgets?.total ?? total
  return new Budget(all, Math.min(all, budgets?.perPeer ?? Math.ceil(all / 4)))
}

/** So long nothing at all may be heard from who is asked, in milliseconds. */
const silence = 5000

/** Keys are the words of users, and stand in the path. */
const headerMax = 256 * 1024

/**
 * Serves values for as long as the scope.
 *
 * @example
 * ```ts
 * import { Values } from "@creel/cluster"
 * import { Value } from "creel"
 * import { Effect } from "effect"
 *
 * const payload = Value.encode(new Float64Array(1_000_000), { share: true })
 *
 * const program = Effect.gen(function*() {
 *   const server = yield* Values.serve({ find: () => Effect.succeed(payload) })
 *   const reader = yield* Values.makeReader()
 *   return yield* reader.read({ url: server.url, value: "x#0.1", holder: "worker-1" })
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const serve = (options: ServeOptions): Effect.Effect<Server, ClusterError, Scope.Scope> =>
  Effect.gen(function*() {
    const security = options.security ?? Security.none
    const stall = Duration.toMillis(options.stall ?? "30 seconds")
    const peers = new WeakMap<Duplex, Security.Peer>()
    const out = budgetOf(options.budgets, 64 * mebi)
    const answers = { own: budgetOf(options.answers, 64), relayed: budgetOf(options.answers, 64) }
    const agent = yield* makeAgent(security)
    const server = http.createServer({ maxHeaderSize: headerMax, keepAliveTimeout: stall })
    server.timeout = stall
    const serves: serving.Serving = {
      find: options.find,
      relay: options.relay ?? (() => Effect.succeed(undefined)),
      forward: (url, asked, request) => forward(agent, stall, url, asked, request),
      peerOf: (socket) => peers.get(socket),
      loopback: security.kind === "none",
      out,
      answers,
      window: Math.min(windowBytes, out.share),
      unanswered: new Set()
    }
    server.on("request", serving.handler(serves, yield* Effect.runtime<never>()))
    yield* serving.reassuring(serves)
    const listener = yield* security.listen({
      host: options.host,
      port: options.port,
      onConnection: (socket, peer) => {
        peers.set(socket, peer)
        server.emit("connection", socket)
      }
    })
    const scheme = security.kind === "none" ? "http" : "https"
    return {
      url: `${scheme}://${addressOf(options.advertise ?? listener.host, listener.port)}`,
      port: listener.port,
      sending: () => out.lent,
      waiting: () => out.queue + answers.own.queue + answers.relayed.queue
    }
  })

/** Another node's answer, to be passed on as it comes. */
const forward = (agent: http.Agent, stall: number, url: string, asked: Wire.Asked, request: http.IncomingMessage) =>
  Effect.async<http.IncomingMessage | undefined>((resume) => {
    const { range } = request.headers
    const ifRange = request.headers["if-range"]
    const { host, port } = new URL(url)
    const sent = http.request({
      agent,
      host: hostOf(new URL(url)),
      port,
      path: Wire.pathOf(asked.value, asked.holder, false),
      timeout: Math.min(stall, silence),
      headers: {
        host,
        [Wire.peerHeader]: "relay",
        ...(range === undefined ? {} : { range }),
        ...(typeof ifRange === "string" ? { "if-range": ifRange } : {})
      }
    })
    sent.once("timeout", () => sent.destroy())
    sent.on("error", () => resume(Effect.succeed(undefined)))
    sent.once("response", (answer) => {
      sent.setTimeout(stall)
      resume(Effect.succeed(answer))
    })
    sent.end()
    return Effect.sync(() => sent.destroy())
  })

/**
 * @since 0.1.0
 * @category models
 */
export interface ReaderOptions {
  /** Default: `Security.none`. */
  readonly security?: Security.Service | undefined
  /** As whom it reads. Default: `client`. */
  readonly role?: Security.Role | undefined
  /** The name by which those who serve tell it from others, for their budgets. Default: one of its own. */
  readonly peer?: string | undefined
  /** Of what comes in. What is larger than the share of a peer counts with that share. */
  readonly budgets?: Budgets | undefined
  /** How many connections to one node there are at most. Default: 8. */
  readonly connections?: number | undefined
  /**
   * How long a connection may bring nothing before it is taken for broken; a node that has heard a question says so each
   * second until it answers. Default: 5 seconds.
   */
  readonly stall?: Duration.DurationInput | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ReadOptions {
  /** Where the holder serves. */
  readonly url: string
  readonly value: Id.ValueId
  readonly holder: Id.PeerId
  /** How large it is, if that is known: then room is set aside before anybody is asked. */
  readonly bytes?: number | undefined
  /** Who is asked when the holder cannot be reached from here. */
  readonly relay?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Reader {
  /**
   * Brings a value here, its large buffers each into a `SharedArrayBuffer`. Fails as `gone` (its holder has it no more),
   * `unreachable` (nobody who has it answers) or `corrupt` (what comes is not what was written, again and again).
   */
  readonly read: (options: ReadOptions) => Effect.Effect<Payload.Payload, Door.ReadFailed>
  /** Bytes under way. */
  readonly reading: () => number
}

let readers = 0

/**
 * A reader with connections and budgets of its own, for as long as the scope.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeReader = (options?: ReaderOptions): Effect.Effect<Reader, never, Scope.Scope> =>
  Effect.gen(function*() {
    const shared: reading.Reading = {
      pool: yield* makePool(options),
      peer: options?.peer ?? `${process.pid}.${++readers}`,
      in: budgetOf(options?.budgets, 256 * mebi),
      detours: new Map(),
      stall: stallOf(options),
      still: new Map()
    }
    return {
      read: (read) => reading.read(shared, { ...read, relay: read.relay, bytes: read.bytes }),
      reading: () => shared.in.lent
    }
  })

const stallOf = (options: ReaderOptions | undefined): number => Duration.toMillis(options?.stall ?? silence)

/** Connections that stay open for the next value, each made by `security`. */
const makePool = (options: ReaderOptions | undefined): Effect.Effect<Connections.Pool, never, Scope.Scope> =>
  // Taken before the pool is acquired: what runs by the runtime of an acquisition cannot be interrupted.
  Effect.flatMap(Effect.runtime<never>(), (runtime) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const stall = stallOf(options)
        const connect = connecting(options?.security ?? Security.none, options?.role, stall, runtime)
        return new Connections.Pool(connect, options?.connections ?? 8, stall)
      }),
      (pool) => Effect.sync(() => pool.close())
    ))

/** Whoever wants a connection is called back, as by Node. */
const connecting = (
  security: Security.Service,
  role: Security.Role | undefined,
  stall: number,
  runtime: Runtime.Runtime<never>
): Connections.Connect =>
(url, onBytes, done) => {
  const to = { host: hostOf(url), port: Number(url.port), role: role ?? "client", to: "client", onBytes } as const
  // Its own end would say the same of who is silent and of who turns us away: this one comes first.
  const connected = Effect.merge(security.connect({ ...to, within: 2 * stall })).pipe(
    Effect.timeoutTo({ duration: stall, onSuccess: (made) => made, onTimeout: () => "silent" as const })
  )
  Runtime.runFork(runtime)(connected).addObserver((exit) => {
    done(Exit.isSuccess(exit) ? exit.value : givenUp)
  })
}

const givenUp = new ClusterError({ reason: "ConnectFailed", detail: "the connection was given up" })

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "")

/** For answers that are passed on as they come. */
const makeAgent = (security: Security.Service): Effect.Effect<http.Agent, never, Scope.Scope> =>
  Effect.flatMap(Effect.runtime<never>(), (runtime) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 8, scheduling: "lifo" })
        const connect = connecting(security, undefined, silence, runtime)
        agent.createConnection = ({ host, port }, done) => {
          connect(new URL(`http://${addressOf(host ?? "", Number(port))}`), undefined, (made) => {
            const socket = made === "silent" ? givenUp : made
            // On an error Node looks at no socket.
            if ("reason" in socket) (done as (error: Error) => void)(socket)
            else done?.(null, socket)
          })
          return undefined
        }
        return agent
      }),
      (agent) => Effect.sync(() => agent.destroy())
    ))
