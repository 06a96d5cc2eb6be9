import { Payload } from "@creel/core"
import type * as Machine from "@creel/core/Client"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Logger } from "effect"
import { Fetches } from "../src/client/fetches.js"

const payload = Payload.make(new Uint8Array([1]))

describe("reads of one turn", () => {
  it.effect("one that throws has failed and is logged, and the others are read", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ cause, message }) => void lines.push(`${String(message)} ${String(cause)}`))
      const runtime = yield* Effect.provide(Effect.runtime(), Logger.replace(Logger.defaultLogger, logger))
      const all = yield* Deferred.make<void>()
      const ended = new Map<string, Machine.Event>()
      const fetches: Fetches = new Fetches(
        {
          read: (value) => {
            if (value === "broken") throw new Error("the door is no door")
            return value === "later" ? Effect.as(Effect.yieldNow(), payload) : Exit.succeed(payload)
          }
        },
        runtime,
        (events) => {
          for (const event of events) if (event._tag === "FetchEnded") ended.set(event.value, event)
          if (ended.size === 3) Deferred.unsafeDone(all, Exit.void)
        }
      )
      for (const value of ["broken", "here", "later"]) {
        fetches.start({ _tag: "Fetch", key: value, value, from: "w1", bytes: 1 })
      }
      yield* Deferred.await(all)
      const end = { _tag: "FetchEnded", from: "w1" } as const
      assert.deepStrictEqual(Object.fromEntries(ended), {
        broken: { ...end, value: "broken", payload: undefined, why: "unreachable" },
        here: { ...end, value: "here", payload, why: undefined },
        later: { ...end, value: "later", payload, why: undefined }
      })
      assert.lengthOf(lines, 1)
      assert.include(lines[0], "broken was not read from w1: its door broke")
      assert.include(lines[0], "the door is no door")
    }))
})
