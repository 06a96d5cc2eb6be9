import * as Failure from "@creel/core/Failure"
import type { TaskFailed } from "@creel/core/Note"
import * as Cost from "@creel/core/policy/cost"
import * as Rebalance from "@creel/core/policy/rebalance"
import * as Retry from "@creel/core/policy/retry"
import * as Saturation from "@creel/core/policy/saturation"
import * as Stealing from "@creel/core/policy/stealing"
import { assert, describe, it } from "@effect/vitest"

const limits = { aheadMillis: 20, aheadMax: 64 }
const rates = { bandwidth: 100, latencyMillis: 1 }
const here = { bytes: 0, values: 0, reachable: true }

describe("saturation", () => {
  it("a free slot is room, whatever is booked", () => {
    assert.isTrue(Saturation.hasRoom({ slots: 2, used: 1, load: 1e9 }, 1, 1e9, limits))
    assert.isTrue(Saturation.hasRoom({ slots: 1, used: 0.9, load: 0 }, 0.1, 1, limits))
  })
  it("unknown durations: one ahead of each slot", () => {
    assert.isTrue(Saturation.hasRoom({ slots: 2, used: 3, load: 0 }, 1, undefined, limits))
    assert.isFalse(Saturation.hasRoom({ slots: 2, used: 4, load: 0 }, 1, undefined, limits))
  })
  it("never more than the most", () => {
    assert.isTrue(Saturation.hasRoom({ slots: 1, used: 64, load: 0 }, 1, 0, limits))
    assert.isFalse(Saturation.hasRoom({ slots: 1, used: 65, load: 0 }, 1, 0, limits))
  })
})

describe("cost", () => {
  it("is queueing and transfer", () => {
    const worker = { slots: 2, used: 2, load: 30 }
    assert.strictEqual(Cost.cost(worker, 1, here, rates), 15)
    assert.strictEqual(Cost.cost(worker, 1, { bytes: 1_000, values: 1, reachable: true }, rates), 26)
    assert.strictEqual(Cost.cost({ ...worker, used: 1 }, 1, here, rates), 0)
  })
  it("what cannot be reached costs infinity", () => {
    assert.strictEqual(Cost.cost({ slots: 1, used: 0, load: 0 }, 1, { ...here, reachable: false }, rates), Infinity)
  })
})

describe("stealing", () => {
  it("must gain more than its margin", () => {
    assert.isTrue(Stealing.pays(100, 10, 2, 5))
    assert.isFalse(Stealing.pays(17, 10, 2, 5))
  })
})

describe("retry", () => {
  const retry = { times: 2, delay: 100, factor: 2, maxDelay: 150, jitter: 0, tags: undefined }
  const note = (more: Partial<TaskFailed> = {}): TaskFailed => ({
    _tag: "TaskFailed",
    key: "x",
    attempt: 77,
    failure: Failure.make("Failed", "x", "no"),
    tag: "Busy",
    verdict: "undecided",
    millis: 1,
    ...more
  })
  it("delays grow to the most, and end after the times asked for", () => {
    assert.deepStrictEqual([0, 1, 2].map((n) => Retry.decide(retry, n, note())), [100, 150, undefined])
  })
  it("the task's own schedule decides where it has one", () => {
    assert.strictEqual(Retry.decide(undefined, 9, note({ verdict: { retryAfter: 5 } })), 5)
    assert.strictEqual(Retry.decide(retry, 0, note({ verdict: "final" })), undefined)
  })
  it("only the tags asked for, and only what the task itself did", () => {
    assert.strictEqual(Retry.decide({ ...retry, tags: ["Busy"] }, 0, note()), 100)
    assert.strictEqual(Retry.decide({ ...retry, tags: ["Other"] }, 0, note()), undefined)
    assert.strictEqual(Retry.decide({ ...retry, tags: ["Busy"] }, 0, note({ tag: undefined })), undefined)
    assert.strictEqual(Retry.decide(retry, 0, note({ failure: Failure.make("NotDecodable", "x", "no") })), undefined)
  })
  it("jitter follows from the attempt alone", () => {
    const spread = { ...retry, jitter: 1 }
    const delays = [1, 2, 3, 4, 5, 6].map((attempt) => Retry.decide(spread, 0, note({ attempt }))!)
    assert.deepStrictEqual(delays, [1, 2, 3, 4, 5, 6].map((attempt) => Retry.decide(spread, 0, note({ attempt }))!))
    assert.isTrue(delays.every((delay) => delay >= 0 && delay <= 100) && new Set(delays).size > 3)
  })
})

describe("rebalance", () => {
  const on = (worker: number, ...bytes: ReadonlyArray<number>) =>
    bytes.map((one) => ({ bytes: one, on: worker, holders: [worker] }))
  const after = (workers: ReadonlyArray<number>, values: ReadonlyArray<Rebalance.Placed>) => {
    const bytes = [...workers]
    for (const { from, to, value } of Rebalance.plan(workers, values)) {
      bytes[from]! -= values[value]!.bytes
      bytes[to]! += values[value]!.bytes
    }
    return bytes
  }
  it("evens out, by the largest values that fit", () => {
    assert.deepStrictEqual(after([400, 0], on(0, 100, 100, 100, 100)), [200, 200])
    assert.deepStrictEqual(Rebalance.plan([160, 0], on(0, 100, 40, 20)).length, 2)
    assert.deepStrictEqual(after([160, 0], on(0, 100, 40, 20)), [100, 60])
  })
  it("leaves alone what is even, too large to help, or held there already", () => {
    assert.deepStrictEqual(Rebalance.plan([101, 99], on(0, 1, 100)), [])
    assert.deepStrictEqual(Rebalance.plan([100, 0], on(0, 100)), [])
    assert.deepStrictEqual(Rebalance.plan([100, 0], [{ bytes: 30, on: 0, holders: [0, 1] }]), [])
    assert.deepStrictEqual(Rebalance.plan([], []), [])
  })
  it("never makes the fullest fuller, whatever is there", () => {
    let seed = 1
    const next = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below
    for (let n = 0; n < 200; n++) {
      const workers = Array.from({ length: 1 + next(6) }, () => 0)
      const values = Array.from({ length: next(40) }, () => on(next(workers.length), 1 + next(1_000))[0]!)
      for (const value of values) workers[value.on]! += value.bytes
      const even = after(workers, values)
      assert.isAtMost(Math.max(...even), Math.max(...workers))
      assert.isAtLeast(Math.min(...even), Math.min(...workers))
    }
  })
})
