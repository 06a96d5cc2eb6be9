// Notebook: fut = c.submit(inc, 1); fut; wait(fut)
import { Client } from "creel"
import { Effect } from "effect"
import { code, expect, heading, out, say, timed } from "../print.js"
import { inc } from "../tasks.js"

export const submit = Effect.gen(function*() {
  yield* heading(3, "Submit: a future, at once")
  yield* say("inc takes five seconds, submit takes none: the future is there before any work is done.")
  yield* code("const fut = yield* Client.submit(inc, 1)")
  const fut = yield* Client.submit(inc, 1)
  yield* out(fut)
  yield* expect("a new future is pending", fut.status === "pending")

  yield* say("Wait until it is done. Its value stays on the worker.")
  yield* code("yield* Client.wait(fut)")
  yield* Client.wait(fut).pipe(timed)
  yield* out(fut)
  yield* expect("a future that was waited for is finished", fut.status === "finished")
  return fut
})
