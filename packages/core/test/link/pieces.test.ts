import { Link, type Note } from "@creel/core"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { input, spec, tiny } from "../worker/fixture.js"

const keys = (count: number): ReadonlyArray<string> => Array.from({ length: count }, (_, n) => `k${n}`)

const offer = (key: string): Note.Offer => ({
  _tag: "Offer",
  key,
  value: `${key}#1`,
  digest: "d",
  bytes: 5,
  inline: undefined,
  scatter: undefined
})

const held = (key: string): Note.ValueHeld => ({
  _tag: "ValueHeld",
  key,
  value: `${key}#1`,
  attempt: 1,
  digest: "d",
  bytes: 5,
  type: "number",
  how: "computed",
  millis: 1,
  inline: tiny()
})

/** Each kind of note that can be long, with so many of everything. */
const long: Readonly<Record<string, (n: number) => Note.Note>> = {
  clientTold: (n) => ({
    _tag: "ClientTold",
    name: "c",
    specs: keys(n).map((key) => spec(key, { args: tiny(50) })),
    wants: keys(n).map((key, want) => ({ key, want, told: { value: `${key}#1`, digest: "d" }, keep: false })),
    offers: keys(n >> 1).map(offer),
    cut: keys(n >> 2)
  }),
  // `cut` is absent, and stays so.
  toldAtFirst: (n) => ({
    _tag: "ClientTold",
    name: "c",
    specs: keys(n).map((key) => spec(key)),
    wants: [],
    offers: []
  }),
  submit: (n) => ({
    _tag: "Submit",
    specs: keys(n).map((key) => spec(key)),
    wants: keys(n).map((key, want) => ({ key, want })),
    keep: keys(n >> 1)
  }),
  release: (n) => ({ _tag: "Release", wants: keys(n).map((key, want) => ({ key, want })), answer: true }),
  cancel: (n) => ({
    _tag: "Cancel",
    wants: keys(n).map((key, want) => ({ key, want })),
    force: true,
    by: "me",
    reason: "r"
  }),
  retry: (n) => ({ _tag: "Retry", wants: keys(n).map((key, want) => ({ key, want, digest: "d" })) }),
  workerTold: (n) => ({
    _tag: "WorkerTold",
    info: { name: "w", node: "n", slots: 1, resources: { gpu: 1 }, tasks: ["t"] },
    values: keys(n).map(held),
    jobs: keys(n >> 1).map((key, attempt) => ({
      spec: spec(key),
      attempt,
      state: "Running",
      since: 3,
      suspended: false,
      inputs: [`${key}#0`],
      failures: 0,
      cancelled: false
    })),
    outcomes: keys(n >> 2).map((key, attempt) => ({ _tag: "TaskEnded", key, attempt }))
  }),
  suspended: (n) => ({ _tag: "TaskSuspended", key: "k", attempt: 1, on: keys(n), client: "c1" }),
  runTask: (n) => ({
    _tag: "RunTask",
    spec: spec("k", { inputs: keys(n) }),
    attempt: 3,
    order: [0, 0, 1],
    inputs: keys(n).map((key) => input(key, 1, { inline: tiny(20) })),
    failures: 0
  })
}

const made = fc.tuple(fc.constantFrom(...Object.keys(long)), fc.nat(60)).map(([kind, n]) => long[kind]!(n))

const make = (self: string, noteMax: number, session = "s") =>
  Link.make({ self, session, incarnation: 1, noteMax, frameMax: 2 * noteMax, window: 4 * noteMax })

/** All that gets through until nobody has anything to say. */
const exchange = (a: Link.Link, b: Link.Link, seen: (frame: Link.Frame) => void = () => {}) => {
  const got: Array<Note.Note> = []
  for (let frame = Link.flush(a); frame !== undefined; frame = Link.flush(a)) {
    seen(frame)
    got.push(...Link.receive(b, frame).notes)
    const back = Link.flush(b)
    if (back !== undefined) Link.receive(a, back)
  }
  return got
}

describe("a long note", () => {
  it("travels in pieces, and is the same at the other end", () => {
    fc.assert(
      fc.property(fc.array(made, { maxLength: 5 }), fc.integer({ min: 1, max: 4000 }), (notes, noteMax) => {
        const [a, b] = [make("c1", noteMax), make("scheduler", noteMax)]
        Link.push(a, notes)
        assert.strictEqual(a.bytes, notes.reduce((sum, note) => sum + Link.weigh(note), 0))
        assert.deepStrictEqual(Link.check(a), [])
        assert.deepStrictEqual(Link.unacked(a), notes)
        assert.deepStrictEqual(exchange(a, b), notes)
        assert.deepStrictEqual(Link.check(a), [])
        assert.deepStrictEqual(Link.unacked(a), [])
        assert.strictEqual(a.bytes + a.work, 0)
        assert.deepStrictEqual(b.pieces, [])
      })
    )
  })

  it("makes no frame long", () => {
    const [a, b] = [make("c1", 10_000), make("scheduler", 10_000)]
    Link.push(a, [long["clientTold"]!(5_000)])
    let frames = 0
    exchange(a, b, (frame) => {
      frames++
      assert.isAtMost(frame.notes.length, 2)
      assert.isBelow(JSON.stringify(frame).length, 200_000)
    })
    assert.isAbove(frames, 50)
  })

  it("whose session ends on its way is not acknowledged, and none of it was applied", () => {
    const note = long["workerTold"]!(100)
    const [a, b] = [make("w1", 1_000), make("scheduler", 1_000)]
    Link.push(a, [note])
    let frames = 0
    for (let frame = Link.flush(a); frame !== undefined && frames < 3; frame = Link.flush(a), frames++) {
      assert.deepStrictEqual(Link.receive(b, frame).notes, [])
      Link.receive(a, Link.flush(b)!)
    }
    assert.isAbove(b.pieces.length, 0)
    assert.isAbove(a.base, 0)
    assert.deepStrictEqual(Link.unacked(a), [note])
    // A fresh session begins with whatever its ends were made with: of the last nothing is left.
    const [c, d] = [make("w1", 1_000, "s2"), make("scheduler", 1_000, "s2")]
    Link.push(c, [long["workerTold"]!(3)])
    assert.deepStrictEqual(exchange(c, d), [long["workerTold"]!(3)])
  })

  it("goes on after a reconnect with the pieces that are missing", () => {
    const note = long["submit"]!(200)
    const [a, b] = [make("c1", 1_000), make("scheduler", 1_000)]
    Link.push(a, [note])
    Link.receive(b, Link.flush(a)!)
    Link.flush(a)
    const resumed = Link.resume(a, Link.hello(b))!
    const got = resumed.frames.flatMap((frame) => Link.receive(b, frame).notes)
    Link.receive(a, Link.flush(b)!)
    assert.deepStrictEqual([...got, ...exchange(a, b)], [note])
  })

  it("is not made of pieces of something else", () => {
    const b = make("scheduler", 1_000)
    const piece: Link.Piece = { _tag: "Piece", of: "Retry", lists: { wants: [{ key: "k", want: 1 }] } }
    const submit = long["submit"]!(1)
    const frame = { session: "s", incarnation: 1, first: 1, notes: [piece, submit], ack: 0 }
    assert.deepStrictEqual(Link.receive(b, frame).notes, [submit])
  })
})
