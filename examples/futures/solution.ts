// The exercise, solved.
import { Client } from "creel"
import { Effect } from "effect"
import { add, dec, inc } from "./tasks.js"

export const solution = Effect.gen(function*() {
  const x = yield* Client.submit(inc, 1)
  const y = yield* Client.submit(dec, 2)
  const total = yield* Client.submit(add, x, y)
  return total
})
