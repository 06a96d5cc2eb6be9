import { Client, Failure, Id } from "@creel/core"
import { assert, describe, it } from "@effect/vitest"
import { spec, tiny } from "../worker/fixture.js"
import { Bench, got, need, release, short, told } from "./fixture.js"

const large = tiny(2_000)

const lineageCut = (key: string, want: number): Client.Event => ({
  _tag: "Notes",
  notes: [{ _tag: "LineageCut", key, digest: `d-${key}`, want }]
})

describe("submitting and releasing", () => {
  it("tells specs and wants, and a row exists at once", () => {
    const bench = new Bench()
    const [note] = told(bench.submit("a"))
    assert.deepStrictEqual(note, { _tag: "Submit", specs: [spec("a")], wants: [{ key: "a", want: 1 }], keep: [] })
    assert.strictEqual(bench.row("a").status, "pending")
  })

  it("counts references, and tells once when the last goes", () => {
    const bench = new Bench()
    bench.submit("a")
    assert.deepStrictEqual(short(bench.submit("a")), [])
    bench.step({ _tag: "Retain", key: "a" })
    assert.deepStrictEqual(short(bench.step(release("a", 2))), [])
    assert.deepStrictEqual(told(bench.step(release("a"))), [
      { _tag: "Release", wants: [{ key: "a", want: 1 }], answer: false }
    ])
    assert.isTrue(Client.isEmpty(bench.state))
  })

  it("a released input stays as lineage while a wanted row could need it, however far away", () => {
    const bench = new Bench()
    bench.submit("a", "b<a", "c<b")
    bench.step(release("a"), release("b"))
    assert.deepStrictEqual([...bench.state.rows.keys()], ["a", "b", "c"])
    const [note] = told(bench.step({ _tag: "LinkReset" }))
    assert.deepStrictEqual(note?._tag === "ClientTold" ? note.specs.map((one) => one.key) : [], ["a", "b", "c"])
    assert.deepStrictEqual(note?._tag === "ClientTold" ? note.wants.map((one) => one.key) : [], ["c"])
    bench.step(release("c"))
    assert.isTrue(Client.isEmpty(bench.state))
  })

  it("a new session is told of rows in the order in which they came", () => {
    const bench = new Bench()
    // Keys as clients make them, which differ in the letters before the mark that they end with.
    const keys = Array.from({ length: 300 }, (_, n) => `noop-${(n * 7919 % 1000).toString(16).padStart(8, "0")}a1b2c3`)
    bench.submit(...keys)
    bench.step(release(keys[7]!))
    bench.submit(keys[7]!)
    const [note] = told(bench.step({ _tag: "LinkReset" }))
    assert.deepStrictEqual(note?._tag === "ClientTold" ? note.specs.map((one) => one.key) : [], [
      ...keys.filter((_, n) => n !== 7),
      keys[7]!
    ])
  })

  it("what the scheduler has cut is remembered no more, and told without what it was made from", () => {
    const bench = new Bench()
    bench.submit("a", "b<a", "c<b", "d<c")
    bench.step(release("a"), release("b"), release("c"))
    const cut = lineageCut
    // What was said before this was submitted is not about it.
    bench.step(cut("c", bench.row("c").want - 1))
    assert.deepStrictEqual([...bench.state.rows.keys()], ["a", "b", "c", "d"])
    bench.step(cut("c", bench.row("d").want), cut("c", bench.row("d").want), cut("x", 9))
    assert.deepStrictEqual([...bench.state.rows.keys()], ["c", "d"])
    const [note] = told(bench.step({ _tag: "LinkReset" }))
    assert.deepStrictEqual(note?._tag === "ClientTold" ? [note.specs.map((one) => one.key), note.cut] : [], [
      ["c", "d"],
      ["c"]
    ])
    bench.step(release("d"))
    assert.isTrue(Client.isEmpty(bench.state))
  })

  it("submitted again, what was cut is remembered as a whole", () => {
    const bench = new Bench()
    bench.submit("a", "b<a")
    bench.step(release("b"))
    bench.submit("b<a", "c<b")
    bench.step(release("a"), lineageCut("b", bench.row("c").want))
    assert.deepStrictEqual([...bench.state.rows.keys()], ["b", "c"])
    bench.step(release("b"))
    const again = told(bench.submit("a", "b<a"))
    assert.deepStrictEqual(again.flatMap((one) => one._tag === "Submit" ? one.specs.map((each) => each.key) : []), [
      "a",
      "b"
    ])
    bench.step(release("a"))
    assert.deepStrictEqual([...bench.state.rows.keys()].sort(), ["a", "b", "c"])
    const [note] = told(bench.step({ _tag: "LinkReset" }))
    assert.isUndefined(note?._tag === "ClientTold" ? note.cut : [])
  })

  it("a key that becomes wanted again has a greater number, and answers to the older one are dropped", () => {
    const bench = new Bench()
    bench.submit("a", "b<a")
    const old = bench.row("a").want
    bench.step(release("a"))
    bench.submit("a")
    assert.isAbove(bench.row("a").want, old)
    assert.deepStrictEqual(short(bench.stored("a", { want: old })), [])
    assert.strictEqual(bench.row("a").status, "pending")
  })

  it("refuses other work under a key in use, all of that submission, and corrupts nothing", () => {
    const bench = new Bench()
    bench.submit("a")
    const other = spec("a", { digest: "other" })
    assert.isTrue(Client.conflict(bench.state, other))
    assert.isFalse(Client.conflict(bench.state, spec("a")))
    const commands = bench.step({ _tag: "Submit", specs: [spec("b"), other], wants: ["b", "a"], keep: [] })
    assert.deepStrictEqual(short(commands), ["a refused DuplicateKey"])
    assert.strictEqual(bench.row("a").refs, 1)
    assert.isFalse(bench.state.rows.has("b"))
  })

  it("cuts large submissions, never between a row nobody wants and the one that names it", () => {
    const bench = new Bench({ noteBytes: 1_000 })
    const specs = Array.from({ length: 30 }, (_, i) => [
      spec(`in${i}`),
      spec(`out${i}`, { inputs: [`in${i}`] })
    ]).flat()
    const notes = told(bench.step({
      _tag: "Submit",
      specs,
      wants: specs.filter((one) => one.key.startsWith("out")).map((one) => one.key),
      keep: []
    }))
    assert.isAbove(notes.length, 5)
    const seen = new Set<string>()
    for (const note of notes) {
      if (note._tag !== "Submit") return assert.fail(note._tag)
      const named = new Set(note.specs.flatMap((one) => one.inputs))
      for (const one of note.specs) {
        seen.add(one.key)
        assert.isTrue(named.has(one.key) || note.wants.some((want) => want.key === one.key), one.key)
      }
    }
    assert.strictEqual(seen.size, 60)
    const weight = Client.outboxBytes(bench.state)
    assert.isAbove(weight, 5_000)
    bench.step({ _tag: "Acked", bytes: weight })
    assert.strictEqual(Client.outboxBytes(bench.state), 0)
  })

  it("fire and forget is wanted until it is done", () => {
    const bench = new Bench()
    const [note] = told(bench.step({ _tag: "Submit", specs: [spec("a")], wants: [], keep: ["a"] }))
    assert.deepStrictEqual(note?._tag === "Submit" ? [note.wants.length, note.keep] : [], [1, ["a"]])
    assert.deepStrictEqual(short(bench.stored("a")), ["a finished", "tell Release"])
    assert.isTrue(Client.isEmpty(bench.state))
  })

  it("answers an interrupt once the work has ended, at once where others want it, and when the session is lost", () => {
    const bench = new Bench()
    bench.submit("a", "a", "b")
    assert.deepStrictEqual(short(bench.step(release("a", 1, true))), ["a ended 1"])
    assert.deepStrictEqual(short(bench.step(release("a", 1, true))), ["tell Release"])
    const ended = bench.step({ _tag: "Notes", notes: [{ _tag: "Ended", key: "a", want: 1 }] })
    assert.deepStrictEqual(short(ended), ["a ended 1"])
    bench.step(release("b", 1, true))
    assert.deepStrictEqual(short(bench.step({ _tag: "LinkReset" })), ["tell ClientTold", "b ended 2"])
  })
})

