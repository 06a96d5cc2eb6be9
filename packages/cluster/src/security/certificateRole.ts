/**
 * The role that a certificate gives its holder: the organizational unit `creel-worker` or the URI `urn:creel:role:worker`
 * among its alternative names. One that names no role gives none; one that names several gives none either.
 */
import type { PeerCertificate } from "node:tls"
import type { Role } from "../Security.js"
import { roles } from "./roleKeys.js"

export const unitOf = (role: Role): string => `creel-${role}`

export const uriOf = (role: Role): string => `urn:creel:role:${role}`

const listOf = (u: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  u === undefined ? [] : typeof u === "string" ? [u] : u

/** Names with a comma are quoted by Node as JSON text, so that none can pretend to be two; a role's has none. */
const urisOf = (names: string | undefined): ReadonlyArray<string> =>
  (names ?? "").match(/"(?:[^"\\]|\\.)*"|[^,]+/g)?.map((name) => name.trim()).filter((name) => name.startsWith("URI:"))
    .map((name) => name.slice(4)) ?? []

export const roleOf = (certificate: PeerCertificate): Role | undefined => {
  const units = listOf(certificate.subject?.OU)
  const uris = urisOf(certificate.subjectaltname)
  const named = roles.filter((role) => units.includes(unitOf(role)) || uris.includes(uriOf(role)))
  return named.length === 1 ? named[0] : undefined
}

export const nameOf = (certificate: PeerCertificate): string | undefined => listOf(certificate.subject?.CN)[0]
