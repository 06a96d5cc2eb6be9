/**
 * The end of links that listens: all connections of one node, and the schedulers that are mounted there.
 *
 * 1. Nobody says anything before he has introduced himself: what else comes ends the connection.
 * 2. A connection speaks to one namespace; when that is mounted no longer the connection ends, and the peer looks for
 *    the scheduler anew.
 * 3. What the proven role may not is refused before its payload is looked at.
 */
import type { FromClientEncoded, FromServerEncoded } from "@effect/rpc/RpcMessage"
import * as RpcServer from "@effect/rpc/RpcServer"
import * as Door from "creel/Door"
import { ManageError } from "creel/ManageError"
import type { Introduction, There } from "creel/Rpcs"
import { protocol, Refused, SchedulerRpcs } from "creel/Rpcs"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Runtime from "effect/Runtime"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as net from "node:net"
import type { Peer, Role } from "../Security.js"
import { allows } from "../Security.js"
import type { Pulse } from "./frames.js"
import { Frames } from "./frames.js"
import * as Rights from "./rights.js"
import * as LinkWire from "./wire.js"

interface Connection {
  readonly id: number
  readonly peer: Peer
  readonly frames: Frames
  readonly encode: (message: FromServerEncoded) => Uint8Array | string | undefined
  introduction: Introduction | undefined
  mounted: Mounted | undefined
  /** Who was attached on it. */
  readonly peers: Set<string>
}

interface Mounted {
  readonly namespace: string
  readonly handlers: Door.Handlers
  readonly ended: MountOptions["ended"]
}

export interface MountOptions extends Omit<Door.HandlersOptions, "introduced" | "lease"> {
  readonly namespace: string
  /** A connection ended, and these peers were on it; `back`: peers of that node are here again. */
  readonly ended?: ((from: Introduction, peers: ReadonlySet<string>, back: () => boolean) => void) | undefined
}

export interface Options {
  readonly pulse: Pulse
  readonly node: string
  readonly url: string | undefined
}

export interface Server {
  readonly accept: (socket: net.Socket, peer: Peer) => void
  /** Lets peers of this namespace in by this door, for as long as the scope. */
  readonly mount: (options: MountOptions) => Effect.Effect<void, never, Scope.Scope>
}

const refusal = (requestId: string, message: string): FromServerEncoded => ({
  _tag: "Exit",
  requestId,
  exit: { _tag: "Failure", cause: { _tag: "Die", defect: { name: "Refused", message } } }
})

const encodeManageError = Schema.encodeSync(ManageError)

const forbidden = (requestId: string, tag: string, needed: Role, role: Role): FromServerEncoded => {
  const error = Rights.forbidden(tag, needed, role)
  return error === undefined
    ? refusal(requestId, `${tag} is for a ${needed}`)
    : { _tag: "Exit", requestId, exit: { _tag: "Failure", cause: { _tag: "Fail", error: encodeManageError(error) } } }
}

class Connections {
  readonly open = new Map<number, Connection>()
  readonly mounts = new Map<string, Mounted>()
  private count = 0

  constructor(
    private readonly options: Options,
    private readonly makeParser: Effect.Effect.Success<typeof LinkWire.makeParser>
  ) {}

  /** Set before anybody connects. */
  request: (id: number, message: FromClientEncoded) => void = () => {}
  disconnected: (id: number) => void = () => {}

  accept(socket: net.Socket, peer: Peer): void {
    const id = ++this.count
    const parser = this.makeParser()
    const connection: Connection = {
      id,
      peer,
      encode: parser.encode,
      introduction: undefined,
      mounted: undefined,
      peers: new Set(),
      frames: new Frames(socket, {
        pulse: this.options.pulse,
        max: () => connection.introduction === undefined ? LinkWire.strangerMax : LinkWire.peerMax,
        frame: (bytes) => {
          try {
            for (const message of parser.decode(bytes)) this.hear(connection, message as FromClientEncoded)
          } catch {
            connection.frames.end("it says what cannot be read")
          }
        },
        ended: () => {
          this.open.delete(id)
          this.disconnected(id)
          const { introduction, mounted, peers } = connection
          if (introduction === undefined || mounted === undefined || peers.size === 0) return
          mounted.ended?.(introduction, peers, () => this.isAttached(mounted, introduction.node))
        }
      })
    }
    this.open.set(id, connection)
  }

  private isAttached(mounted: Mounted, node: string): boolean {
    for (const one of this.open.values()) {
      if (one.mounted === mounted && one.introduction?.node === node && one.peers.size > 0) return true
    }
    return false
  }

  private hear(connection: Connection, message: FromClientEncoded): void {
    const introduces = message._tag === "Request" && message.tag === "Introduce"
    if (connection.mounted === undefined && !introduces) return connection.frames.end("it did not say who it is")
    if (message._tag === "Request") {
      const needed = Rights.least(message.tag)
      if (needed === undefined) return this.send(connection, refusal(message.id, `${message.tag} is not known here`))
      if (!allows(connection.peer.role, needed)) {
        return this.send(connection, forbidden(message.id, message.tag, needed, connection.peer.role))
      }
    }
    this.request(connection.id, message)
  }

  send(connection: Connection, message: FromServerEncoded): void {
    const bytes = connection.encode(message)
    if (bytes !== undefined) connection.frames.write(bytes as Uint8Array)
  }

