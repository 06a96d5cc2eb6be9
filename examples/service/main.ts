// Two replicas of a service, and those who ask them: README.md says what one sees.
import { Security } from "@creel/cluster"
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Fiber, Redacted } from "effect"
import type { Tile } from "./mandelbrot.js"
import * as Mandelbrot from "./mandelbrot.js"
import * as Png from "./png.js"
import { postgres } from "./postgres.js"
import * as Proof from "./proof.js"
import type { Replica } from "./replicas.js"
import { start } from "./replicas.js"

const isRight = (tile: Tile, png: Uint8Array): boolean =>
  Buffer.from(png).equals(
    Png.encode(Mandelbrot.rows(tile, 0, Mandelbrot.size), Mandelbrot.size, Mandelbrot.palette)
  )

const mustBe = (right: boolean, what: string) => right ? Effect.void : Effect.fail(new Error(`${what} is wrong`))

const askTile = (replica: Replica, path: Tile) =>
  Effect.map(
    replica.ask.tile({ path, withResponse: true }),
    ([png, { headers }]) => ({ tile: path, png, strips: headers["x-strips"] ?? "" })
  )

/** The tiles at zoom 2: sixteen of them, some empty, some full. */
const tiles = Array.from({ length: 16 }, (_, n): Tile => ({ zoom: 2, x: n % 4, y: Math.floor(n / 4) }))

const oneTile = (a: Replica) =>
  Effect.gen(function*() {
    const { png, strips, tile } = yield* askTile(a, { zoom: 0, x: 0, y: 0 })
    yield* mustBe(isRight(tile, png), "the tile")
    yield* Console.log(`a tile, asked of a: ${png.length} bytes, right; drawn in strips: ${strips}`)
  })

const hungUp = (a: Replica, b: Replica) =>
  Effect.gen(function*() {
    const asking = yield* Effect.fork(a.ask.search({ urlParams: { text: "never", bits: 256 } }))
    yield* Effect.all([a.says(/lane \d+ of never begins/), b.says(/lane \d+ of never begins/)])
    yield* Console.log("a search that cannot succeed, asked of a: it looks on a and on b")
    yield* Fiber.interrupt(asking)
    yield* Effect.all([a.says(/lane \d+ of never was stopped/), b.says(/lane \d+ of never was stopped/)])
    yield* Console.log("its client hangs up: it was stopped on a, and on b, which that client never spoke to")
  })

const toldToEnd = (a: Replica, b: Replica) =>
  Effect.gen(function*() {
    const searching = yield* Effect.fork(b.ask.search({ urlParams: { text: "creel", bits: 20 } }))
    yield* Effect.all([a.says(/lane \d+ of creel begins/), b.says(/lane \d+ of creel begins/)])
    const drawing = yield* Effect.fork(
      Effect.forEach(tiles, (tile, n) => askTile(n % 2 === 0 ? a : b, tile), { concurrency: "unbounded" })
    )
    yield* a.says(/GET \/tiles\/2/, tiles.length / 2)
    yield* a.tell("SIGTERM")
    yield* a.says(/leaving/)
    const { state } = yield* Effect.catchTag(a.ask.health({}), "NotReady", Effect.succeed)
    yield* mustBe(state === "leaving", `the state ${state} of a`)
    yield* Console.log(
      `${tiles.length} tiles and a proof are asked of both, and a is told to end: its health is 503, ${state}`
    )

    const { nonce } = yield* Fiber.join(searching)
    yield* mustBe(Proof.isProof("creel", nonce, 20), "the proof")
    yield* Console.log(
      `the proof is right, half of it was looked for on a: creel:${nonce} → ${Proof.hash("creel", nonce).slice(0, 16)}…`
    )
    const drawn = yield* Fiber.join(drawing)
    yield* mustBe(drawn.every(({ png, tile }) => isRight(tile, png)), "a tile")
    const byA = drawn.filter(({ strips }, n) => n % 2 === 1 && strips.includes("a=")).length
    yield* Console.log(
      `all tiles are right, those that a was asked for too; of the ${tiles.length / 2} asked of b, a drew at ${byA}`
    )
    const code = yield* a.ended
    yield* mustBe(code === 0, `the exit code ${code} of a`)
    yield* Console.log("a has ended, with exit code 0")
  })

const program = Effect.gen(function*() {
  const env = {
    DATABASE_URL: yield* postgres,
    CLUSTER_SECRET: Redacted.value(yield* Security.generateSecret),
    // Nobody is killed here: so much time that a busy machine is not taken for a dead one.
    SILENCE: "20 seconds",
    DRAIN_WITHIN: "2 minutes",
    FINISH_WITHIN: "2 minutes"
  }
  const a = yield* start("a", env)
  const b = yield* start("b", env)
  const before = yield* b.ask.health({})
  yield* Console.log(
    `a and b are ready: together ${before.workers} workers, ${before.slots} slots; the scheduler is in its life ${before.scheduler?.life}`
  )
  yield* oneTile(a)
  yield* hungUp(a, b)
  yield* toldToEnd(a, b)
  const after = yield* b.ask.health({})
  yield* Console.log(`b goes on: ${after.state}, and the scheduler is in its life ${after.scheduler?.life}`)
})

NodeRuntime.runMain(Effect.scoped(program))
