/**
 * Certificates for a start: an authority of one's own, and what it issues. Where there is a real authority (a mesh,
 * cert-manager, a company's), its certificates serve as well: see `Security.mutual` for what they must say.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto"
import * as net from "node:net"
import { ClusterError } from "./ClusterError.js"
import type { Role } from "./Security.js"
import { unitOf, uriOf } from "./security/certificateRole.js"
import * as x509 from "./security/x509.js"

/**
 * A certificate and its private key, both as PEM.
 *
 * @since 0.1.0
 * @category models
 */
export interface Issued {
  readonly cert: string
  readonly key: Redacted.Redacted<string>
}

/** An hour earlier than now: clocks of machines differ. */
const early = 3_600_000

const newKey = (): {
  readonly publicKey: KeyObject
  readonly text: Redacted.Redacted<string>
  readonly own: KeyObject
} => {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
  return {
    publicKey,
    own: privateKey,
    text: Redacted.make(privateKey.export({ type: "pkcs8", format: "pem" }).toString())
  }
}

const times = (valid: Duration.DurationInput | undefined) =>
  Effect.map(Effect.clock, (clock) => {
    const now = clock.unsafeCurrentTimeMillis()
    return { from: new Date(now - early), until: new Date(now + Duration.toMillis(valid ?? "365 days")) }
  })

/**
 * A new authority. Its key signs certificates: it stays with whoever issues them, and is given to no node.
 *
 * `name`: what it is called; default `Creel`. `valid`: for how long, from now; default 365 days.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeAuthority = (
  options?: { readonly name?: string | undefined; readonly valid?: Duration.DurationInput | undefined }
): Effect.Effect<Issued> =>
  Effect.map(times(options?.valid), ({ from, until }) => {
    const key = newKey()
    const subject = { name: options?.name ?? "Creel", unit: undefined }
    const cert = x509.write({
      subject,
      issuer: subject,
      publicKey: key.publicKey,
      signer: key.own,
      from,
      until,
      leaf: undefined
    })
    return { cert, key: key.text }
  })

const hostPattern = /^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/

const badOption = (detail: string, advice: string): ClusterError =>
  new ClusterError({ reason: "BadOption", detail, advice })

/** The key and the name of an authority that `makeAuthority` made, or what is wrong with it. */
const opened = (
  authority: Issued
): Effect.Effect<{ readonly signer: KeyObject; readonly name: string }, ClusterError> =>
  Effect.try({
    try: () => {
      const signer = x509.privateKey(Redacted.value(authority.key))
      const cert = new X509Certificate(authority.cert)
      const name = /^CN=(.*)$/.exec(cert.subject)?.[1]
      const fits = cert.publicKey.equals(createPublicKey(signer)) && cert.ca
      return fits && signer.asymmetricKeyType === "ec" && name !== undefined ? { signer, name } : undefined
    },
    catch: (error) =>
      badOption(error instanceof Error ? error.message : "it cannot be read", "give certificate and key as PEM")
  }).pipe(
    Effect.filterOrFail(
      (found) => found !== undefined,
      () => badOption("certificate and key are not those of one authority", "give both as `makeAuthority` made them")
    )
  )

/**
 * A certificate for one of the cluster, with a key of its own.
 *
 * - `role`: what it may do.
 * - `names`: the hosts and addresses under which others reach it. Whoever only connects needs none.
 * - `name`: what it is called. Default: the first of `names`, or the role.
 * - `valid`: for how long, from now. Default: 365 days.
 *
 * @example
 * ```ts
 * import { Certificates } from "@creel/cluster"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const authority = yield* Certificates.makeAuthority()
 *   return yield* Certificates.issue(authority, { role: "worker", names: ["node-1.internal", "10.0.0.7"] })
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const issue = (
  authority: Issued,
  options: {
    readonly role: Role
    readonly names?: ReadonlyArray<string> | undefined
    readonly name?: string | undefined
    readonly valid?: Duration.DurationInput | undefined
  }
): Effect.Effect<Issued, ClusterError> =>
  Effect.gen(function*() {
    const hosts = options.names ?? []
    const wrong = hosts.find((host) => net.isIP(host) === 0 && !hostPattern.test(host))
    if (wrong !== undefined) {
      return yield* badOption(`${wrong} is no name of a host`, "give hosts and addresses, no ports")
    }
    const { name, signer } = yield* opened(authority)
    const { from, until } = yield* times(options.valid)
    const key = newKey()
    const cert = x509.write({
      subject: { name: options.name ?? hosts[0] ?? options.role, unit: unitOf(options.role) },
      issuer: { name, unit: undefined },
      publicKey: key.publicKey,
      signer,
      from,
      until,
      leaf: { hosts, uri: uriOf(options.role) }
    })
    return { cert, key: key.text }
  })
