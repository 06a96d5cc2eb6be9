/** Which addresses never leave this machine. A name other than `localhost` may mean anything, so it is none of them. */
import * as net from "node:net"

export const isLoopback = (host: string): boolean => {
  const bare = host.replace(/^\[|\]$/g, "").toLowerCase()
  if (bare === "localhost" || bare === "::1") return true
  const four = bare.startsWith("::ffff:") ? bare.slice(7) : bare
  return net.isIPv4(four) && four.startsWith("127.")
}

export const addressOf = (host: string, port: number): string =>
  net.isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
