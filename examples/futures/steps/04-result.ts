// Notebook: fut.result(); c.gather(fut)
import { Client, type Future } from "creel"
import { Effect } from "effect"
import { code, expect, heading, out, say } from "../print.js"

export const result = (fut: Future.Future<number>) =>
  Effect.gen(function*() {
    yield* heading(4, "The result")
    yield* say("A Future is a Fiber, and a Fiber is an Effect: yielding it joins it.")
    yield* code("const value = yield* fut")
    const value = yield* fut
    yield* out(value)

    yield* say("gather takes many, nested in arrays and records as you like. This value is here already.")
    yield* code("const gathered = yield* Client.gather({ one: fut, list: [fut, fut] })")
    const gathered = yield* Client.gather({ one: fut, list: [fut, fut] })
    yield* out(JSON.stringify(gathered))
    yield* expect("inc of 1 is 2", value === 2 && gathered.one === 2 && gathered.list[1] === 2)
  })
