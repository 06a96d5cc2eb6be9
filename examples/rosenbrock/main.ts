// The dynamic search of the notebook, with a picture that grows while it runs. README.md says what one sees.
import { NodeCluster } from "@creel/node"
import { NodeRuntime } from "@effect/platform-node"
import { Client } from "creel"
import { Console, Effect, Random } from "effect"
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { options } from "./options.js"
import { type Best, render, summary } from "./picture.js"
import * as Search from "./search.js"
import { type Page, serve } from "./server.js"
import { rosenbrock } from "./tasks.js"

const { hold, port, seed, smallest, svg } = options()

/** How many points a search takes: each narrows it by a hundredth. */
const total = Math.ceil(Math.log(smallest / Search.start.scale) / Math.log(0.99))

const die = Random.nextRange(-1, 1)
const dice = Effect.zip(die, die)

const search = Effect.fn("search")(function*(page: Page) {
  const points: Array<Search.Point> = []
  const bests: Array<Best> = []
  const first: Array<Search.Point> = []
  for (let i = 0; i < 10; i++) first.push(Search.next(Search.start, yield* dice))
  const completed = yield* Client.asCompleted(yield* Client.map(rosenbrock, first))

  let search = Search.start
  while (search.scale >= smallest) {
    // The next to be computed, whichever it is.
    const result = yield* yield* completed.take
    const improved = result.score < search.best.score
    search = Search.take(search, result)
    points.push(result.point)
    if (improved) bests.push({ ...result, n: search.taken })
    page.tell("looked", { ...result, n: search.taken, scale: search.scale, improved })

    // Others are still computed: one more joins them.
    yield* completed.add(yield* Client.submit(rosenbrock, Search.next(search, yield* dice)))
  }
  return { points, bests, total: points.length }
})

const program = Effect.gen(function*() {
  const page = yield* serve(render({ points: [], bests: [], total }), port)
  yield* Console.log(`watch it at ${page.url}`)
  const found = yield* search(page).pipe(
    Effect.scoped,
    Effect.withRandom(Random.make(seed)),
    Effect.provide(NodeCluster.layerThreads({ threads: 4, tasks: new URL("./tasks.js", import.meta.url) }))
  )
  page.tell("summary", summary(found))
  page.tell("over", null)
  yield* Console.log(summary(found))
  if (svg !== undefined) {
    yield* Effect.try(() => writeFileSync(svg, render(found)))
    yield* Console.log(`the picture is in ${path.resolve(svg)}`)
  }
  const best = found.bests.at(-1)?.score ?? Infinity
  if (best > 0.01) return yield* Effect.dieMessage(`the search ended at ${best}, and the minimum is 0`)
  if (!hold && page.watchers() === 0) return
  yield* Console.log("the page stays until Ctrl-C")
  yield* Effect.never
}).pipe(Effect.scoped)

NodeRuntime.runMain(program)