describe("settling", () => {
  it("a value that rode along settles at once; others are fetched when somebody joins, once for all", () => {
    const bench = new Bench()
    bench.submit("a", "b")
    assert.deepStrictEqual(short(bench.stored("a", { inline: tiny() })), ["a settled a#0.1"])
    assert.deepStrictEqual(short(bench.stored("b")), ["b finished"])
    assert.deepStrictEqual(short(bench.step(need("b"), need("b"))), ["fetch b#0.1 from w1"])
    assert.deepStrictEqual(short(bench.step(got("b", large))), ["b settled b#0.1"])
    assert.deepStrictEqual(short(bench.step(need("b"))), ["b settled b#0.1"])
  })

  it("joiners of a pending row are served when it is stored", () => {
    const bench = new Bench()
    bench.submit("a")
    assert.deepStrictEqual(short(bench.step(need("a"))), [])
    assert.deepStrictEqual(short(bench.stored("a")), ["a finished", "fetch a#0.1 from w1"])
  })

  it("what was settled never changes", () => {
    const bench = new Bench()
    bench.submit("a")
    bench.stored("a", { inline: tiny() })
    bench.step({ _tag: "Notes", notes: [{ _tag: "TaskPending", key: "a", want: 1 }] })
    bench.stored("a", { value: Id.valueId("a", 2) })
    assert.strictEqual(bench.row("a").status, "finished")
    assert.deepStrictEqual(short(bench.step(need("a"))), ["a settled a#0.1"])
  })

  it("finished falls back to pending when the last holder dies, and joiners get the next value", () => {
    const bench = new Bench()
    bench.submit("a")
    bench.stored("a")
    bench.step(need("a"))
    const lost = bench.step({ _tag: "Notes", notes: [{ _tag: "TaskPending", key: "a", want: 1 }] })
    assert.deepStrictEqual(short(lost), ["stop a#0.1", "a pending"])
    assert.deepStrictEqual(short(bench.step({ _tag: "FetchEnded", value: "a#0.1", from: "w1", why: "gone" })), [])
    assert.deepStrictEqual(short(bench.stored("a", { value: "a#0.2" })), ["a finished", "fetch a#0.2 from w1"])
  })

  it("a digest that is not this work's is no answer", () => {
    const bench = new Bench()
    bench.submit("a")
    assert.deepStrictEqual(short(bench.stored("a", { digest: "other" })), [])
  })

  it("a failure settles with the status its reason has", () => {
    const bench = new Bench()
    bench.submit("a", "b", "c")
    const fail = (key: string, reason: Failure.Reason) =>
      bench.step({
        _tag: "Notes",
        notes: [{ _tag: "TaskNotStored", key, want: bench.row(key).want, failure: Failure.make(reason, key, "") }]
      })
    assert.deepStrictEqual(short(fail("a", "Failed")), ["a settled Failed"])
    assert.strictEqual(bench.row("a").status, "error")
    assert.deepStrictEqual(short(fail("b", "Lost")), ["b settled Lost"])
    assert.strictEqual(bench.row("b").status, "lost")
    assert.deepStrictEqual(short(fail("c", "Cancelled")), ["c settled Cancelled"])
    assert.strictEqual(bench.row("c").status, "cancelled")
  })
})

