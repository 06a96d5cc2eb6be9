// What the programs of the chaos suite have in common: how they are told what to do, and how they say what they did.
import { Security } from "@creel/cluster"
import { PgClient } from "@effect/sql-pg"
import { Redacted } from "effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

export const options = JSON.parse(process.argv[2])

export const say = (what, more = {}) => console.log(`@${JSON.stringify({ what, ...more })}`)

setFlagsFromString("--expose-gc")
const gc = runInNewContext("gc")

/** Bytes that are in use when all that can go has gone. */
export const memory = () => {
  gc()
  gc()
  const { arrayBuffers, heapUsed, rss } = process.memoryUsage()
  return { rss, used: heapUsed + arrayBuffers }
}

const asked = new Map()

/** Does this whenever it is told this word, by its standard input. */
export const on = (word, f) => void asked.set(word, f)

process.stdin.setEncoding("utf8").on("data", (chunk) => {
  for (const line of chunk.split("\n")) {
    const [word, ...rest] = line.split(" ")
    asked.get(word)?.(...rest)
  }
})

// Whoever started it has gone.
process.stdin.on("end", () => process.exit(0))

on("memory", () => say("memory", memory()))

/** The clock on the wall is put forward or back; the one that only goes on is left alone, as machines do it. */
const realNow = Date.now
const RealDate = Date
on("clock", (millis) => {
  const by = Number(millis)
  globalThis.Date = class extends RealDate {
    constructor(...args) {
      super(...(args.length === 0 ? [realNow() + by] : args))
    }
    static now() {
      return realNow() + by
    }
  }
  say("clock", { by })
})

export const Storage = PgClient.layer({
  url: Redacted.make(options.database),
  maxConnections: 4
})

export const security = options.secret === undefined ? Security.none : Security.secret(Redacted.make(options.secret))

export const common = {
  security,
  ...(options.host === undefined ? {} : { host: options.host }),
  ...(options.advertise === undefined ? {} : { advertise: options.advertise }),
  ...(options.ports === undefined ? {} : { ports: options.ports }),
  storage: { expiry: `${options.expiry} seconds`, locateWithin: "30 seconds" },
  startWithin: "5 minutes"
}
