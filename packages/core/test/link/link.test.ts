import { Link, type Note } from "@creel/core"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { spec, tiny } from "../worker/fixture.js"

const ended = (n: number): Note.Note => ({ _tag: "Ended", key: `k${n}`, want: n })
const wants = (notes: ReadonlyArray<Note.Note>): ReadonlyArray<number> =>
  notes.flatMap((note) => note._tag === "Ended" ? [note.want] : [])

const pair = (options?: { readonly window?: number; readonly frameMax?: number }) => ({
  a: Link.make({ self: "c1", session: "s", incarnation: 1, ...options }),
  b: Link.make({ self: "scheduler", session: "s", incarnation: 1, ...options })
})

const fine = (...links: ReadonlyArray<Link.Link>) => {
  for (const link of links) assert.deepStrictEqual(Link.check(link), [])
}

describe("a link", () => {
  it("carries notes in order and forgets them once acknowledged", () => {
    const { a, b } = pair()
    Link.push(a, [ended(1), ended(2)])
    const frame = Link.flush(a)!
    assert.deepStrictEqual(wants(Link.receive(b, frame).notes), [1, 2])
    assert.strictEqual(Link.unacked(a).length, 2)
    const back = Link.receive(a, Link.flush(b)!)
    assert.strictEqual(back.acked.count, 2)
    assert.deepStrictEqual(Link.unacked(a), [])
    assert.strictEqual(Link.flush(a), undefined)
    assert.strictEqual(Link.flush(b), undefined)
    fine(a, b)
  })

  it("drops duplicates and asks for what is missing", () => {
    const { a, b } = pair({ frameMax: 1 })
    Link.push(a, [ended(1), ended(2), ended(3)])
    const [one, two, three] = [Link.flush(a)!, Link.flush(a)!, Link.flush(a)!]
    assert.deepStrictEqual(wants(Link.receive(b, one).notes), [1])
    assert.deepStrictEqual(wants(Link.receive(b, one).notes), [])
    assert.strictEqual(Link.receive(b, three)._tag, "Gap")
    const ask = Link.flush(b)!
    assert.isTrue(ask.again)
    Link.receive(a, ask)
    assert.deepStrictEqual(Link.flush(a), two)
    fine(a, b)
  })

  it("takes from a frame cut elsewhere the second time only what is new", () => {
    const { a, b } = pair()
    Link.push(a, [ended(1)])
    const first = Link.flush(a)!
    Link.receive(b, first)
    assert.deepStrictEqual(wants(Link.receive(b, { ...first, notes: [ended(1), ended(2)] }).notes), [2])
    fine(b)
  })

  it("goes on after a reconnect from what the other end has", () => {
    const { a, b } = pair()
    Link.push(a, [ended(1)])
    Link.receive(b, Link.flush(a)!)
    Link.push(a, [ended(2)])
    Link.flush(a)
    const resumed = Link.resume(a, Link.hello(b))!
    assert.strictEqual(resumed.acked.count, 1)
    assert.deepStrictEqual(resumed.frames.flatMap((frame) => wants(Link.receive(b, frame).notes)), [2])
    fine(a, b)
  })

  it("does not go on with an end that has lost the session, nor listen to earlier lives", () => {
    const { a, b } = pair()
    Link.push(a, [ended(1)])
    const old = Link.flush(a)!
    Link.receive(b, old)
    Link.receive(a, Link.flush(b)!)
    const fresh = Link.make({ self: "scheduler", session: "s", incarnation: 1 })
    assert.strictEqual(Link.resume(a, Link.hello(fresh)), undefined)
    const next = Link.make({ self: "scheduler", session: "s2", incarnation: 2 })
    assert.strictEqual(Link.resume(a, Link.hello(next)), undefined)
    assert.strictEqual(Link.receive(next, old)._tag, "Old")
    Link.push(next, [ended(5)])
    assert.strictEqual(Link.receive(a, Link.flush(next)!)._tag, "Newer")
  })

  it("cuts frames, and keeps no more on the way than its window", () => {
    const { a, b } = pair({ frameMax: 200, window: 400 })
    const payload = tiny(100)
    const large = (n: number): Note.Note => ({
      _tag: "Submit",
      specs: [spec(`k${n}`, { args: payload })],
      wants: [],
      keep: []
    })
    Link.push(a, [large(1), large(2), large(3)])
    const first = Link.flush(a)!
    assert.strictEqual(first.notes.length, 1)
    assert.strictEqual(Link.flush(a), undefined)
    assert.isAbove(a.work, 0)
    const seen = Link.receive(b, first)
    assert.strictEqual(seen.notes.length, 1)
    const { acked } = Link.receive(a, Link.flush(b)!)
    assert.strictEqual(acked.work, acked.bytes)
    assert.isDefined(Link.flush(a))
    fine(a, b)
  })

  it("refuses a note that is a value, and takes none of those beside it", () => {
    const { a } = pair()
    const refused = Link.push(a, [ended(1), {
      _tag: "Submit",
      specs: [spec("big", { args: tiny(Link.valueMax + 1) })],
      wants: [],
      keep: []
    }])
    assert.strictEqual(refused?._tag, "TooLarge")
    assert.strictEqual(refused?.key, "big")
    assert.strictEqual(Link.flush(a), undefined)
  })

  /** A wire that loses, repeats and reorders frames, and connections that break: notes arrive once and in order. */
  it("delivers once and in order whatever the wire does", () => {
    const action = fc.oneof(
      fc.record({ do: fc.constant("push" as const), who: fc.boolean(), count: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ do: fc.constant("flush" as const), who: fc.boolean(), count: fc.constant(0) }),
      fc.record({ do: fc.constant("deliver" as const), who: fc.boolean(), count: fc.nat(20) }),
      fc.record({ do: fc.constant("repeat" as const), who: fc.boolean(), count: fc.nat(20) }),
      fc.record({ do: fc.constant("lose" as const), who: fc.boolean(), count: fc.nat(20) }),
      fc.record({ do: fc.constant("break" as const), who: fc.boolean(), count: fc.nat(1) })
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), fc.integer({ min: 40, max: 400 }), (actions, window) => {
        const ends = [0, 1].map((i) => ({
          link: Link.make({ self: `c${i}`, session: "s", incarnation: 3, window, frameMax: 100 }),
          pushed: 0,
          got: [] as Array<number>,
          wire: [] as Array<Link.Frame> // towards this end
        }))
        const take = (end: typeof ends[number], frame: Link.Frame) => {
          end.got.push(...wants(Link.receive(end.link, frame).notes))
        }
        const connect = () => {
          const hellos = ends.map((end) => Link.hello(end.link))
          ends.forEach((end, i) => {
            const resumed = Link.resume(end.link, hellos[1 - i]!)
            assert.isDefined(resumed)
            ends[1 - i]!.wire.push(...resumed!.frames)
          })
        }
        for (const one of actions) {
          const end = ends[one.who ? 1 : 0]!
          const other = ends[one.who ? 0 : 1]!
          const at = end.wire.length === 0 ? -1 : one.count % end.wire.length
          switch (one.do) {
            case "push":
              for (let i = 0; i < one.count; i++) Link.push(end.link, [ended(++end.pushed)])
              break
            case "flush": {
              const frame = Link.flush(end.link)
              if (frame !== undefined) other.wire.push(frame)
              break
            }
            case "deliver":
              if (at >= 0) take(end, end.wire.splice(at, 1)[0]!)
              break
            case "repeat":
              if (at >= 0) take(end, end.wire[at]!)
              break
            case "lose":
              if (at >= 0) end.wire.splice(at, 1)
              break
            case "break":
              // Half of the time frames of the old connection still come late.
              if (one.count === 0) ends.forEach((end) => (end.wire = []))
              connect()
          }
          fine(ends[0]!.link, ends[1]!.link)
        }
        // The faults stop.
        ends.forEach((end) => (end.wire = []))
        connect()
        for (let round = 0; round < 1_000; round++) {
          ends.forEach((end, i) => {
            for (const frame of end.wire.splice(0)) take(end, frame)
            const frame = Link.flush(end.link)
            if (frame !== undefined) ends[1 - i]!.wire.push(frame)
          })
          if (ends.every((end) => end.wire.length === 0 && Link.unacked(end.link).length === 0)) break
        }
        ends.forEach((end, i) => {
          assert.deepStrictEqual(end.got, Array.from({ length: ends[1 - i]!.pushed }, (_, n) => n + 1))
          assert.deepStrictEqual(Link.unacked(end.link), [])
        })
      }),
      { numRuns: 400 }
    )
  })
})
