import * as Failure from "@creel/core/Failure"
import type { Death, Spent, TaskDied, WorkerTold } from "@creel/core/Note"
import type * as Scheduler from "@creel/core/Scheduler"
import { assert, describe, it } from "@effect/vitest"
import { drive, info, runOf, says, spec, toClients, toWorkers } from "./drive.js"

type Commands = ReadonlyArray<Scheduler.Command>

const failure = (commands: Commands) =>
  toClients(commands).flatMap(({ note }) => note._tag === "TaskNotStored" ? [note.failure] : [])[0]

const spent = (commands: Commands): Spent | undefined =>
  toClients(commands).flatMap(({ note }) => note._tag === "TaskSpent" ? [note] : []).at(-1)

const begun = (commands: Commands) =>
  toWorkers(commands).flatMap(({ note }) => note._tag === "BeginTask" ? [note.attempt] : [])

type Drive = ReturnType<typeof drive>

/** Its next attempt has its place on a worker that joins, and asks. */
const asks = (d: Drive, worker: string, given: Commands = d.join(worker)) => {
  const run = runOf(given, "x")
  assert.isTrue(run.note.asks)
  return {
    run,
    asked: d.worker(worker, { _tag: "TaskStarted", key: "x", attempt: run.note.attempt, at: d.now(), asks: true })
  }
}

const hear = (d: Drive, client: string, attempt: number) => d.client(client, { _tag: "SpentHeard", key: "x", attempt })

/** Under attempts of their own, the first of them 1. */
const died = (...hows: ReadonlyArray<string>): ReadonlyArray<Death> => hows.map((how, i) => ({ attempt: i + 1, how }))

/** A new scheduler, of which something is expected of these. */
const next = (...expect: ReadonlyArray<string>) => drive({ incarnation: 2, recovering: { until: 1_005_000, expect } })

const retold = (d: Drive, told: ReadonlyArray<Spent>, client = "c1") =>
  d.client(client, {
    _tag: "ClientTold",
    name: client,
    specs: [spec("x")],
    wants: [{ key: "x", want: 1, told: undefined, keep: false }],
    offers: [],
    spent: told
  })

describe("tasks that take their worker along", () => {
  it("what ends its process before anybody hears that it began takes four more with it, which are seen", () => {
    const d = drive()
    d.connect("c1")
    d.submit("c1", [spec("x")])
    assert.isUndefined(runOf(d.join("w1"), "x").note.asks)
    assert.isUndefined(failure(d.lost("w1")))
    for (const n of [2, 3, 4, 5]) {
      const { asked, run } = asks(d, `w${n}`)
      assert.deepStrictEqual(says(asked), ["c1 TaskSpent x"])
      assert.deepStrictEqual(begun(hear(d, "c1", run.note.attempt)), [run.note.attempt])
      const lost = d.lost(`w${n}`)
      assert.strictEqual(failure(lost)?.reason, n < 5 ? undefined : "KilledWorker")
      if (n === 5) assert.match(failure(lost)!.detail, /when 4 workers died.*w2.*w3.*w4.*w5/)
    }
  })

  it("what waited behind it on its worker is suspected, and not blamed", () => {
    const d = drive()
    d.connect("c1")
    d.submit("c1", [spec("x"), spec("behind")])
    for (let n = 1; n <= 6; n++) {
      d.join(`w${n}`)
      d.lost(`w${n}`)
    }
    assert.strictEqual(d.state.rows.get("behind")!.deaths.length, 0)
  })

  it("it begins when all have heard who want it, or what is made from it, and are there", () => {
    const d = drive()
    d.connect("c1")
    d.connect("c2")
    d.connect("c3")
    d.submit("c1", [spec("x")])
    d.submit("c2", [spec("y", ["x"])])
    d.submit("c3", [], ["x"])
    d.join("w1")
    d.lost("w1")
    const { asked, run: { note: { attempt } } } = asks(d, "w2")
    assert.sameMembers([...says(asked)], ["c1 TaskSpent x", "c2 TaskSpent x", "c3 TaskSpent x"])
    assert.deepStrictEqual(begun(hear(d, "c1", attempt)), [])
    assert.deepStrictEqual(begun(hear(d, "c1", attempt)), [])
    assert.deepStrictEqual(begun(d.step({ _tag: "LinkDown", peer: "c3" })), [])
    assert.deepStrictEqual(begun(hear(d, "c2", attempt)), [attempt])
  })

  it("a question that went with a session is answered when it is put again", () => {
    const d = drive()
    d.connect("c1")
    d.submit("c1", [spec("x")])
    d.join("w1")
    d.lost("w1")
    const { run: { note } } = asks(d, "w2")
    const again = retold(d, [])
    assert.strictEqual(spent(again)?.begins, note.attempt)
    assert.deepStrictEqual(begun(retold(d, [spent(again)!])), [note.attempt])
    // Its worker has not heard the answer.
    d.worker("w2", {
      _tag: "WorkerTold",
      info: info("w2"),
      values: [],
      jobs: [{
        spec: note.spec,
        attempt: note.attempt,
        state: "Running",
        since: d.now(),
        suspended: false,
        failures: 0,
        cancelled: false,
        inputs: []
      }],
      outcomes: []
    })
    d.worker("w2", { _tag: "TaskStarted", key: "x", attempt: note.attempt, at: d.now(), asks: true })
    assert.deepStrictEqual(begun(hear(d, "c1", note.attempt)), [note.attempt])
  })
})

