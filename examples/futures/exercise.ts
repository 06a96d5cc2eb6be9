// The notebook's exercise: rebuild the delayed computation using Client.submit.
//
//   x = delayed(inc)(1)
//   y = delayed(dec)(2)
//   total = delayed(add)(x, y)
//   fut = c.compute(total)
//
// Answer the Future of the total. Nothing here has to wait: futures are passed on as they are.
// When you think you have it:
//
//   npm run exercise -w examples/futures
//
// One way to do it is in solution.ts.
import { Client } from "creel"
import { Effect } from "effect"
import { add, dec, inc } from "./tasks.js"

export const exercise = Effect.gen(function*() {
  const x = yield* Client.submit(inc, 1)

  // Fill in 1: y, which is dec of 2.

  // Fill in 2: total, which is add of x and y.

  // Fill in 3: answer total instead of x.
  return x
})

// What the gaps need; the compiler complains of imports that nobody uses, so this line may go with the gaps.
export const needed = [dec, add]
