import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Colours } from "../src/fold/colours.js"
import { Fold } from "../src/fold/fold.js"
import { place } from "../src/fold/layers.js"
import { after, begin, cursorText, limits, parseCursor, Store } from "../src/fold/store.js"
import { batch, glance, group, type Ran, worker } from "./utils/glances.js"

const make = (more?: Partial<typeof limits>) =>
  new Fold({ epoch: "e", title: "t", role: "observer", limits: { ...limits, ...more } })

const all = (store: Store) => {
  const { rects } = store
  return Array.from({ length: rects.next - rects.oldest }, (_, i) => {
    const at = (rects.oldest + i) % rects.capacity
    return {
      key: rects.keys[at]!,
      lane: rects.lane[at]!,
      name: store.names[rects.name[at]!],
      start: rects.start[at]!,
      end: rects.start[at]! + rects.millis[at]!
    }
  })
}

describe("lanes", () => {
  it("hold what ran on one executor, one after another", () => {
    const fold = make()
    fold.step(glance(1000, {
      activities: [
        batch("a", 1000, [
          { key: "1", start: 100, millis: 50 },
          { key: "2", start: 160, millis: 20 },
          { key: "3", start: 120, millis: 100, executor: "y" }
        ])
      ]
    }))
    assert.deepStrictEqual(all(fold.store).map(({ lane }) => lane), [0, 0, 1])
    assert.deepStrictEqual(fold.store.lanes, [["a", "x", 0], ["a", "y", 0]])
  })

  it("are more where several things run at once on one executor, and values that move have their own", () => {
    const fold = make()
    fold.step(glance(1000, {
      activities: [
        batch("a", 1000, [
          { key: "1", start: 100, millis: 100 },
          { key: "2", start: 110, millis: 100 },
          { key: "3", start: 205, millis: 100 },
          { key: "v", start: 205, millis: 150, kind: 1, executor: "holder" }
        ])
      ]
    }))
    assert.deepStrictEqual(all(fold.store).map(({ lane }) => lane), [0, 1, 0, 2])
    assert.deepStrictEqual(fold.store.lanes[2], ["a", "", 0])
  })

  it("never hold two things at one time, whatever ran", () => {
    const ran = fc.record({ start: fc.integer({ min: 0, max: 2000 }), millis: fc.integer({ min: 3, max: 400 }) })
    fc.assert(fc.property(fc.array(ran, { maxLength: 60 }), (list) => {
      const sorted = list.map((one, i): Ran => ({ key: String(i), ...one }))
        .sort((a, b) => a.start + a.millis - b.start - b.millis)
      const fold = make()
      fold.step(glance(5000, { activities: [batch("a", 5000, sorted)] }))
      const ends = new Map<number, number>()
      for (const { end, lane, start } of all(fold.store)) {
        assert.isAtLeast(start + 2, ends.get(lane) ?? 0)
        ends.set(lane, Math.max(end, ends.get(lane) ?? 0))
      }
    }))
  })
})

describe("workers", () => {
  it("that have lost their executors are down until one is back; those that start are not", () => {
    const fold = make()
    const of = (slots: number) => worker("a", { info: { ...worker("a").info, slots } })
    const downs = [0, 2, 0, 0, 1].map((slots, n) => {
      fold.step(glance(1000 + n, { workers: [of(slots)] }))
      return fold.store.workers.list[0]!.down
    })
    assert.deepStrictEqual(downs, [undefined, undefined, 1002, 1002, undefined])
  })

  it("are told with what came there, how often they came again, and their last error", () => {
    const fold = make()
    const of = (id: string, slots: number) => worker(id, { info: { ...worker("a").info, slots } })
    const seen = () => {
      const { came, restarts, wrong } = fold.store.workers.list[0]!
      return [came, restarts, wrong?.key]
    }
    const failure = { key: "k", reason: "Failed", detail: "no", worker: "a" } as never
    fold.step(glance(1000, {
      workers: [of("a", 2)],
      failures: [{ at: 7, key: "k", group: "g", failures: 1, failure }],
      activities: [
        batch("a", 1000, [
          { key: "v", start: 1, millis: 1, kind: 1, bytes: 30 },
          { key: "w", start: 1, millis: 1, kind: 1, bytes: 12 },
          { key: "x", start: 1, millis: 1, kind: 1, bytes: 99, end: 1 },
          { key: "y", start: 1, millis: 1, bytes: 99 }
        ])
      ]
    }))
    assert.deepStrictEqual(seen(), [{ count: 2, bytes: 42 }, 0, "k"])
    for (const slots of [1, 2, 0, 2, 3]) fold.step(glance(1001, { workers: [of("a", slots)] }))
    assert.deepStrictEqual(seen(), [{ count: 2, bytes: 42 }, 2, "k"])
    // Another life of the same name.
    fold.step(glance(1002, { workers: [of("b", 3)] }))
    assert.strictEqual(fold.store.workers.list.length, 1)
    assert.deepStrictEqual(seen(), [{ count: 0, bytes: 0 }, 3, "k"])
    const named = { key: "n", reason: "Failed", detail: "no", worker: "name of a" } as never
    fold.step(glance(1003, {
      workers: [of("b", 3)],
      failures: [{ at: 8, key: "n", group: "g", failures: 1, failure: named }]
    }))
    assert.strictEqual(seen()[2], "n")
  })
})

