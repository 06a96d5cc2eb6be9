/** Commands and events as columns: what is written is read, whatever it is. */
import * as Payload from "@creel/core/Payload"
import type * as ExecutorRpcs from "@creel/node/ExecutorRpcs"
import { assert, describe, it } from "@effect/vitest"
import type { Job } from "creel/Executor"
import { Effect } from "effect"
import * as fc from "effect/FastCheck"
import * as v8 from "node:v8"
import * as Commands from "../src/wire/commands.js"
import * as Events from "../src/wire/events.js"
import type { Wire } from "../src/wire/wire.js"
import { heap } from "./utils/heap.js"

/** A wire whose messages are cloned as threads, or processes, would; batches leave when told to. */
const makeWire = (clone: (message: unknown) => unknown) => {
  let take = (): unknown => undefined
  let hear: (message: unknown) => void = () => {}
  const wire: Wire = {
    post: () => {},
    flush: () => {
      const message = take()
      if (message !== undefined) hear(clone(message))
    },
    listen: (_, f) => {
      hear = f
      return () => {}
    },
    gather: (_, f) => {
      take = f
      return () => {}
    }
  }
  return wire
}

const bare: Job = {
  key: "k",
  attempt: 1,
  task: "t",
  group: "t",
  args: Payload.empty,
  inputs: [],
  failures: 0,
  outward: undefined,
  deadline: undefined
}

const asThreads = structuredClone
const asProcesses = (message: unknown): unknown => v8.deserialize(v8.serialize(message))

const bytes = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 80 }) },
  fc.integer({ min: 0, max: 3000 }).map((length) => new Uint8Array(length).fill(255))
)
const buffers = fc.oneof(
  { weight: 4, arbitrary: fc.constant<ReadonlyArray<ArrayBuffer>>([]) },
  fc.array(bytes.map((view) => new Uint8Array(view).buffer), { maxLength: 2 })
)
const payload = fc.tuple(bytes, buffers).map(([head, buffers]) => Payload.make(head, buffers))
const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom("x", "y#1.2", "", "a".repeat(300)))
const attempt = fc.integer({ min: 1, max: 2 ** 45 })

const job: fc.Arbitrary<Job> = fc.record({
  key: text,
  attempt,
  task: text,
  group: text,
  args: payload,
  inputs: fc.array(fc.record({ value: text, payload: fc.option(payload, { nil: undefined }) }), { maxLength: 3 }),
  failures: fc.nat(3),
  outward: fc.option(
    fc.record({
      trace: fc.constant(undefined),
      annotations: fc.constant({ a: "b" }),
      logLevel: fc.option(text, { nil: undefined })
    }),
    { nil: undefined }
  ),
  deadline: fc.option(fc.double({ noNaN: true }), { nil: undefined })
})

const command: fc.Arbitrary<ExecutorRpcs.Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ _tag: fc.constant("Run" as const), job, mark: fc.integer({ min: -1 }) }) },
  fc.record({ _tag: fc.constant("Interrupt" as const), attempt, reason: text, by: text }),
  fc.record({ _tag: fc.constant("Proceed" as const), attempt })
)

/** Told in ten-thousandths. */
const millis = fc.oneof(fc.nat(), fc.nat(2 ** 50)).map((n) => n / 10_000)

const ended = <A>(outcome: fc.Arbitrary<A>) =>
  fc.record({ _tag: fc.constant("Ended" as const), attempt, outcome, millis })

const event: fc.Arbitrary<ExecutorRpcs.AttemptEvent> = fc.oneof(
  { weight: 4, arbitrary: ended(fc.record({ _tag: fc.constant("Value" as const), payload, type: text })) },
  ended(fc.constant({ _tag: "Interrupted" as const })),
  ended(fc.record({
    _tag: fc.constant("Failure" as const),
    failure: fc.constant({ _tag: "Failed" } as never),
    tag: fc.option(text, { nil: undefined }),
    verdict: fc.constantFrom("final" as const, "undecided" as const, { retryAfter: 10 })
  })),
  fc.record({ _tag: fc.constantFrom("Claimed" as const, "Unready" as const, "Resumed" as const), attempt }),
  fc.record({ _tag: fc.constant("Suspended" as const), attempt, on: fc.array(text, { maxLength: 3 }), client: text })
)

/** Several batches of one conversation, so that names told in one are known in the next. */
const batches = <A>(one: fc.Arbitrary<A>) => fc.array(fc.array(one, { maxLength: 12 }), { maxLength: 4 })

