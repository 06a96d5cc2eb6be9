// imported by the service and, in every replica, by every thread that runs tasks
import { Client, Task } from "creel"
import { Effect } from "effect"
import type { Tile } from "./mandelbrot.js"
import * as Mandelbrot from "./mandelbrot.js"
import * as Png from "./png.js"
import * as Proof from "./proof.js"

const rows = 16

/** Some milliseconds of hashing. */
const tries = 2_000

/** Who works here: the worker is called after its replica. */
const replica = Effect.map(Task.Current, ({ worker }) => worker.replace(/-\d+$/, ""))

export const strip = Task.make(
  "strip",
  (tile: Tile, from: number) => Effect.map(replica, (by) => ({ pixels: Mandelbrot.rows(tile, from, rows), by })),
  { slots: "cpu" }
)

/** Strips of a tile, wherever there is a slot, put together and packed where this runs. */
export const tile = Task.make("tile", function*(tile: Tile) {
  const starts = Array.from({ length: Mandelbrot.size / rows }, (_, n) => n * rows)
  const strips = yield* Client.gather(yield* Client.map(strip, starts.map(() => tile), starts))
  const pixels = new Uint8Array(Mandelbrot.size ** 2)
  strips.forEach((strip, n) => pixels.set(strip.pixels, starts[n]! * Mandelbrot.size))
  const by: Record<string, number> = {}
  for (const strip of strips) by[strip.by] = (by[strip.by] ?? 0) + 1
  return { png: Png.encode(pixels, Mandelbrot.size, Mandelbrot.palette), by }
})

/** Every `step`th number from `first` on, until one is a proof, or nobody wants one any more. */
export const lane = Task.make(
  "lane",
  (text: string, bits: number, first: number, step: number) =>
    Effect.gen(function*() {
      yield* Effect.log(`lane ${first} of ${text} begins`)
      let from = first
      while (true) {
        const found = Proof.look(text, bits, from, step, tries)
        if (found !== undefined) return found
        from += tries * step
        // So that the thread hears what it is told: interrupted, this fiber ends here.
        yield* Effect.sleep(0)
      }
    }).pipe(Effect.onInterrupt(() => Effect.log(`lane ${first} of ${text} was stopped`))),
  { slots: "cpu" }
)

const slots = Effect.map(Client.workers, (workers) => workers.reduce((sum, worker) => sum + worker.slots, 0))

/** So many lanes, or as many as the cluster has slots. The first that finds one wins; the others end with this attempt. */
export const search = Task.make("search", function*(text: string, bits: number, lanes?: number | undefined) {
  const firsts = Array.from({ length: lanes ?? Math.max(1, yield* slots) }, (_, n) => n)
  const each = <A>(a: A) => firsts.map(() => a)
  const futures = yield* Client.map(lane, each(text), each(bits), firsts, each(firsts.length))
  const completed = yield* Client.asCompleted(futures)
  const nonce = yield* yield* Effect.orDie(completed.take)
  return { nonce, hash: Proof.hash(text, nonce) }
})
