#!/usr/bin/env node
/**
 * The program `creel`. Owned here: signals, and the end of the process.
 *
 * @since 0.1.0
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Cli from "../Cli.js"
import * as Output from "../Output.js"

const told = Deferred.unsafeMake<"SIGINT" | "SIGTERM">(FiberId.none)
let times = 0
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // Who says it twice does not want to wait.
    if (++times > 1) process.exit(signal === "SIGINT" ? 130 : 143)
    Deferred.unsafeDone(told, Exit.succeed(signal))
  })
}

// A reader who has seen enough, as in `creel workers | head -1`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1))
}

/** What is logged is no output. */
const logging = Logger.replace(
  Logger.defaultLogger,
  process.stderr.isTTY === true
    ? Logger.prettyLogger({ stderr: true })
    : Logger.make((options) => void process.stderr.write(`${Logger.logfmtLogger.log(options)}\n`))
)

Effect.runFork(
  Effect.map(
    Effect.provide(
      Cli.run(process.argv, { signal: Deferred.await(told) }),
      Layer.mergeAll(NodeContext.layer, Output.layer, logging)
    ),
    // A pool or a thread that is slow to go must not keep it.
    (code) => process.exit(code)
  )
)
