/** What the two ends of the data plane say to each other besides bytes. */
import type { ReadFailed } from "creel/Door"

/** Who asks: one peer's slowness is its own. Trusted as all is that one who was let in says. */
export const peerHeader = "creel-peer"

export const pathOf = (value: string, holder: string, relayed: boolean): string =>
  relayed
    ? `/relay/${encodeURIComponent(holder)}/${encodeURIComponent(value)}`
    : `/values/${encodeURIComponent(value)}?holder=${encodeURIComponent(holder)}`

export interface Asked {
  readonly value: string
  readonly holder: string
  readonly relayed: boolean
}

/** What a path asks for, if it is one of ours. By hand: to a `URL`, a value called `..` would be the way up. */
export const askedOf = (target: string): Asked | undefined => {
  try {
    const [path = "", query = ""] = target.split("?", 2)
    const [root, kind, ...names] = path.split("/")
    const [first = "", second = "", ...rest] = names.map(decodeURIComponent)
    if (root !== "" || first === "" || rest.length > 0) return undefined
    const holder = new URLSearchParams(query).get("holder")
    if (kind === "values" && names.length === 1 && holder !== null) return { value: first, holder, relayed: false }
    return kind === "relay" && second !== "" ? { holder: first, value: second, relayed: true } : undefined
  } catch {
    return undefined
  }
}

type Why = ReadFailed["why"]

/** `unreachable`: the holder is not here, but for a relay that it could not be reached from there. */
export const statusOf: { readonly [K in Why]: number } = { gone: 404, unreachable: 421, corrupt: 500 }

export const whyOf = (status: number): Why =>
  status === statusOf.gone ? "gone" : status === statusOf.corrupt ? "corrupt" : "unreachable"

/** From which byte on, of an image with this `etag`. */
export const startOf = (range: string | undefined, ifRange: string, etag: string): number => {
  const from = /^bytes=(\d{1,15})-$/.exec(range ?? "")?.[1]
  return from !== undefined && ifRange === etag ? Number(from) : 0
}

export const etagOf = (digest: string): string => `"${digest}"`

export const isEtag = (text: string): boolean => /^"[0-9a-f]{1,64}"$/.test(text)

/** The bytes of the whole, from an answer that has all or the end of it. */
export const totalOf = (status: number, headers: ReadonlyMap<string, string>): number | undefined => {
  const text = status === 206
    ? /^bytes \d+-\d+\/(\d{1,15})$/.exec(headers.get("content-range") ?? "")?.[1]
    : headers.get("content-length")
  return text === undefined ? undefined : Number(text)
}
