/**
 * A network of this machine's own making: each process in a network namespace, all of them behind one router, which can
 * be told to lose what goes from one to another. Nobody is told that it does: nothing is refused, and nothing is reset.
 * Owned here: namespaces, addresses, rules. All of it goes with the scope.
 */
import { Effect, Scope } from "effect"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import * as net from "node:net"
import * as path from "node:path"
import * as Programs from "../utils/programs.js"

const ip = (...args: ReadonlyArray<string>): void => {
  execFileSync("ip", args, { stdio: ["ignore", "ignore", "pipe"] })
}

/** Why this machine has none of it, or nothing. */
export const missing = (): string | undefined => {
  const name = `creel-try-${process.pid}`
  try {
    ip("netns", "add", name)
    ip("-n", name, "rule", "add", "from", "10.77.1.2", "to", "10.77.2.2", "blackhole")
    return undefined
  } catch {
    return "network namespaces cannot be made here"
  } finally {
    try {
      ip("netns", "del", name)
    } catch {
      // It was not made.
    }
  }
}

/** Somewhere in the network. */
export interface Place {
  readonly address: string
  /** What comes before the command of a process that is to live there. */
  readonly before: ReadonlyArray<string>
}

export interface Network {
  readonly place: Effect.Effect<Place>
  /** Loses what goes from one to the other, until it is healed. */
  readonly lose: (from: Place, to: Place | "database") => void
  readonly heal: () => void
  /** The URL of this database, as it is called there. */
  readonly database: (url: string) => string
}

const router = "10.77.0.1"

/** Passes connections to the router on to the database, over a socket that is a file: those know no namespaces. */
const toDatabase = (url: string, hub: string, folder: string) =>
  Effect.gen(function*() {
    const { port } = new URL(url)
    const file = path.join(folder, "database.sock")
    const open = new Set<net.Socket>()
    const server = yield* Effect.acquireRelease(
      Effect.sync(() =>
        net.createServer((near) => {
          const far = net.connect(Number(port), "127.0.0.1")
          for (const [one, other] of [[near, far], [far, near]] as const) {
            open.add(one)
            one.on("error", () => {}).on("close", () => {
              open.delete(one)
              other.destroy()
            })
            one.pipe(other)
          }
        })
      ),
      (server) =>
        Effect.sync(() => {
          server.close()
          for (const socket of open) socket.destroy()
        })
    )
    server.listen(file)
    yield* Effect.promise(() => once(server, "listening"))
    const program = Programs.program("chaos/programs/passOn.mjs")
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        spawn("ip", ["netns", "exec", hub, process.execPath, program, "5432", file], {
          stdio: ["ignore", "pipe", "inherit"]
        })
      ),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    yield* Effect.promise(() => once(child.stdout, "data"))
  })

export const make = (url: string, folder: string): Effect.Effect<Network, never, Scope.Scope> =>
  Effect.gen(function*() {
    const mark = `c${process.pid}`
    const hub = `${mark}-hub`
    const made: Array<string> = []
    const namespace = (name: string) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          ip("netns", "add", name)
          ip("-n", name, "link", "set", "lo", "up")
          made.push(name)
        }),
        () => Effect.sync(() => ip("netns", "del", name))
      )
    const scope = yield* Effect.scope
    yield* namespace(hub)
    execFileSync("ip", ["netns", "exec", hub, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])
    ip("-n", hub, "addr", "add", `${router}/32`, "dev", "lo")
    // What is for the router itself is looked up first of all; what is to be lost comes before.
    ip("-n", hub, "rule", "add", "pref", "200", "lookup", "local")
    ip("-n", hub, "rule", "del", "pref", "0")
    yield* toDatabase(url, hub, folder)
    let count = 0
    const lost: Array<ReadonlyArray<string>> = []
    const addressOf = (to: Place | "database") => to === "database" ? router : to.address
    return {
      place: Effect.gen(function*() {
        const number = ++count
        const name = `${mark}-${number}`
        yield* Effect.provideService(namespace(name), Scope.Scope, scope)
        const there = `10.77.${number}.2`
        ip("-n", hub, "link", "add", `v${number}`, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("-n", hub, "addr", "add", `10.77.${number}.1/30`, "dev", `v${number}`)
        ip("-n", hub, "link", "set", `v${number}`, "up")
        ip("-n", name, "addr", "add", `${there}/30`, "dev", "eth0")
        ip("-n", name, "link", "set", "eth0", "up")
        ip("-n", name, "route", "add", "default", "via", `10.77.${number}.1`)
        return { address: there, before: ["ip", "netns", "exec", name] }
      }),
      lose: (from, to) => {
        const rule = ["pref", "100", "from", from.address, "to", addressOf(to), "blackhole"]
        ip("-n", hub, "rule", "add", ...rule)
        lost.push(rule)
      },
      heal: () => {
        for (const rule of lost.splice(0)) ip("-n", hub, "rule", "del", ...rule)
      },
      database: (url) => {
        const there = new URL(url)
        there.hostname = router
        there.port = "5432"
        return there.href
      }
    }
  })
