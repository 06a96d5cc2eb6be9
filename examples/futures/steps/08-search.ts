// Notebook: iterator = as_completed(futures); for res in iterator: ...; iterator.add(new_point)
import { Client } from "creel"
import { Effect, Random } from "effect"
import { code, expect, heading, out, say, timed, warm } from "../print.js"
import { type Point, rosenbrock } from "../tasks.js"

const uniform = (scale: number) => Random.nextRange(-scale, scale)

const show = ([x, y]: Point) => `(${x.toFixed(4)}, ${y.toFixed(4)})`

/** Loops through results as they come in, and submits new points while others are still computed. */
const minimize = (smallest: number) =>
  Effect.gen(function*() {
    let scale = 5
    let best: { readonly point: Point; readonly score: number } = { point: [0, 0], score: Infinity }
    let taken = 0

    const start: Array<Point> = []
    for (let i = 0; i < 10; i++) start.push([yield* uniform(scale), yield* uniform(scale)])
    const completed = yield* Client.asCompleted(yield* Client.map(rosenbrock, start))

    while (scale >= smallest) {
      const result = yield* yield* completed.take
      taken++
      if (result.score < best.score) {
        best = result
        yield* out(`${warm(best.score.toExponential(3))}  at ${show(best.point)}`)
      }

      const [x, y] = best.point
      const point: Point = [x + (yield* uniform(scale)), y + (yield* uniform(scale))]
      yield* completed.add(yield* Client.submit(rosenbrock, point))

      scale *= 0.99
    }
    return { best, taken }
  })

/** `smallest`: the scale at which the search ends. */
export const search = (seed: number, smallest: number) =>
  Effect.gen(function*() {
    yield* heading(8, "A search that adjusts as it goes")
    yield* say("Ten random points. Whichever is computed first decides where the next one is looked for.")
    yield* code("const result = yield* yield* completed.take")
    yield* code("yield* completed.add(yield* Client.submit(rosenbrock, point))")
    // The scope of the search: what is still under way when it ends is nobody's any more, and is stopped.
    const { best, taken } = yield* minimize(smallest).pipe(Effect.scoped, Effect.withRandom(Random.make(seed)), timed)
    yield* out(`${taken} points looked at, the best ${show(best.point)}; the minimum is at (1, 1)`)
    yield* expect("the search comes near the minimum", best.score < 0.01)
  })
