/**
 * Who may speak to whom. Every socket of a cluster (links, values, what runners say to each other) is made by the three
 * functions here, so that none is open to somebody who has not proved who he is. Authentication is TLS's: nothing is read
 * off a socket before its handshake is over.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { constants, randomBytes, X509Certificate } from "node:crypto"
import type * as net from "node:net"
import * as tls from "node:tls"
import { madeOf } from "./carrier/securityData.js"
import { ClusterError } from "./ClusterError.js"
import { addressOf } from "./internal/loopback.js"
import { nameOf, roleOf } from "./security/certificateRole.js"
import * as roleKeys from "./security/roleKeys.js"
import { connectPlain, connectTls, type HowToListen, listenPlain, listenTls } from "./security/sockets.js"

/**
 * What one who was let in may do. Each may all that the one before it may:
 *
 * - `observer`: sees what runs where, and sizes; never the bytes of a value.
 * - `client`: submits work, reads values, brings arguments.
 * - `worker`: holds values and runs tasks, carries the scheduler.
 * - `operator`: cancels, retires and restarts what others run.
 *
 * @since 0.1.0
 * @category models
 */
export type Role = "observer" | "client" | "worker" | "operator"

/**
 * All roles, from the least to the most.
 *
 * @since 0.1.0
 * @category constants
 */
export const roles: ReadonlyArray<Role> = roleKeys.roles

/**
 * Whether a role may what needs `least`.
 *
 * @example
 * ```ts
 * import { Security } from "@creel/cluster"
 *
 * Security.allows("worker", "client") // true
 * Security.allows("observer", "client") // false
 * ```
 *
 * @since 0.1.0
 * @category guards
 */
export const allows = (role: Role, least: Role): boolean => roles.indexOf(role) >= roles.indexOf(least)

/**
 * Who stands at the other end. `name`: what its certificate calls it, where it has one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Peer {
  readonly role: Role
  readonly name: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ListenOptions {
  /** Default: `127.0.0.1`. */
  readonly host?: string | undefined
  /** Default: 0, any that is free. */
  readonly port?: number | undefined
  /** A socket whose other end has proved who it is. It belongs to whoever takes it, and ends with the listener's scope. */
  readonly onConnection: (socket: net.Socket, peer: Peer) => void
  readonly handshake?: {
    /** How long a connection may take to prove who it is. Default: 5 seconds. */
    readonly within?: Duration.DurationInput | undefined
    /** How many may be about to at once; beyond that the oldest goes. Default: 256. */
    readonly pendingMax?: number | undefined
  } | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Listener {
  readonly host: string
  readonly port: number
  /** How many connections were refused so far. */
  readonly refused: () => number
}

/**
 * @since 0.1.0
 * @category models
 */
export interface ConnectOptions {
  readonly host: string
  readonly port: number
  /** As whom. With certificates the role is that of our own, and this one must be no more than it. */
  readonly role: Role
  /** Whom the other end must at least be able to prove to be, where it has a certificate. Default: `worker`. */
  readonly to?: Role | undefined
  /** Until both ends know each other. Default: 5 seconds. */
  readonly within?: Duration.DurationInput | undefined
  /**
   * Takes what is read, as it comes, instead of the socket's own events: at once, as the memory in which it stands is
   * used again for what comes next.
   */
  readonly onBytes?: ((bytes: Uint8Array) => void) | undefined
}

/**
 * One way of knowing each other. All of a cluster use the same.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly kind: "none" | "secret" | "mutual"
  /** As whom this process can connect. */
  readonly roles: ReadonlyArray<Role>
  /** Lets peers in, for as long as the scope. */
  readonly listen: (options: ListenOptions) => Effect.Effect<Listener, ClusterError, Scope.Scope>
  /** A socket to a peer that has proved who it is, and that has let us in. It belongs to the caller. */
  readonly connect: (options: ConnectOptions) => Effect.Effect<net.Socket, ClusterError>
}

/**
 * No credentials: between processes of one machine only. To listen on any other address, or to speak to one, fails as
 * `NotSecured`. Whoever runs programs on this machine may do everything.
 *
 * @since 0.1.0
 * @category constructors
 */
export const none: Service = madeOf({
  kind: "none",
  roles,
  listen: (options) => listenPlain(options, { role: "operator", name: undefined }),
  connect: connectPlain
}, { _tag: "None" })

/** Of a secret that was drawn by chance, 32 characters are at least 128 bits. */
const secretMin = 32