describe.each([["threads", asThreads], ["processes", asProcesses]] as const)("between %s", (_, clone) => {
  it("commands arrive as they were said", () => {
    fc.assert(fc.property(batches(command), (all) => {
      const wire = makeWire(clone)
      const say = Commands.makeSender(wire, true)
      const heard: Array<ExecutorRpcs.Command> = []
      Commands.listen(wire, (command) => heard.push(command))
      for (const batch of all) {
        batch.forEach(say)
        wire.flush()
      }
      assert.deepStrictEqual(heard, all.flat())
    }))
  })

  it("events arrive as they were said", () => {
    fc.assert(fc.property(batches(event), (all) => {
      const wire = makeWire(clone)
      const say = Events.makeSender(wire, true)
      const heard: Array<ExecutorRpcs.AttemptEvent> = []
      Events.listen(wire, (event) => heard.push(event))
      for (const batch of all) {
        batch.forEach(say)
        wire.flush()
      }
      assert.deepStrictEqual(heard, all.flat())
    }))
  })

  it("more names than are remembered are told all the same", () => {
    const wire = makeWire(clone)
    const say = Events.makeSender(wire, true)
    const heard: Array<string> = []
    Events.listen(wire, (event) => {
      if (event._tag === "Ended" && event.outcome._tag === "Value") heard.push(event.outcome.type)
    })
    const types = [...Array(2000).keys(), ...Array(2000).keys()].map((n) => `type ${n}`)
    types.forEach((type, attempt) => {
      say({
        _tag: "Ended",
        attempt,
        outcome: { _tag: "Value", payload: { head: new Uint8Array(1), buffers: [] }, type },
        millis: 0
      })
      if (attempt % 7 === 0) wire.flush()
    })
    wire.flush()
    assert.deepStrictEqual(heard, types)
  })

  it("what a listener throws keeps nothing back, and names stay what they are", () => {
    const wire = makeWire(clone)
    const say = Events.makeSender(wire, true)
    const heard: Array<string> = []
    Events.listen(wire, (event) => {
      if (event._tag !== "Ended" || event.outcome._tag !== "Value") return
      if (event.attempt === 0) throw new Error("hard of hearing")
      heard.push(event.outcome.type)
    })
    const end = (attempt: number, type: string) =>
      say({
        _tag: "Ended",
        attempt,
        outcome: { _tag: "Value", payload: { head: new Uint8Array(1), buffers: [] }, type },
        millis: 0
      })
    end(0, "a")
    end(1, "b")
    end(2, "c")
    assert.throws(wire.flush, "hard of hearing")
    end(3, "d")
    end(4, "b")
    end(5, "a")
    wire.flush()
    assert.deepStrictEqual(heard, ["b", "c", "d", "b", "a"])
  })

  it.live("what is kept of a batch does not keep the batch", () =>
    Effect.gen(function*() {
      const wire = makeWire(clone)
      const say = Commands.makeSender(wire, false)
      const kept: Array<Payload.Payload> = []
      Commands.listen(wire, (command) => {
        if (command._tag === "Run" && command.job.attempt === 1) kept.push(command.job.args)
      })
      const run = (attempt: number, size: number) => {
        const args = Payload.make(new Uint8Array(size).fill(attempt))
        say({ _tag: "Run", mark: 0, job: { ...bare, attempt, args } })
      }
      const mega = 1024 * 1024
      const before = yield* heap
      for (let i = 0; i < 20; i++) {
        for (let filled = 0; filled < mega; filled += 1024) run(2, 1024)
        for (const size of [1, 12, 13, 30, 128, 129]) run(1, size)
        wire.flush()
      }
      assert.isBelow((yield* heap) - before, 5 * mega)
      assert.strictEqual(kept.length, 120)
      assert.isTrue(kept.every((args) => Payload.head(args).every((byte) => byte === 1)))
    }))

  it("what arrives is memory of its own", () => {
    const wire = makeWire(clone)
    const say = Commands.makeSender(wire, false)
    const heard: Array<Payload.Payload> = []
    Commands.listen(wire, (command) => {
      if (command._tag === "Run") heard.push(command.job.args)
    })
    for (const size of [0, 10, 100, 1024, 5000]) {
      say({
        _tag: "Run",
        mark: 0,
        job: { ...bare, args: { head: new Uint8Array(size), buffers: [] } }
      })
    }
    wire.flush()
    assert.deepStrictEqual(heard.map(Payload.isShort), [true, true, true, false, false])
    assert.deepStrictEqual(heard.map((args) => Payload.head(args).buffer.byteLength), [0, 10, 100, 1024, 5000])
  })
})
