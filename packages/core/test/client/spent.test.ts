import type { Client, Note } from "@creel/core"
import { Failure } from "@creel/core"
import { assert, describe, it } from "@effect/vitest"
import { tiny } from "../worker/fixture.js"
import { Bench, short, told } from "./fixture.js"

const [w1, w2] = [{ attempt: 1, how: "w1" }, { attempt: 2, how: "w2" }]

const spent = (more?: Partial<Note.Spent>): Note.TaskSpent => ({
  _tag: "TaskSpent",
  key: "a",
  digest: "d-a",
  failures: 0,
  deaths: [w1],
  begins: undefined,
  ...more
})

const notes = (...notes: ReadonlyArray<Note.ToClient>): Client.Event => ({ _tag: "Notes", notes })

const remembered = (bench: Bench) => {
  const [first] = told(bench.step({ _tag: "LinkReset" }))
  return first?._tag === "ClientTold" ? first.spent : undefined
}

describe("what is counted against a task", () => {
  it("is remembered as last heard, and told to each scheduler", () => {
    const bench = new Bench()
    bench.submit("a", "b<a")
    assert.isUndefined(remembered(bench))
    bench.step(notes(spent(), spent({ deaths: [w1, w2], failures: 1 })))
    const known = { key: "a", digest: "d-a", failures: 1, deaths: [w1, w2], begins: undefined }
    assert.deepStrictEqual(remembered(bench), [known])
    assert.deepStrictEqual(remembered(bench), [known])
    bench.step(notes(spent({ deaths: [] })))
    assert.isUndefined(remembered(bench))
  })

  it("an attempt that is about to begin is answered, also of what is not known here", () => {
    const bench = new Bench()
    bench.submit("a")
    const heard = told(bench.step(notes(spent({ begins: 7 }), spent({ key: "z", begins: 8 }))))
    assert.deepStrictEqual(heard, [
      { _tag: "SpentHeard", key: "a", attempt: 7 },
      { _tag: "SpentHeard", key: "z", attempt: 8 }
    ])
    assert.deepStrictEqual(remembered(bench)?.map((one) => one.begins), [7])
  })

  it("is over with the value, and with the failure", () => {
    const bench = new Bench()
    bench.submit("a")
    bench.step(notes(spent()))
    bench.stored("a", { inline: tiny() })
    assert.isUndefined(remembered(bench))
    const other = new Bench()
    other.submit("a")
    other.step(notes(spent()))
    const failure = Failure.make("KilledWorker", "a", "four died")
    other.step(notes({ _tag: "TaskNotStored", key: "a", want: 1, failure }))
    assert.isUndefined(remembered(other))
  })

  it("of other work under the same key is not remembered", () => {
    const bench = new Bench()
    bench.submit("a")
    bench.step(notes(spent({ digest: "other" })))
    assert.isUndefined(remembered(bench))
  })

  it("answers a retry: it is not asked for again, and what was counted since counts", () => {
    const bench = new Bench()
    bench.submit("a")
    const failure = Failure.make("KilledWorker", "a", "four died")
    bench.step(notes({ _tag: "TaskNotStored", key: "a", want: 1, failure }))
    bench.step({ _tag: "RetryKeys", keys: ["a"] })
    const retold = bench.step({ _tag: "LinkReset" })
    assert.deepStrictEqual(short(retold), ["tell ClientTold", "tell Retry"])
    assert.propertyVal(told(retold).at(-1), "again", true)
    bench.step(notes(spent()))
    assert.deepStrictEqual(short(bench.step({ _tag: "LinkReset" })), ["tell ClientTold"])
    assert.lengthOf(remembered(bench)!, 1)
  })
})