describe("failures", () => {
  it("are told with their reasons, those of before too, and each once", () => {
    const fold = make()
    const failed = (key: string) => ({
      at: 7,
      key,
      group: "g",
      failures: 1,
      failure: { key, reason: "Failed", detail: `no ${key}`, attempt: 1, worker: "a" } as never
    })
    fold.step(glance(1000, { failures: [failed("a")], failureCursor: 1 }))
    fold.step(glance(1001, { failureCursor: 1 }))
    fold.step(glance(1002, { failures: [failed("b")], failureCursor: 2 }))
    assert.deepStrictEqual(fold.asks, { cursor: 0, activityCursor: 0, failureCursor: 2 })
    const viewer = new Store(fold.store.epoch, limits)
    viewer.apply(fold.store.since(begin("")))
    assert.deepStrictEqual(viewer.failures.list, [
      { at: 7, key: "a", group: "g", reason: "Failed", detail: "no a" },
      { at: 7, key: "b", group: "g", reason: "Failed", detail: "no b" }
    ])
    const cursor = fold.store.cursor
    assert.deepStrictEqual(parseCursor(cursorText(cursor)), cursor)
    for (const text of [undefined, "", "e", "e/1", "e/1/2/3/4/5/6/7/x"]) assert.isUndefined(parseCursor(text))
  })
})

describe("clocks", () => {
  it("of workers are set right by the smallest difference of late", () => {
    const fold = make()
    const step = (now: number, way: number, key: string) =>
      fold.step(glance(now, {
        workers: [worker("a")],
        activities: [batch("a", now, [{ key, start: now - 200, millis: 100 }], { ahead: 60_000, way })]
      }))
    step(1000, 80, "slow")
    step(2000, 0, "quick")
    step(3000, 300, "slowest")
    const [slow, quick, slowest] = all(fold.store)
    assert.strictEqual(slow!.start, 880)
    assert.strictEqual(quick!.start, 1800)
    assert.strictEqual(slowest!.start, 2800)
  })

  it("that agree are not touched by the length of the way", () => {
    const fold = make()
    fold.step(glance(1000, { activities: [batch("a", 1000, [{ key: "1", start: 500, millis: 1 }], { way: 4 })] }))
    assert.strictEqual(all(fold.store)[0]!.start, 500)
  })

  it("set when what runs now began, too", () => {
    const fold = make()
    const now = [{ key: "k", group: "g", since: 60_900, suspended: false }]
    const activities = [batch("a", 1000, [{ key: "1", start: 1, millis: 1 }], { ahead: 60_000 })]
    fold.step(glance(1000, { activities, workers: [worker("a", { now })] }))
    assert.strictEqual(fold.store.workers.list[0]!.now[0]!.since, 900)
  })
})

describe("another life of the scheduler", () => {
  it("keeps what was seen, begins its cursors as it says, and is told as an event", () => {
    const fold = make()
    const ran = (key: string, at: number) => [batch("a", at, [{ key, start: at - 10, millis: 5 }])]
    fold.step(glance(1000, { cursor: 40, activityCursor: 9, computed: 100, activities: ran("before", 1000) }))
    assert.deepStrictEqual(fold.asks, { cursor: 40, activityCursor: 9, failureCursor: 0 })
    fold.step(
      glance(2500, { incarnation: 2, cursor: 3, activityCursor: 1, computed: 1, activities: ran("after", 2500) })
    )
    assert.deepStrictEqual(fold.asks, { cursor: 3, activityCursor: 1, failureCursor: 0 })
    assert.deepStrictEqual(all(fold.store).map(({ key }) => key), ["before", "after"])
    assert.deepStrictEqual(fold.store.events.list.map(({ detail, what }) => [what, detail]), [
      ["scheduler started again", "life 2"]
    ])
    fold.step(glance(4000, { incarnation: 2, computed: 1 }))
    for (const { rate } of fold.store.points.list) assert.isAtLeast(rate, 0)
  })
})