describe("fetching", () => {
  it("asks the next holder, tells of each, and asks again after a while", () => {
    const bench = new Bench({ refetch: 200 })
    bench.submit("a")
    bench.stored("a")
    bench.step(need("a"))
    const fail = (from: string) => bench.step({ _tag: "FetchEnded", value: "a#0.1", from, why: "unreachable" })
    assert.deepStrictEqual(short(fail("w1")), ["tell FetchFailed", "fetch a#0.1 from w2"])
    assert.deepStrictEqual(short(fail("w2")), ["tell FetchFailed"])
    assert.strictEqual(Client.nextDeadline(bench.state), bench.now + 200)
    assert.deepStrictEqual(short(bench.after(199)), [])
    assert.deepStrictEqual(short(bench.after(1)), ["fetch a#0.1 from w1"])
  })

  it("a fresh holder is asked at once", () => {
    const bench = new Bench()
    bench.submit("a")
    bench.stored("a", { holders: ["w1"] })
    bench.step(need("a"))
    for (const from of ["w1", "w2"]) bench.step({ _tag: "FetchEnded", value: "a#0.1", from, why: "gone" })
    assert.deepStrictEqual(short(bench.stored("a", { holders: ["w1", "w3"] })), ["a finished", "fetch a#0.1 from w3"])
  })

  it("what is released is no longer fetched, and what then arrives belongs to nobody", () => {
    const bench = new Bench()
    bench.submit("a")
    bench.stored("a")
    bench.step(need("a"))
    assert.deepStrictEqual(short(bench.step(release("a"))), ["stop a#0.1", "tell Release"])
    assert.isFalse(Client.isEmpty(bench.state))
    assert.deepStrictEqual(short(bench.step(got("a", large))), [])
    assert.isTrue(Client.isEmpty(bench.state))
  })

  it("past its budget a value is fetched again by its name, or is ValueReplaced", () => {
    const bench = new Bench({ cacheBytes: 3_000 })
    bench.submit("a", "b")
    for (const key of ["a", "b"]) {
      bench.stored(key)
      bench.step(need(key))
      bench.step(got(key, large))
    }
    assert.deepStrictEqual(short(bench.step(need("b"))), ["b settled b#0.1"])
    assert.deepStrictEqual(short(bench.step(need("a"))), ["fetch a#0.1 from w1"])
    assert.deepStrictEqual(short(bench.step(got("a", large))), ["a settled a#0.1"])
    bench.stored("b", { value: "b#0.2" })
    assert.deepStrictEqual(short(bench.step(need("b"))), ["b settled ValueReplaced"])
    assert.strictEqual(bench.row("b").settled?._tag, "Value")
  })

  it("a value that was let go and then lost is ValueReplaced, for those who wait and those who come", () => {
    const bench = new Bench({ cacheBytes: 0 })
    bench.submit("a")
    bench.stored("a")
    bench.step(need("a"))
    bench.step(got("a", large))
    assert.deepStrictEqual(short(bench.step(need("a"))), ["fetch a#0.1 from w1"])
    const failure = Failure.make("Lost", "a", "")
    const told = bench.step({ _tag: "Notes", notes: [{ _tag: "TaskNotStored", key: "a", want: 1, failure }] })
    assert.deepStrictEqual(short(told), ["stop a#0.1", "a settled ValueReplaced"])
    assert.deepStrictEqual(short(bench.step(need("a"))), ["a settled ValueReplaced"])
    assert.strictEqual(bench.row("a").settled?._tag, "Value")
  })

  it("who joins later asks for holders when those it knew are gone, whichever scheduler there is by then", () => {
    const bench = new Bench({ cacheBytes: 0 })
    bench.submit("a")
    bench.stored("a")
    bench.step(need("a"))
    bench.step(got("a", large))
    bench.step({ _tag: "Notes", notes: [{ _tag: "TaskPending", key: "a", want: 1 }] })
    // A new scheduler, to which this client tells that it knows the value.
    bench.step({ _tag: "LinkReset" })
    const asked = told(bench.step(need("a")))
    assert.deepStrictEqual(asked, [{ _tag: "FetchFailed", key: "a", value: "a#0.1", holder: "", why: "gone" }])
    assert.deepStrictEqual(short(bench.stored("a")), ["a finished", "fetch a#0.1 from w1"])
  })

  it("asks anew for holders when the session goes in which it asked", () => {
    const bench = new Bench()
    bench.submit("a")
    bench.stored("a")
    bench.step(need("a"))
    for (const from of ["w1", "w2"]) bench.step({ _tag: "FetchEnded", value: "a#0.1", from, why: "gone" })
    assert.deepStrictEqual(told(bench.step({ _tag: "LinkReset" })).map((note) => note._tag), [
      "ClientTold",
      "FetchFailed"
    ])
  })

  it("fetches no more at once than its limit", () => {
    const bench = new Bench({ fetchesMax: 1 })
    bench.submit("a", "b")
    bench.stored("a")
    bench.stored("b")
    assert.deepStrictEqual(short(bench.step(need("a"), need("b"))), ["fetch a#0.1 from w1"])
    assert.include(short(bench.step(got("a", large))), "fetch b#0.1 from w1")
  })

  it("joining what was released is refused, not left hanging", () => {
    assert.deepStrictEqual(short(new Bench().step(need("a"))), ["a refused Lost"])
  })
})