const badOption = (detail: string, advice: string): ClusterError =>
  new ClusterError({ reason: "BadOption", detail, advice })

const failing = (kind: Service["kind"], problem: ClusterError): Service => ({
  kind,
  roles: [],
  listen: () => Effect.fail(problem),
  connect: () => Effect.fail(problem)
})

/** AES-GCM in hardware where there is any; with SHA-256, as keys given from outside must have. */
const cipher = "TLS_AES_128_GCM_SHA256"

const serverOfKeys = (keys: ReadonlyArray<roleKeys.RoleKey>): HowToListen => {
  const known = new Map(keys.map((key) => [roleKeys.identityOf(key), key]))
  const proven = new WeakMap<tls.TLSSocket, Peer>()
  return {
    options: {
      ciphers: cipher,
      // A session that was resumed would name no key.
      secureOptions: constants.SSL_OP_NO_TICKET,
      pskCallback: (socket, identity) => {
        const key = known.get(identity)
        if (key === undefined) {
          proven.delete(socket)
          return null
        }
        // Whether it has the key is found out after this, and before there is a connection.
        proven.set(socket, { role: key.role, name: undefined })
        return key.key
      }
    },
    peerOf: (socket) => proven.get(socket)
  }
}

/** Who answers with a certificate has no key, whoever signed it. */
const noCertificate = (): Error => new Error("a certificate was shown instead of the proof that the secret is known")

const ofKeys = (accepted: ReadonlyArray<roleKeys.RoleKey>, own: ReadonlyArray<roleKeys.RoleKey>): Service => ({
  kind: "secret",
  roles: own.map((key) => key.role),
  listen: (options) => listenTls(options, serverOfKeys(accepted)),
  connect: (options) => {
    const key = own.find((one) => one.role === options.role)
    if (key === undefined) {
      return Effect.fail(
        new ClusterError({
          reason: "BadCredentials",
          address: addressOf(options.host, options.port),
          detail: `this process has no key for the role ${options.role}`
        })
      )
    }
    return connectTls(options, {
      ciphers: cipher,
      checkServerIdentity: noCertificate,
      pskCallback: () => ({ psk: key.key, identity: roleKeys.identityOf(key) })
    })
  }
})

/**
 * All who know the secret are of the cluster (TLS 1.3 with a pre-shared key; what was said stays unreadable also to one who
 * learns the secret later). Each role has a key of its own, made from the secret: see `roleKey`.
 *
 * The secret has 32 characters at least and is drawn by chance (`generateSecret`): a word can be guessed from one recorded
 * handshake. `also`: other secrets that are accepted, while one is changed for another on all nodes in turn.
 *
 * @example
 * ```ts
 * import { Security } from "@creel/cluster"
 * import { Config, Effect } from "effect"
 *
 * const security = Effect.map(Config.redacted("CREEL_SECRET"), (secret) => Security.secret(secret))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const secret = (
  value: Redacted.Redacted<string>,
  options?: { readonly also?: ReadonlyArray<Redacted.Redacted<string>> | undefined }
): Service => {
  const all = [value, ...(options?.also ?? [])].map(Redacted.value)
  if (all.some((one) => one.length < secretMin)) {
    return failing(
      "secret",
      badOption(`a cluster secret has ${secretMin} characters at least`, "draw one with `Security.generateSecret`")
    )
  }
  const [own = [], ...others] = all.map(roleKeys.roleKeys)
  const [first = "", ...also] = all
  return madeOf(ofKeys([...own, ...others.flat()], own), { _tag: "Secret", value: first, also })
}

/**
 * Security for one who was given the key of one role (`deriveRoleKey`) and not the secret. It can be nobody else; and if it
 * listens, only those come in who have that key too, or the secret.
 *
 * @example
 * ```ts
 * import { Security } from "@creel/cluster"
 * import { Redacted } from "effect"
 *
 * const clusterSecret = Redacted.make("k1pZ0vQm8uYx3rTn6sWb9dFh2jLc5aGe7iOq4wRt")
 * const forTheDashboard = Security.deriveRoleKey(clusterSecret, "observer")
 * const security = Security.roleKey(forTheDashboard)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const roleKey = (key: Redacted.Redacted<string>): Service => {
  const own = roleKeys.fromText(Redacted.value(key))
  return own === undefined
    ? failing("secret", badOption("this is no key of a role", "make one with `Security.deriveRoleKey`"))
    : madeOf(ofKeys([own], [own]), { _tag: "RoleKey", key: Redacted.value(key) })
}

/**
 * The key of one role, as text, for `roleKey`. Neither the secret nor the key of another role follows from it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const deriveRoleKey = (value: Redacted.Redacted<string>, role: Role): Redacted.Redacted<string> => {
  const [key] = roleKeys.roleKeys(Redacted.value(value)).filter((one) => one.role === role)
  return Redacted.make(key === undefined ? "" : roleKeys.toText(key))
}

/**
 * A new secret: 256 bits, as text.
 *
 * @since 0.1.0
 * @category constructors
 */
