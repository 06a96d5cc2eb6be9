// Notebook: x = delayed(inc)(1); y = delayed(dec)(2); total = delayed(add)(x, y); fut = c.compute(total); c.gather(fut)
import { Client } from "creel"
import { Effect } from "effect"
import { code, expect, heading, out, say, timed } from "../print.js"
import { add, dec, inc } from "../tasks.js"

/** An Effect is a description, as `delayed` is: this line alone submits nothing. */
const total = Effect.gen(function*() {
  const x = yield* Client.submit(inc, 1)
  const y = yield* Client.submit(dec, 2)
  return yield* Client.submit(add, x, y)
})

export const graph = Effect.gen(function*() {
  yield* heading(5, "A graph: futures as arguments")
  yield* say("A future stands wherever its value may. inc and dec run side by side, add waits for both on a")
  yield* say("worker that has them: the work moves to the data, and nothing in between comes here.")
  yield* code("const x = yield* Client.submit(inc, 1)")
  yield* code("const y = yield* Client.submit(dec, 2)")
  yield* code("return yield* Client.submit(add, x, y)")
  const fut = yield* total
  yield* out(fut)
  yield* expect("the total is pending", fut.status === "pending")

  yield* code("const value = yield* Client.gather(fut)")
  const value = yield* Client.gather(fut).pipe(timed)
  yield* out(value)
  yield* expect("(1 + 1) + (2 - 1) is 3", value === 3)
  return fut
})