describe("cancel and retry", () => {
  const cancel = (...keys: ReadonlyArray<string>): Client.Event => ({
    _tag: "Cancel",
    keys,
    force: false,
    by: "me",
    reason: "enough"
  })

  it("a cancelled row ends at once here, with who asked and why, and echoes are harmless", () => {
    const bench = new Bench()
    bench.submit("a")
    const commands = bench.step(cancel("a"))
    assert.deepStrictEqual(short(commands), ["a settled Cancelled", "tell Cancel"])
    assert.deepStrictEqual(short(bench.stored("a")), [])
    const settled = bench.row("a").settled
    assert.strictEqual(settled?._tag === "Failure" ? settled.failure.by : "", "me")
  })

  it("an unanswered cancel is told again to a new session, an answered one is not", () => {
    const bench = new Bench()
    bench.submit("a")
    bench.step(cancel("a"))
    assert.deepStrictEqual(short(bench.step({ _tag: "LinkReset" })), ["tell ClientTold", "tell Cancel"])
    bench.step({
      _tag: "Notes",
      notes: [{ _tag: "TaskNotStored", key: "a", want: 1, failure: Failure.make("Cancelled", "a", "") }]
    })
    assert.deepStrictEqual(short(bench.step({ _tag: "LinkReset" })), ["tell ClientTold"])
  })

  it("retry begins a new want, and is asked again when the session was lost under it", () => {
    const bench = new Bench()
    bench.submit("a")
    bench.step(cancel("a"))
    const notes = told(bench.step({ _tag: "RetryKeys", keys: ["a"] }))
    assert.deepStrictEqual(notes, [{ _tag: "Retry", wants: [{ key: "a", want: 2, digest: "d-a" }] }])
    assert.strictEqual(bench.row("a").status, "pending")
    const again = bench.step({ _tag: "LinkReset" })
    assert.deepStrictEqual(short(again), ["tell ClientTold", "tell Retry"])
    const [first] = told(again)
    // Its old failure must be no answer to the new want.
    assert.deepStrictEqual(first?._tag === "ClientTold" ? first.wants.map((want) => want.want) : [], [1])
    assert.deepStrictEqual(short(bench.stored("a", { inline: tiny() })).at(-1), "a settled a#0.1")
  })
})

