// Notebook: db.from_sequence(range(10)).map(inc).filter(lambda x: x % 2 == 0).sum(); f = c.compute(res); progress(f)
import { Progress } from "@creel/node"
import { Client } from "creel"
import { Array, Effect } from "effect"
import { code, expect, heading, out, say, screen } from "../print.js"
import { inc } from "../tasks.js"

const keepEven = (xs: ReadonlyArray<number>) => xs.filter((x) => x % 2 === 0)

const sum = (xs: ReadonlyArray<number>) => xs.reduce((a, b) => a + b, 0)

export const pipeline = Effect.gen(function*() {
  yield* heading(6, "A pipeline, and its progress")
  yield* say("range(10), each incremented, the even ones, their sum. keepEven and sum are no tasks but plain")
  yield* say("functions: one that closes over nothing is sent as it stands.")
  yield* code("const incremented = yield* Client.map(inc, Array.range(0, 9))")
  const incremented = yield* Client.map(inc, Array.range(0, 9))

  yield* code("const even = yield* Client.submit(keepEven, incremented)")
  const even = yield* Client.submit(keepEven, incremented)

  yield* code("const f = yield* Client.submit(sum, even)")
  const f = yield* Client.submit(sum, even)
  yield* out(f)

  yield* code("yield* Progress.terminal([f], { output: screen })")
  yield* Progress.terminal([f], { output: screen })

  const value = yield* Client.gather(f)
  yield* out(`${f}: ${value}`)
  yield* expect("2 + 4 + 6 + 8 + 10 is 30", value === 30)
  return f
})
