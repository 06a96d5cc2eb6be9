// The notebook "The async futures interface", step by step. Read it here, then each step in its own file.
//
//   npm start                 with the notebook's durations, about a minute
//   npm start -- --fast       fifty times faster
//   npm start -- --seed 7     another search in step 8
//   npm start -- --dashboard  with a page to watch it on
import { NodeRuntime } from "@effect/platform-node"
import { Effect } from "effect"
import { opened, page } from "./dashboard.js"
import { options } from "./options.js"
import { title } from "./print.js"
import { cluster, layer } from "./steps/01-cluster.js"
import { client } from "./steps/02-client.js"
import { submit } from "./steps/03-submit.js"
import { result } from "./steps/04-result.js"
import { graph } from "./steps/05-graph.js"
import { pipeline } from "./steps/06-pipeline.js"
import { memory, memoryAfter } from "./steps/07-memory.js"
import { search } from "./steps/08-search.js"
import { beforeClose, closed } from "./steps/09-close.js"

const { dashboard, seed, smallest, speedup } = options()

const lesson = Effect.gen(function*() {
  yield* cluster
  yield* client

  yield* Effect.gen(function*() {
    const fut = yield* submit
    yield* result(fut)
    yield* graph
    yield* pipeline
    yield* memory(fut)
  }).pipe(Effect.scoped)
  yield* memoryAfter

  yield* search(seed, smallest)
  yield* beforeClose
})

title(speedup).pipe(
  Effect.zipRight(dashboard ? Effect.provide(opened(lesson), page(layer)) : Effect.provide(lesson, layer)),
  Effect.zipRight(closed),
  NodeRuntime.runMain
)
