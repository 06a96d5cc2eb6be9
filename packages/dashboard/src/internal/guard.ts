/**
 * Who is let in. Pure but for its dice.
 *
 *   G1. `Host` is a name of ours or an address in numbers: a page elsewhere that makes its own name point here is refused.
 *   G2. `Origin`, where a browser says it, is this very page; what another site asks for is refused.
 *   G3. Whoever has the token, once, gets a cookie that scripts cannot read and other sites do not send. Tokens are compared
 *       in constant time.
 */
import * as Redacted from "effect/Redacted"
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import type { IncomingHttpHeaders } from "node:http"
import { isIP } from "node:net"

export interface Guard {
  readonly token: Redacted.Redacted
  /** Why this is not answered at all; nothing where it may be. */
  readonly foreign: (headers: IncomingHttpHeaders) => string | undefined
  /** Whether the token is right. */
  readonly opens: (token: string | null) => boolean
  /** Whether whoever asks was let in. */
  readonly knows: (headers: IncomingHttpHeaders, port: number) => boolean
  /** What lets them in again. */
  readonly cookie: (port: number) => string
}

const same = (a: string, b: string): boolean => {
  const digest = (text: string) => createHash("sha256").update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** `name`, `name:port`, `[::1]:port` without the port. */
const nameOf = (host: string): string => {
  const found = /^\[([^\]]*)\](?::\d+)?$/.exec(host) ?? /^([^:]*)(?::\d+)?$/.exec(host)
  return (found?.[1] ?? "").toLowerCase()
}

const cookieName = (port: number): string => `creel-dashboard-${port}`

const cookieOf = (header: string | undefined, name: string): string | undefined => {
  for (const part of (header ?? "").split(";")) {
    const at = part.indexOf("=")
    if (at >= 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return undefined
}

export const make = (options: {
  readonly host: string
  readonly names: ReadonlyArray<string>
  readonly token: string | Redacted.Redacted | undefined
}): Guard => {
  const given = options.token
  const token = given === undefined
    ? randomBytes(24).toString("base64url")
    : typeof given === "string"
    ? given
    : Redacted.value(given)
  // Of the token, so that with a token of one's own those who were let in stay so when the program starts again.
  const session = createHmac("sha256", token).update("a session of the dashboard").digest("base64url")
  const names = new Set(["localhost", options.host, ...options.names].map((name) => name.toLowerCase()))

  const foreign = (headers: IncomingHttpHeaders): string | undefined => {
    const { host, origin } = headers
    if (host === undefined) return "a request must say its host"
    const name = nameOf(host)
    if (isIP(name) === 0 && !names.has(name)) {
      return `${name} is none of this dashboard's names; say \`names: ["${name}"]\` where it is one`
    }
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
      return "only this dashboard's own page may ask"
    }
    const site = headers["sec-fetch-site"]
    const navigates = headers["sec-fetch-mode"] === "navigate" || headers["sec-fetch-mode"] === undefined
    if (site !== undefined && site !== "same-origin" && site !== "none" && !navigates) {
      return "only this dashboard's own page may ask"
    }
    return undefined
  }

  const bearer = (header: string | undefined): boolean => {
    const found = /^Bearer (.+)$/i.exec(header ?? "")
    return found !== null && same(found[1]!, token)
  }

  return {
    token: Redacted.make(token),
    foreign,
    opens: (offered) => offered !== null && same(offered, token),
    knows: (headers, port) => {
      const cookie = cookieOf(headers.cookie, cookieName(port))
      return (cookie !== undefined && same(cookie, session)) || bearer(headers.authorization)
    },
    cookie: (port) => `${cookieName(port)}=${session}; Path=/; HttpOnly; SameSite=Strict`
  }
}
