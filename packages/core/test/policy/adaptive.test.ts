import * as Adaptive from "@creel/core/Adaptive"
import { assert, describe, it } from "@effect/vitest"

const limits: Adaptive.Limits = { minimum: 1, maximum: 8, target: 5_000, waitCount: 3, idle: 10_000, full: 0.6 }

const member = (id: string, more: Partial<Adaptive.Member> = {}): Adaptive.Member => ({
  id,
  attempts: 0,
  held: 0,
  limit: undefined,
  ...more
})

const seen = (more: Partial<Adaptive.Seen> = {}): Adaptive.Seen => ({
  now: 1_000_000,
  work: 0,
  parallel: 0,
  elsewhere: 0,
  share: 1,
  slots: 1,
  startUp: 0,
  workers: [member("a", { attempts: 1 })],
  ...more
})

const decide = (more: Partial<Adaptive.Seen>, limit: Partial<Adaptive.Limits> = {}) =>
  Adaptive.decide(Adaptive.nothing, seen(more), { ...limits, ...limit })

const busy = (n: number) => Array.from({ length: n }, (_, i) => member(`w${i}`, { attempts: 1 }))

describe("how many are wanted", () => {
  it("as many as get the work done in time", () => {
    assert.strictEqual(decide({ work: 15_000, parallel: 100 }).wanted, 3)
    assert.strictEqual(decide({ work: 15_001, parallel: 100 }).wanted, 4)
    assert.include(decide({ work: 15_000, parallel: 100 }).why, "15 s of work")
  })
  it("no more than can be busy at once", () => {
    assert.strictEqual(decide({ work: 60_000, parallel: 2 }).wanted, 2)
  })
  it("no more than may be, and no fewer than must", () => {
    assert.strictEqual(decide({ work: 1e9, parallel: 1e6 }).wanted, 8)
    const few = decide({ workers: [] }, { minimum: 2 })
    assert.strictEqual(few.wanted, 2)
    assert.include(few.why, "2 at least")
  })
  it("several slots each: as many workers as have them", () => {
    assert.strictEqual(decide({ work: 45_000, parallel: 100, slots: 4 }).wanted, 3)
  })
  it("one is started for work that nobody is there for, however little it is", () => {
    assert.strictEqual(decide({ work: 1, parallel: 1 / 32, workers: [] }, { minimum: 0 }).wanted, 1)
    assert.strictEqual(decide({ workers: [] }, { minimum: 0 }).wanted, 0)
  })
  it("what takes longer to start than the work takes is not started", () => {
    assert.strictEqual(decide({ work: 15_000, parallel: 100, startUp: 15_000 }).wanted, 1)
  })
  it("what workers of others do, and our part of the rest", () => {
    assert.strictEqual(decide({ work: 30_000, parallel: 100, elsewhere: 2 }).wanted, 4)
    assert.strictEqual(decide({ work: 30_000, parallel: 100, elsewhere: 2, share: 0.5 }).wanted, 2)
    assert.strictEqual(decide({ work: 5_000, parallel: 100, elsewhere: 2 }).wanted, 1)
  })
  it("values that fill the memory: more, at most twice as many at a time", () => {
    const full = decide({ workers: [member("a", { held: 70, limit: 100 }), member("b", { held: 80, limit: 100 })] })
    assert.strictEqual(full.wanted, 3)
    assert.include(full.why, "75 %")
    assert.strictEqual(decide({ workers: [member("a", { held: 1_000, limit: 100 })] }).wanted, 2)
  })
})

describe("who goes", () => {
  /** The same is seen so many times, a second apart; `idle` from the first time on. */
  const again = (times: number, more: Partial<Adaptive.Seen>, limit: Partial<Adaptive.Limits> = {}) => {
    let { memory } = decide(more, limit)
    let last: Adaptive.Decision | undefined
    for (let n = 1; n < times; n++) {
      last = Adaptive.decide(memory, seen({ ...more, now: 1_000_000 + n * 1_000 }), { ...limits, ...limit })
      memory = last.memory
    }
    return last!
  }
  const idle = [member("a"), member("b", { held: 10 }), member("c", { held: 5 })]

  it("nobody, before fewer were enough several times", () => {
    assert.deepStrictEqual(again(2, { workers: idle }, { idle: 0 }).close, [])
    assert.deepStrictEqual(again(3, { workers: idle }, { idle: 0 }).close, ["a", "c"])
  })
  it("one time of more work begins the count anew", () => {
    const twice = again(2, { workers: idle }, { idle: 0 })
    const full = Adaptive.decide(twice.memory, seen({ workers: idle, work: 1e6, parallel: 100 }), limits)
    assert.strictEqual(full.memory.fewer, 0)
    assert.deepStrictEqual(Adaptive.decide(full.memory, seen({ workers: idle }), { ...limits, idle: 0 }).close, [])
  })
  it("who has had nothing to do for long enough, the emptiest first, and not below the minimum", () => {
    assert.deepStrictEqual(again(10, { workers: idle }).close, [])
    const late = again(11, { workers: idle })
    assert.deepStrictEqual(late.close, ["a", "c"])
    assert.strictEqual(late.wanted, 1)
    assert.deepStrictEqual(again(11, { workers: idle }, { minimum: 3 }).close, [])
  })
  it("nobody who has something to do", () => {
    assert.deepStrictEqual(again(60, { workers: busy(4) }).close, [])
    const mixed = again(60, { workers: [member("a"), ...busy(3)] })
    assert.deepStrictEqual(mixed.close, ["a"])
  })
  it("who is slow to start is slow to go", () => {
    assert.deepStrictEqual(again(20, { workers: idle, startUp: 30_000 }).close, [])
    assert.deepStrictEqual(again(31, { workers: idle, startUp: 30_000 }).close, ["a", "c"])
  })
  it("nobody, where those that stay would be full", () => {
    const full = [member("a", { held: 50, limit: 100 }), member("b", { held: 50, limit: 100 })]
    assert.deepStrictEqual(again(60, { workers: full }).close, [])
  })
})

/** Whatever is seen: numbers stay within bounds, and nobody goes who has something to do. */
it("never leaves its bounds", () => {
  let seed = 7
  const random = (n: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % n
  let memory = Adaptive.nothing
  let workers: Array<Adaptive.Member> = []
  let next = 0
  let now = 0
  for (let turn = 0; turn < 5_000; turn++) {
    now += random(3_000)
    workers = workers.map((one) => ({ ...one, attempts: random(3), held: random(100) }))
    const what = seen({ now, workers, work: random(60_000), parallel: random(20), share: random(11) / 10 })
    const decision = Adaptive.decide(memory, what, { ...limits, minimum: 2, maximum: 5, idle: 500 })
    memory = decision.memory
    const closed = workers.filter((one) => decision.close.includes(one.id))
    assert.strictEqual(closed.length, decision.close.length)
    assert.isTrue(closed.every((one) => one.attempts === 0))
    workers = workers.filter((one) => !decision.close.includes(one.id))
    while (workers.length < decision.wanted) workers.push(member(`w${next++}`))
    assert.isAtLeast(workers.length, 2)
    assert.isAtMost(workers.length, 5)
  }
  assert.isAbove(next, 20)
})
