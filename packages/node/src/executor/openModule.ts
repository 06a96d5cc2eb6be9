/** The body of an executor for a tasks' module. */
import * as Effect from "effect/Effect"
import { NodeClusterError } from "../NodeClusterError.js"
import type { Wire } from "../wire/wire.js"
import * as LoadTasks from "./loadTasks.js"
import { makeRunner } from "./runner.js"
import type { OpenBody } from "./server.js"

export const openModule = (wire: Wire): OpenBody => (options, emit, mark) =>
  Effect.gen(function*() {
    if (options.tasks === undefined) {
      return yield* new NodeClusterError({ reason: "BadOption", detail: "an executor was opened without a module" })
    }
    const tasks = yield* LoadTasks.load(options.tasks)
    return yield* makeRunner(wire, options, tasks, emit, mark)
  })