describe("what is missed", () => {
  it("is counted while somebody looks on, and a stretch without anybody is a gap", () => {
    const fold = make()
    fold.step(glance(1000, { missed: 5, activitiesMissed: 100 }))
    assert.strictEqual(fold.store.now.missed, 0)
    fold.step(glance(1200, { missed: 2, activitiesMissed: 7, activities: [batch("a", 1200, [], { missed: 3 })] }))
    assert.strictEqual(fold.store.now.missed, 10)
    assert.strictEqual(fold.store.now.entriesMissed, 2)
    fold.step(glance(60_000, { activitiesMissed: 1000 }))
    assert.strictEqual(fold.store.now.missed, 10)
    assert.deepStrictEqual(fold.store.now.gaps, [[1200, 60_000]])
  })
})

describe("what a busy worker only counts", () => {
  it("counts with the short tasks that went well", () => {
    const fold = make()
    const short = [{ key: "1", start: 100, millis: 0.5 }, { key: "2", start: 101, millis: 0.5 }]
    const other = [{ key: "3", start: 102, millis: 0.5, end: 1 }, { key: "4", start: 103, millis: 50, name: "long" }]
    fold.step(glance(1000, {
      groups: [group("task"), group("long")],
      activities: [batch("a", 1000, [...short, ...other], { missed: 6 })]
    }))
    const { groups, workers } = fold.store
    const ended = groups.list.map(({ broken, ended, group }) => [group, ended, broken])
    assert.deepStrictEqual(ended, [["task", 8, 1], ["long", 1, 0]])
    assert.deepStrictEqual([workers.list[0]!.ended, workers.list[0]!.broken], [9, 1])
  })
})

describe("progress", () => {
  it("says what is left from how many end per second, and before that from what one takes", () => {
    const fold = make()
    const of = (queued: number) => [group("g", { queued, millis: 100 })]
    fold.step(glance(0, { groups: of(50), workers: [worker("a"), worker("b")] }))
    assert.strictEqual(fold.store.groups.list[0]!.left, 3000)
    for (let n = 1; n <= 30; n++) {
      const ran = Array.from(
        { length: 5 },
        (_, i) => ({ key: `${n}/${i}`, start: n * 1000 - 50, millis: 40, name: "g" })
      )
      fold.step(glance(n * 1000, { groups: of(50), activities: [batch("a", n * 1000, ran)] }))
    }
    // Five a second: fifty take ten seconds.
    const left = fold.store.groups.list[0]!.left!
    assert.isAtLeast(left, 8000)
    assert.isAtMost(left, 12_000)
  })

  it("goes on showing a group whose futures were released", () => {
    const fold = make()
    fold.step(glance(0, { groups: [group("g", { running: 1 })] }))
    fold.step(glance(500, { activities: [batch("a", 500, [{ key: "k", start: 0, millis: 400, name: "g" }])] }))
    const [gone] = fold.store.groups.list
    assert.deepInclude(gone, { group: "g", gone: true, ended: 1 })
    fold.step(glance(500_000))
    assert.deepStrictEqual(fold.store.groups.list, [])
  })
})

describe("workers", () => {
  it("that are lost are seen for a minute, and not beside their next life", () => {
    const fold = make()
    fold.step(glance(0, { workers: [worker("a"), worker("b")] }))
    fold.step(glance(1000, { workers: [worker("a")] }))
    assert.deepStrictEqual(fold.store.workers.list.map(({ gone, id }) => [id, gone]), [["a", undefined], ["b", 1000]])
    const again = worker("c")
    fold.step(glance(2000, { workers: [worker("a"), { ...again, info: { ...again.info, name: "name of b" } }] }))
    assert.deepStrictEqual(fold.store.workers.list.map(({ id }) => id), ["a", "c"])
  })

  it("are named in events, though they are gone", () => {
    const fold = make()
    fold.step(glance(0))
    const lost = { at: 5, key: undefined, peer: "a", what: "worker lost", detail: "killed", millis: undefined }
    fold.step(glance(10, { workers: [], entries: [lost] }))
    assert.deepInclude(fold.store.events.list[0], { peer: "name of a", tone: "bad", detail: "killed" })
  })
})