describe("offers", () => {
  const offer = (wanted: boolean): Client.Event => ({
    _tag: "Offer",
    key: "x",
    value: "x#c1",
    digest: "dx",
    bytes: 5_000,
    inline: undefined,
    scatter: undefined,
    wanted
  })

  it("an argument is served until no wanted key could need it", () => {
    const bench = new Bench()
    const submit: Client.Event = { _tag: "Submit", specs: [spec("a", { inputs: ["x"] })], wants: ["a"], keep: [] }
    assert.deepStrictEqual(short(bench.step(offer(false), submit)), ["tell Offer", "tell Submit"])
    const commands = bench.step(release("a"))
    assert.deepStrictEqual(short(commands), ["tell Release", "drop x#c1", "tell Release"])
    // The scheduler may have refused what named it, and would keep it for another that does.
    const last = told(commands).at(-1)
    assert.deepStrictEqual(last?._tag === "Release" ? last.wants : [], [{ key: "x", want: 0 }])
    assert.isTrue(Client.isEmpty(bench.state))
  })

  it("scattered data is wanted, told again, and let go when workers have it", () => {
    const bench = new Bench()
    assert.deepStrictEqual(short(bench.step(offer(true))), ["tell Offer", "x pending", "tell Submit"])
    const [again] = told(bench.step({ _tag: "LinkReset" }))
    assert.strictEqual(again?._tag === "ClientTold" ? again.offers.length : 0, 1)
    const dropped = bench.step({ _tag: "Notes", notes: [{ _tag: "DropValue", value: "x#c1" }] })
    assert.deepStrictEqual(short(dropped), ["drop x#c1"])
    // A new scheduler learns what it is that workers hold, and that it is no longer here.
    const [last] = told(bench.step({ _tag: "LinkReset" }))
    assert.deepStrictEqual(last?._tag === "ClientTold" ? last.offers.map((one) => one.dropped) : [], [true])
    assert.deepStrictEqual(short(bench.step(release("x"))), ["tell Release"])
    assert.isTrue(Client.isEmpty(bench.state))
  })
})

describe("closing", () => {
  it("settles what is open as ClusterClosed, says goodbye, leaves nothing, refuses the rest", () => {
    const bench = new Bench()
    bench.submit("a")
    const closed = bench.step({ _tag: "Close" })
    assert.deepStrictEqual(short(closed), ["a settled ClusterClosed", "tell ClientLeft"])
    assert.isTrue(Client.isEmpty(bench.state))
    assert.deepStrictEqual(short(bench.submit("b")), ["b refused ClusterClosed"])
  })
})
