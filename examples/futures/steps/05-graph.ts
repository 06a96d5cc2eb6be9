// Notebook: x = delayed(inc)(1); y = delayed(dec)(2); total = delayed(add)(x, y); fut = c.compute(total); c.gather(fut)
import { Delayed } from "@creel/collections"
import { Client } from "creel"
import { Effect } from "effect"
import { code, expect, heading, out, say, timed } from "../print.js"
import { add, dec, inc } from "../tasks.js"

/** Written down, not done: these lines submit nothing, wherever they stand. */
const x = Delayed.make(inc)(1)
const y = Delayed.make(dec)(2)
const total = Delayed.make(add)(x, y)

export const graph = Effect.gen(function*() {
  yield* heading(5, "A graph: lazy calls")
  yield* say("A lazy call is a value that says what is to be done. Lazy values stand wherever their values may, so")
  yield* say("they make a graph; nothing computes it but compute.")
  yield* code("const x = Delayed.make(inc)(1)")
  yield* code("const y = Delayed.make(dec)(2)")
  yield* code("const total = Delayed.make(add)(x, y)")
  yield* out(total)

  yield* say("Computed, it is submitted all at once. inc and dec run side by side, add waits for both on a worker that")
  yield* say("has them: the work moves to the data, and nothing in between comes here.")
  yield* code("const fut = yield* Client.compute(total)")
  const fut = yield* Client.compute(total)
  yield* out(fut)
  yield* expect("the total is pending", fut.status === "pending")

  yield* code("const value = yield* Client.gather(fut)")
  const value = yield* Client.gather(fut).pipe(timed)
  yield* out(value)
  yield* expect("(1 + 1) + (2 - 1) is 3", value === 3)
  return fut
})
