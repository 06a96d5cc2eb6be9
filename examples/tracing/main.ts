// One trace of a program on two threads. README.md says what one sees.
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { album, cluster } from "./album.js"
import * as Collector from "./collector.js"
import * as Telemetry from "./telemetry.js"

const pages = 2

/** Runs the album; when this ends, all spans have been sent. */
const run = (endpoint: string) =>
  album(pages).pipe(
    Effect.provide(cluster(endpoint)),
    Effect.provide(Telemetry.layer("program", endpoint))
  )

const endpoint = process.env["OTEL_EXPORTER_OTLP_ENDPOINT"]

const program = endpoint === undefined
  ? Effect.scoped(Effect.gen(function*() {
    const collector = yield* Collector.make
    yield* run(collector.endpoint)
    yield* Console.log(Collector.draw(collector.spans))
  }))
  : Effect.flatMap(run(endpoint), (sizes) => Console.log(`${sizes.length} pages; their trace is at ${endpoint}`))

NodeRuntime.runMain(program)