export const generateSecret: Effect.Effect<Redacted.Redacted<string>> = Effect.sync(() =>
  Redacted.make(randomBytes(32).toString("base64url"))
)

/**
 * @since 0.1.0
 * @category models
 */
export interface MutualOptions {
  /** The certificates (PEM) of the authority, of which all certificates of the cluster are. Only those are trusted. */
  readonly ca: string
  /** Our own certificate (PEM), followed by those between it and the authority, if any. */
  readonly cert: string
  /** The private key (PEM) of our certificate. */
  readonly key: Redacted.Redacted<string>
  /**
   * What the certificate of one we connect to must name besides a role. `host`: the host we connect to, among its
   * alternative names. `role`: nothing more; for hosts that have no lasting names. Default: `host`.
   */
  readonly names?: "host" | "role" | undefined
}

const ownRole = (cert: string): Role | undefined => {
  try {
    return roleOf(new X509Certificate(cert).toLegacyObject())
  } catch {
    return undefined
  }
}

const contextProblem = (options: MutualOptions): string | undefined => {
  try {
    tls.createSecureContext({ ca: options.ca, cert: options.cert, key: Redacted.value(options.key) })
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : "no reason given"
  }
}

/**
 * Both ends show a certificate of the authority `ca` (TLS 1.3). The role of each is in its certificate: the organizational
 * unit `creel-worker` (`creel-client`, ...) or the URI `urn:creel:role:worker` among its alternative names; one without a
 * role is refused. `Certificates` makes such certificates for a start.
 *
 * @example
 * ```ts
 * import { Certificates, Security } from "@creel/cluster"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const authority = yield* Certificates.makeAuthority()
 *   const issued = yield* Certificates.issue(authority, { role: "worker", names: ["127.0.0.1"] })
 *   return Security.mutual({ ca: authority.cert, cert: issued.cert, key: issued.key })
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const mutual = (options: MutualOptions): Service => {
  const role = ownRole(options.cert)
  const problem = contextProblem(options)
  if (problem !== undefined) {
    return failing("mutual", badOption(`certificate and key cannot be used: ${problem}`, "give them as PEM, matching"))
  }
  if (role === undefined) {
    return failing(
      "mutual",
      badOption(
        "our certificate names no role",
        "issue one with the organizational unit creel-worker, creel-client, ..."
      )
    )
  }
  const credentials = { ca: options.ca, cert: options.cert, key: Redacted.value(options.key) }
  return madeOf({
    kind: "mutual",
    roles: roles.filter((one) => allows(role, one)),
    listen: (listen) => listenTls(listen, serverOfCertificates(credentials)),
    connect: (connect) =>
      allows(role, connect.role)
        ? connectTls(connect, {
          ...credentials,
          checkServerIdentity: (host, certificate) => identityProblem(options, connect, host, certificate)
        })
        : Effect.fail(
          new ClusterError({
            reason: "BadCredentials",
            address: addressOf(connect.host, connect.port),
            detail: `our certificate says ${role}, which is no ${connect.role}`
          })
        )
  }, { _tag: "Mutual", ...credentials, names: options.names })
}

const serverOfCertificates = (credentials: tls.TlsOptions): HowToListen => ({
  options: {
    ...credentials,
    requestCert: true,
    rejectUnauthorized: true,
    // A session that was resumed would outlive its certificate.
    secureOptions: constants.SSL_OP_NO_TICKET
  },
  peerOf: (socket) => {
    if (!socket.authorized) return undefined
    const certificate = socket.getPeerCertificate()
    const role = roleOf(certificate)
    return role === undefined ? undefined : { role, name: nameOf(certificate) }
  }
})

const identityProblem = (
  options: MutualOptions,
  connect: ConnectOptions,
  host: string,
  certificate: tls.PeerCertificate
): Error | undefined => {
  const role = roleOf(certificate)
  const least = connect.to ?? "worker"
  if (role === undefined || !allows(role, least)) return new Error(`its certificate does not make it a ${least}`)
  return options.names === "role" ? undefined : tls.checkServerIdentity(host, certificate)
}
