// Notebook: db.from_sequence(range(10)).map(inc).filter(lambda x: x % 2 == 0).sum(); f = c.compute(res); progress(f)
import { Bag } from "@creel/collections"
import { Progress } from "@creel/node"
import { Client } from "creel"
import { Effect } from "effect"
import { code, expect, heading, out, say, screen } from "../print.js"
import { inc } from "../tasks.js"

const res = Bag.range(0, 10).pipe(Bag.map(inc), Bag.filter((x) => x % 2 === 0), Bag.sum)

export const pipeline = Effect.gen(function*() {
  yield* heading(6, "A bag, and its progress")
  yield* say("Many lazy values, in partitions: range(10), each incremented, the even ones, their sum. One task")
  yield* say("does all of this for a partition; x % 2 === 0 is no task but a function, sent as it stands.")
  yield* code("const res = Bag.range(0, 10).pipe(Bag.map(inc), Bag.filter((x) => x % 2 === 0), Bag.sum)")
  yield* out(res)

  yield* code("const f = yield* Client.compute(res)")
  const f = yield* Client.compute(res)
  yield* out(f)

  yield* code("yield* Progress.terminal([f], { output: screen })")
  yield* Progress.terminal([f], { output: screen })

  const value = yield* Client.gather(f)
  yield* out(`${f}: ${value}`)
  yield* expect("2 + 4 + 6 + 8 + 10 is 30", value === 30)
  return f
})
