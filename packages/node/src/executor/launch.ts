/** What every executor does, whatever it runs: finds the wire to its node, and serves on it. */
import * as Effect from "effect/Effect"
import * as threads from "node:worker_threads"
import { NodeClusterError } from "../NodeClusterError.js"
import type { Wire } from "../wire/wire.js"
import * as Wires from "../wire/wire.js"
import * as Orphan from "./orphan.js"
import type { OpenBody } from "./server.js"
import * as ExecutorServer from "./server.js"

const ownWire = (): Wire | undefined => {
  const { parentPort } = threads
  if (parentPort !== null) {
    // A thread that nobody can hear would hold its tasks for ever: it dies, and says of what.
    parentPort.once("close", () => {
      throw new Error("the port to the node was closed (something called parentPort.close)")
    })
    return Wires.fromMessagePort(parentPort)
  }
  if (process.send === undefined) return undefined
  // An orphan has nobody to work for.
  process.once("disconnect", () => process.exit(0))
  Orphan.endWithNode()
  // Ctrl-C reaches the whole terminal; when an executor ends is its node's to say.
  process.on("SIGINT", () => {})
  return Wires.fromProcess(process)
}

/** `open` is given the wire by which clients reach the scheduler. */
export const run = (open: (door: Wire) => OpenBody): Effect.Effect<never, NodeClusterError> =>
  Effect.suspend(() => {
    const wire = ownWire()
    if (wire === undefined) {
      return new NodeClusterError({
        reason: "BadOption",
        file: process.argv[1],
        detail: "this is the entry of an executor: it is started by a cluster (`spawn`), not by hand"
      })
    }
    const door = threads.parentPort === null ? Wires.copying(wire) : wire
    return Effect.scoped(ExecutorServer.serve(wire, open(door)))
  })