  introduce(id: number, introduction: Introduction): Effect.Effect<There, Refused> {
    const connection = this.open.get(id)
    const refuse = (reason: Refused["reason"], detail: string) => Effect.fail(new Refused({ reason, detail }))
    if (connection === undefined) return Effect.interrupt
    if (introduction.protocol !== protocol) {
      return refuse("version", LinkWire.otherProtocol(introduction.protocol))
    }
    if (!allows(connection.peer.role, introduction.role)) {
      return refuse("role", `it has proved to be a ${connection.peer.role}, which is no ${introduction.role}`)
    }
    const mounted = this.mounts.get(introduction.namespace)
    if (mounted === undefined) return refuse("namespace", `the scheduler of ${introduction.namespace} is not here`)
    connection.introduction = introduction
    connection.mounted = mounted
    return Effect.succeed({ protocol, node: this.options.node, url: this.options.url })
  }

  attach(id: number, kind: "client" | "worker", peer: string): Effect.Effect<void, Refused> {
    const connection = this.open.get(id)
    const role = connection?.peer.role ?? "observer"
    return allows(role, kind)
      ? Effect.sync(() => void connection?.peers.add(peer))
      : Effect.fail(new Refused({ reason: "role", detail: `${role} is no ${kind}` }))
  }

  /** A worker's node may have its own workers leave, an operator all. */
  retire(id: number, worker: string): Effect.Effect<void, ManageError> {
    const connection = this.open.get(id)
    const role = connection?.peer.role ?? "observer"
    if (allows(role, "operator")) return Effect.void
    return Effect.flatMap(connection?.mounted?.handlers.Workers() ?? Effect.succeed([]), (workers) => {
      const named = workers.filter((one) => one.id === worker || one.name === worker)
      const own = named.every((one) => one.node === connection?.introduction?.node)
      const error = own ? undefined : Rights.forbidden("Retire", "operator", role)
      return error === undefined ? Effect.void : Effect.fail(error)
    })
  }

  endAll(which: (connection: Connection) => boolean, why: string): void {
    for (const connection of [...this.open.values()]) if (which(connection)) connection.frames.end(why)
  }
}

/** One set of handlers for all namespaces: which is meant, the connection says. */
const dispatch = (connections: Connections) => {
  const of = (id: number): Door.Handlers | undefined => connections.open.get(id)?.mounted?.handlers
  const tags = [...SchedulerRpcs.requests.keys()]
  const handlers = Object.fromEntries(tags.map((tag) => [
    tag,
    (payload: any, meta: { readonly clientId: number }): Effect.Effect<any, any, any> => {
      const handler = of(meta.clientId)?.[tag as keyof Door.Handlers] as ((...args: Array<any>) => any) | undefined
      return handler === undefined ? Effect.interrupt : handler(payload, meta)
    }
  ]))
  // Each handler is that of `Door.Handlers` of the same name, whose type the compiler has checked against the group.
  return {
    ...handlers as unknown as Door.Handlers,
    Introduce: (introduction: Introduction, { clientId }: { readonly clientId: number }) =>
      connections.introduce(clientId, introduction),
    Attach: (payload: Parameters<Door.Handlers["Attach"]>[0], meta: { readonly clientId: number }) =>
      Effect.zipRight(
        connections.attach(meta.clientId, payload.kind, payload.peer),
        Effect.suspend(() => of(meta.clientId)?.Attach(payload, meta) ?? Effect.interrupt)
      ),
    Retire: (payload: Parameters<Door.Handlers["Retire"]>[0], { clientId }: { readonly clientId: number }) =>
      Effect.zipRight(
        connections.retire(clientId, payload.worker),
        Effect.suspend(() => of(clientId)?.Retire(payload) ?? Effect.interrupt)
      )
  }
}

const makeProtocol = (connections: Connections) =>
  RpcServer.Protocol.make((hear) =>
    Effect.gen(function*() {
      const run = Runtime.runFork(yield* Effect.runtime<never>())
      const disconnects = yield* Mailbox.make<number>()
      // A fork runs at once until it has to wait, so messages are taken in their order.
      connections.request = (id, message) => void run(hear(id, message))
      connections.disconnected = (id) => void disconnects.unsafeOffer(id)
      return {
        disconnects,
        send: (id: number, message: FromServerEncoded) =>
          Effect.sync(() => {
            const connection = connections.open.get(id)
            if (connection !== undefined) connections.send(connection, message)
          }),
        end: (id: number) => Effect.sync(() => connections.open.get(id)?.frames.end("all was said")),
        clientIds: Effect.sync(() => new Set(connections.open.keys())),
        initialMessage: Effect.succeed(Option.none()),
        supportsAck: true,
        supportsTransferables: false,
        supportsSpanPropagation: false
      }
    })
  )

export const make = (options: Options): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.gen(function*() {
    const connections = new Connections(options, yield* LinkWire.makeParser)
    const rpcProtocol = yield* makeProtocol(connections)
    yield* RpcServer.make(SchedulerRpcs, { disableTracing: true, disableFatalDefects: true }).pipe(
      Effect.provideService(RpcServer.Protocol, rpcProtocol),
      Effect.provide(SchedulerRpcs.toLayer(dispatch(connections))),
      Effect.interruptible,
      Effect.forkScoped
    )
    yield* Effect.addFinalizer(() => Effect.sync(() => connections.endAll(() => true, "the node is closed")))
    return {
      accept: (socket, peer) => connections.accept(socket, peer),
      mount: ({ door, ended, namespace, outlived }) =>
        Effect.gen(function*() {
          const introduced = (id: number) => connections.open.get(id)?.introduction
          const handlers = yield* Door.handlers({ door, lease: Infinity, introduced, outlived })
          const mounted: Mounted = { namespace, handlers, ended }
          yield* Effect.acquireRelease(
            Effect.sync(() => connections.mounts.set(namespace, mounted)),
            () =>
              Effect.sync(() => {
                if (connections.mounts.get(namespace) === mounted) connections.mounts.delete(namespace)
                connections.endAll((connection) => connection.mounted === mounted, "the scheduler is here no longer")
              })
          )
        })
    }
  })