describe("frames", () => {
  const fill = (fold: Fold, from: number, count: number) =>
    fold.step(glance(1000 + from, {
      activities: [
        batch(
          "a",
          1000 + from,
          Array.from({ length: count }, (_, i) => ({
            key: `k${from + i}`,
            start: from + i,
            millis: 0.5,
            name: `task ${(from + i) % 5}`
          }))
        )
      ]
    }))

  it("bring a viewer to what the server has, wherever it begins and however often it looks", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(40), fc.boolean()), { maxLength: 25 }), (turns) => {
        const fold = make({ rects: 100, frame: 30, events: 10, points: 10 })
        const view = new Store(fold.store.epoch, fold.store.limits)
        let cursor = begin(fold.store.epoch)
        const look = () => {
          for (let more = true; more;) {
            const frame = fold.store.since(cursor)
            // What crosses is text.
            view.apply(JSON.parse(JSON.stringify(frame)))
            cursor = after(cursor, frame)
            more = frame.more === true
          }
        }
        let from = 0
        for (const [count, looks] of turns) {
          fill(fold, from, count)
          from += count
          if (looks) look()
        }
        look()
        assert.deepStrictEqual(all(view), all(fold.store))
        assert.deepStrictEqual(view.names, fold.store.names)
        assert.deepStrictEqual(view.cursor, fold.store.cursor)
      }),
      { numRuns: 60 }
    )
  })

  it("are small when there is no news", () => {
    const fold = make()
    fill(fold, 0, 1000)
    const cursor = after(begin(fold.store.epoch), fold.store.since(begin("")))
    fold.step(glance(3000))
    const frame = fold.store.since(cursor)
    assert.isUndefined(frame.rects)
    assert.isUndefined(frame.groups)
    assert.isBelow(JSON.stringify(frame).length, 2000)
  })

  it("hold a hundred thousand rectangles and no more", () => {
    const fold = make()
    for (let n = 0; n < 130; n++) fill(fold, n * 1000, 1000)
    assert.strictEqual(fold.store.rects.next, 130_000)
    assert.strictEqual(all(fold.store).length, 100_000)
    assert.strictEqual(fold.store.rects.keys.length, 100_000)
    const view = new Store(fold.store.epoch, limits)
    let cursor = begin("")
    let frames = 0
    for (let more = true; more; frames++) {
      const frame = fold.store.since(cursor)
      view.apply(frame)
      cursor = after(cursor, frame)
      more = frame.more === true
    }
    assert.strictEqual(frames, 10)
    assert.strictEqual(view.rects.oldest, 30_000)
    assert.strictEqual(all(view)[0]!.key, "k30000")
  })

  it("begin another epoch when there are too many names", () => {
    const fold = make({ names: 600 })
    const first = fold.store.epoch
    for (let n = 0; n < 10; n++) {
      const ran = Array.from({ length: 20 }, (_, i) => ({ key: "k", start: 1, millis: 1, name: `${n}/${i}` }))
      fold.step(glance(1000 + n, { activities: [batch("a", 1000 + n, ran)] }))
    }
    assert.notStrictEqual(fold.store.epoch, first)
    assert.isAtMost(fold.store.names.length, 600)
  })
})

describe("colours", () => {
  it("are the same each time, and differ as long as there are any", () => {
    const names = Array.from({ length: 18 }, (_, i) => `task ${i}`)
    const [one, other] = [new Colours(), new Colours()]
    const given = names.map((name) => one.of(name))
    assert.strictEqual(new Set(given).size, 18)
    assert.deepStrictEqual(names.map((name) => other.of(name)), given)
    assert.include(given, one.of("one more"))
  })
})

describe("layers", () => {
  it("stand right of all they need, in circles too", () => {
    const edges = fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 40 })
    fc.assert(fc.property(edges, (any) => {
      const forward = any.filter(([from, to]) => from < to)
      const { layer } = place(12, forward)
      for (const [from, to] of forward) assert.isBelow(layer[from]!, layer[to]!)
      assert.strictEqual(place(12, any).layer.length, 12)
    }))
  })
})
