import { assert, describe, it } from "@effect/vitest"
import { Client, Task } from "creel"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { inc, on } from "./LocalCluster.fixture.js"

/** A tracer that remembers what was begun with it. */
const recording = () => {
  const spans: Array<Tracer.Span> = []
  const tracer = Effect.map(Effect.tracer, (native) =>
    Tracer.make({
      span: (...args) => {
        const span = native.span(...args)
        spans.push(span)
        return span
      },
      context: native.context
    }))
  return { spans, layer: Layer.unwrapEffect(Effect.map(tracer, Layer.setTracer)) }
}

const large = Task.sync("large", (size: number) => new Uint8Array(size).fill(7))
const length = Task.sync("length", (bytes: Uint8Array) => bytes.length)

describe("traces", () => {
  it.scoped("from the submitter's span through schedule and transfer to the task: one trace", () =>
    Effect.gen(function*() {
      const { layer, spans } = recording()
      yield* Effect.gen(function*() {
        const here = yield* Effect.currentSpan
        const names = (yield* Client.workers).map((worker) => worker.name)
        const made = yield* Client.submit(large.pipe(Task.with({ workers: names[0]! })), 100_000)
        const there = yield* Client.submit(length.pipe(Task.with({ workers: names[1]! })), made)
        assert.strictEqual(yield* there, 100_000)
        const ours = spans.filter((span) => span.name.startsWith("creel."))
        assert.includeMembers(
          ours.map((span) => span.name),
          ["creel.schedule large", "creel.task large", "creel.schedule length", "creel.transfer", "creel.task length"]
        )
        for (const span of ours) {
          assert.strictEqual(span.traceId, here.traceId)
          assert.strictEqual(Option.getOrThrow(span.parent).spanId, here.spanId)
        }
        const schedule = ours.find((span) => span.name === "creel.schedule length")!
        assert.strictEqual(schedule.attributes.get("creel.key"), there.key)
        assert.strictEqual(schedule.status._tag, "Ended")
      }).pipe(
        Effect.withSpan("the program"),
        (program) => on({ workers: 2 }, large, length)(program),
        Effect.provide(layer)
      )
    }))

  it.scoped("outside of a span nothing is recorded", () =>
    Effect.gen(function*() {
      const { layer, spans } = recording()
      yield* Effect.gen(function*() {
        assert.strictEqual(yield* Client.run(inc, 1), 2)
      }).pipe((program) => on({}, inc)(program), Effect.provide(layer))
      assert.deepStrictEqual(spans.filter((span) => span.name.startsWith("creel.")), [])
    }))
})