describe("what is counted against a task, and another scheduler", () => {
  const none: Spent = { key: "x", digest: "d:x", failures: 0, deaths: [], begins: undefined }

  const runs = (attempt: number): WorkerTold => ({
    _tag: "WorkerTold",
    info: info("w1"),
    values: [],
    jobs: [{
      spec: spec("x"),
      attempt,
      state: "Running",
      since: 1,
      suspended: false,
      failures: 0,
      cancelled: false,
      inputs: []
    }],
    outcomes: []
  })

  it("clients remember deaths: the fourth is the last, whichever scheduler there was", () => {
    const d = next("c1")
    retold(d, [{ ...none, deaths: died("one", "two", "three") }])
    const { run } = asks(d, "w1")
    hear(d, "c1", run.note.attempt)
    const lost = d.lost("w1")
    assert.strictEqual(failure(lost)?.reason, "KilledWorker")
    assert.match(failure(lost)!.detail, /one; two; three; .*w1/)
  })

  it("what somebody remembers to have taken too many along is not tried again", () => {
    const d = next("c1", "c2", "w1")
    const told = died("one", "two", "three", "four")
    retold(d, [{ ...none, deaths: told.slice(0, 3) }])
    retold(d, [{ ...none, deaths: told }], "c2")
    const out = d.lost("w1")
    assert.strictEqual(failure(out)?.reason, "KilledWorker")
    assert.match(failure(out)!.detail, /when 4 workers died.*one; two; three; four/)
  })

  it("what was about to begin, and is nowhere since its worker went with the scheduler, has taken them along", () => {
    const d = next("c1", "w1")
    retold(d, [{ ...none, deaths: died("one", "two"), begins: 7 }])
    const out = d.lost("w1")
    assert.lengthOf(spent(out)!.deaths, 3)
    assert.isTrue(runOf(d.join("w2"), "x").note.asks)
  })

  it("what was about to begin, and runs, is adopted, and nobody has died", () => {
    const d = next("c1", "w1")
    retold(d, [{ ...none, begins: 7 }])
    d.worker("w1", runs(7))
    assert.strictEqual(d.state.rows.get("x")!.state._tag, "Assigned")
    assert.lengthOf(d.state.rows.get("x")!.deaths, 0)
  })

  it("what was given back while there was no scheduler has not taken anybody along; what died is counted", () => {
    const outcomes = [
      { _tag: "TaskReturned", key: "x", attempt: 7, why: "leaving" },
      { _tag: "TaskDied", key: "x", attempt: 7, detail: "exit code 1" }
    ] as const
    for (const outcome of outcomes) {
      const d = next("c1", "w1", "w2")
      retold(d, [{ ...none, begins: 7 }])
      d.worker("w1", { _tag: "WorkerTold", info: info("w1"), values: [], jobs: [], outcomes: [outcome] })
      d.lost("w2")
      assert.lengthOf(d.state.rows.get("x")!.deaths, outcome._tag === "TaskDied" ? 1 : 0)
    }
  })

  const deathsOf = (d: Drive) => d.state.rows.get("x")!.deaths

  it("a death that a scheduler told of which went on too late counts once, whether its word comes first or last", () => {
    const told = died("one", "two", "three")
    for (const isFirst of [true, false]) {
      const d = next("c1", "w1")
      retold(d, [{ ...none, deaths: isFirst ? told : told.slice(0, 2) }])
      // Its worker told this scheduler that it ran, before it died.
      d.worker("w1", runs(3))
      assert.isUndefined(failure(d.lost("w1")))
      if (!isFirst) retold(d, [{ ...none, deaths: told }])
      assert.deepStrictEqual(deathsOf(d).map(({ attempt }) => attempt), [1, 2, 3])
      hear(d, "c1", asks(d, "w2").run.note.attempt)
      assert.match(failure(d.lost("w2"))!.detail, /when 4 workers died/)
    }
  })

  it("a death that makes too many is the last, though another told of it", () => {
    const d = next("c1", "w1")
    retold(d, [{ ...none, deaths: died("one", "two", "three", "four") }])
    d.worker("w1", runs(4))
    assert.match(failure(d.lost("w1"))!.detail, /one; two; three; four/)
  })

  it("what one heard is about to begin, and another that it died, is one death", () => {
    const ends: ReadonlyArray<TaskDied | undefined> = [
      undefined,
      { _tag: "TaskDied", key: "x", attempt: 2, detail: "exit code 1" }
    ]
    for (const end of ends) {
      const d = next("c1", "c2", "w1")
      retold(d, [{ ...none, deaths: died("one"), begins: 2 }])
      retold(d, [{ ...none, deaths: died("one", "two") }], "c2")
      d.worker("w1", { ...runs(9), jobs: [], outcomes: end === undefined ? [] : [end] })
      assert.deepStrictEqual(deathsOf(d).map(({ how }) => how), ["one", "two"])
    }
  })

  it("of what different clients remember the longest list counts", () => {
    const d = next("c1", "c2")
    const [one, two, three] = died("one", "two", "three")
    const perhaps = { attempt: undefined, how: "perhaps" }
    retold(d, [{ ...none, deaths: [one!, three!] }])
    retold(d, [{ ...none, deaths: [perhaps, two!, three!] }], "c2")
    assert.deepStrictEqual(deathsOf(d), [perhaps, two!, three!])
  })

  it("a worker that is silent, and was told to have died, counts once", () => {
    const d = next("c1", "w1")
    retold(d, [{ ...none, deaths: died("one", "two", "three") }])
    d.worker("w1", runs(3))
    d.pass(4_000)
    assert.strictEqual(runOf([...d.join("w2"), ...d.pass(1_500)], "x").to, "w2")
  })

  it("what was there when a scheduler went is suspected, and what comes after it is not", () => {
    const d = next("c1", "w1")
    retold(d, [])
    assert.isTrue(runOf(d.join("w1", { slots: 2 }), "x").note.asks)
    assert.isUndefined(runOf(d.submit("c1", [spec("y")]), "y").note.asks)
  })

  it("failures that retries hid are remembered as well", () => {
    const retry = { times: 1, delay: 0, factor: 1, maxDelay: 0, jitter: 0, tags: undefined }
    const first = drive()
    first.join("w1")
    first.connect("c1")
    const run = runOf(first.submit("c1", [spec("x", [], { retry })]), "x")
    assert.strictEqual(spent(first.fail("w1", run.note))?.failures, 1)
    const d = next("c1")
    d.client("c1", {
      _tag: "ClientTold",
      name: "c1",
      specs: [spec("x", [], { retry })],
      wants: [{ key: "x", want: 1, told: undefined, keep: false }],
      offers: [],
      spent: [{ ...none, failures: 1 }]
    })
    assert.strictEqual(failure(d.fail("w1", runOf(d.join("w1"), "x").note))?.reason, "Failed")
  })

  it("what two schedulers had begun as the same try has failed once, where it fails for both", () => {
    const d = next("c1", "w1")
    retold(d, [{ ...none, failures: 1 }])
    d.worker("w1", runs(4))
    const out = d.worker("w1", {
      _tag: "TaskFailed",
      key: "x",
      attempt: 4,
      failure: Failure.make("Failed", "x", "it went wrong"),
      tag: undefined,
      verdict: { retryAfter: 0 },
      millis: 1
    })
    assert.strictEqual(spent(out)?.failures, 1)
    assert.strictEqual(runOf(out, "x").note.failures, 1)
  })

  it("who tries it again begins anew", () => {
    const d = next("c1")
    retold(d, [{ ...none, deaths: died("one", "two", "three") }])
    hear(d, "c1", asks(d, "w1").run.note.attempt)
    assert.isDefined(failure(d.lost("w1")))
    d.client("c1", { _tag: "Retry", wants: [{ key: "x", want: 2 }] })
    assert.lengthOf(d.state.rows.get("x")!.deaths, 0)
  })

  it("who tried what stands on it again does so once, however many schedulers hear of that", () => {
    const killed = Failure.make("KilledWorker", "x", "four died")
    const again = (deaths: ReadonlyArray<Death>, begins?: number) => {
      const d = next("c1")
      const want = (key: string) => ({ key, want: 1, told: { failure: killed }, keep: false })
      d.client("c1", {
        _tag: "ClientTold",
        name: "c1",
        specs: [spec("x"), spec("y", ["x"])],
        wants: [want("x"), want("y")],
        offers: [],
        spent: [{ ...none, deaths, begins }]
      })
      return { d, said: d.client("c1", { _tag: "Retry", wants: [{ key: "y", want: 2 }], again: true }) }
    }
    const { d } = again(died("one"), 7)
    assert.lengthOf(d.state.rows.get("x")!.deaths, 2)
    hear(d, "c1", asks(d, "w1").run.note.attempt)
    assert.lengthOf(d.state.rows.get("x")!.deaths, 2)
    assert.strictEqual(failure(again(died("one", "two", "three"), 7).said)?.reason, "KilledWorker")
  })

  it("fails by that for others who need it, where it was cancelled for some", () => {
    const d = next("c1")
    const cancelled = Failure.make("Cancelled", "x", "enough", { by: "c1" })
    const told = d.client("c1", {
      _tag: "ClientTold",
      name: "c1",
      specs: [spec("x"), spec("y", ["x"])],
      wants: [
        { key: "x", want: 1, told: { failure: cancelled }, keep: false },
        { key: "y", want: 2, told: undefined, keep: true }
      ],
      offers: [],
      spent: [{ ...none, deaths: died("one", "two", "three"), begins: 7 }]
    })
    assert.deepStrictEqual(says(told), ["c1 TaskSpent x", "c1 TaskNotStored y"])
    assert.strictEqual(failure(told)?.reason, "KilledWorker")
    assert.deepStrictEqual(says(d.join("w1")), [])
    const again = d.client("c1", { _tag: "Retry", wants: [{ key: "x", want: 3 }], again: true })
    assert.strictEqual(failure(again)?.reason, "KilledWorker")
  })

  it("stays as it is behind what was cancelled and others need: nobody tries it again", () => {
    const d = next("c1")
    const cancelled = Failure.make("Cancelled", "mid", "enough", { by: "c1" })
    const told = d.client("c1", {
      _tag: "ClientTold",
      name: "c1",
      specs: [spec("x"), spec("mid", ["x"])],
      wants: [
        { key: "x", want: 1, told: undefined, keep: false },
        { key: "mid", want: 2, told: { failure: cancelled }, keep: false }
      ],
      offers: [],
      spent: [{ ...none, deaths: died("one", "two", "three"), begins: 7 }]
    })
    assert.strictEqual(failure(told)?.reason, "KilledWorker")
    d.connect("c2")
    assert.strictEqual(failure(d.submit("c2", [spec("y", ["mid"])]))?.reason, "KilledWorker")
    assert.lengthOf(d.state.rows.get("x")!.deaths, 4)
  })
})
