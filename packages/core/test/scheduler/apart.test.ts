import type { RunTask } from "@creel/core/Note"
import * as Payload from "@creel/core/Payload"
import * as Scheduler from "@creel/core/Scheduler"
import { assert, describe, it } from "@effect/vitest"
import { drive, runs, type Sent, spec, toClients } from "./drive.js"

type Commands = ReadonlyArray<Scheduler.Command>

const failures = (commands: Commands): ReadonlyArray<string> =>
  toClients(commands).flatMap(({ note }) => note._tag === "TaskNotStored" ? [`${note.key} ${note.failure.reason}`] : [])

const keys = (given: ReadonlyArray<Sent<RunTask>>): ReadonlyArray<string> => given.map(({ note }) => note.spec.key)

/** Four slots on each worker, and four tasks that any may run. */
const crowd = () => {
  const d = drive()
  d.connect("c1")
  d.submit("c1", ["a", "b", "c", "d"].map((key) => spec(key)))
  const join = (name: string) => runs(d.join(name, { slots: 4 }))
  /** All that was given begins, and the client hears so. */
  const begin = (given: ReadonlyArray<Sent<RunTask>>) => {
    for (const { note, to } of given) {
      const { attempt, asks, spec: { key } } = note
      d.worker(to, { _tag: "TaskStarted", key, attempt, at: d.now(), ...asks === true && { asks } })
      if (asks === true) d.client("c1", { _tag: "SpentHeard", key, attempt })
    }
  }
  /** One worker after another dies under all that it runs. */
  const kill = (...names: ReadonlyArray<string>) => {
    for (const name of names) {
      begin(join(name))
      assert.deepStrictEqual(failures(d.lost(name)), [])
    }
  }
  return { ...d, crowd: join, begin, kill }
}

/** What is given while its worker is heard now and then. */
const beats = (d: { readonly pass: (millis: number) => Commands }, beat: () => Commands, millis: number) => {
  const given: Array<string> = []
  for (let passed = 0; passed < millis; passed += 1_000) given.push(...keys(runs([...d.pass(1_000), ...beat()])))
  return given
}

describe("tasks with two deaths", () => {
  it("no worker has two of them at a time, whatever room there is", () => {
    const d = crowd()
    d.kill("w1")
    const second = d.crowd("w2")
    assert.deepStrictEqual(keys(second), ["a", "b", "c", "d"])
    d.begin(second)
    d.lost("w2")
    assert.deepStrictEqual(keys(d.crowd("w3")), ["a"])
    assert.deepStrictEqual(keys(d.crowd("w4")), ["b"])
    // Others may run beside it.
    assert.sameMembers([...keys(runs(d.submit("c1", [spec("e"), spec("f")])))], ["e", "f"])
  })

  it("what ends its process does not have its neighbours given up with it", () => {
    const d = crowd()
    d.kill("w1", "w2")
    const done: Array<string> = []
    const ended: Array<string> = []
    // `c` is the one that ends processes.
    for (let n = 3; n < 20 && ended.length + done.length < 4; n++) {
      const name = `w${n}`
      let given = d.crowd(name)
      while (given.length > 0) {
        assert.lengthOf(given, 1)
        const [{ note }] = given as [Sent<RunTask>]
        d.begin(given)
        if (note.spec.key === "c") {
          ended.push(...failures(d.lost(name)))
          break
        }
        done.push(note.spec.key)
        given = runs(d.held(name, note, { bytes: 1, inline: Payload.unsafeShort("1") }))
      }
    }
    assert.deepStrictEqual(done, ["a", "b", "d"])
    assert.deepStrictEqual(ended, ["c KilledWorker"])
  })

  it("one that waits for futures keeps none of them out: what it waits for may be another", () => {
    const d = crowd()
    d.kill("w1", "w2")
    const [first] = d.crowd("w3") as [Sent<RunTask>]
    d.begin([first])
    const { attempt, spec: { key } } = first.note
    const given = runs(d.worker("w3", { _tag: "TaskSuspended", key, attempt, on: ["b"], client: "w3" }))
    assert.deepStrictEqual(keys(given), ["b"])
  })

  it("one that never ends lets others in after a minute", () => {
    const d = crowd()
    d.kill("w1", "w2")
    d.begin(d.crowd("w3"))
    const beat = () => d.worker("w3", { _tag: "Heartbeat", heldBytes: 0, processBytes: 0, busy: 1 })
    assert.isEmpty(beats(d, beat, 59_000))
    assert.deepStrictEqual(beats(d, beat, 2_000), ["b"])
    assert.isEmpty(beats(d, beat, 58_000))
    assert.deepStrictEqual(beats(d, beat, 2_000), ["c"])
  })

  it("the one that waits says whom it waits for", () => {
    const d = crowd()
    d.kill("w1", "w2")
    d.crowd("w3")
    const { summary } = Scheduler.explain(d.state, "b", d.now())
    assert.match(
      summary,
      /2 workers died while it ran, so it is kept apart from others like it, for a minute at most \(w3\)/
    )
  })

  it("what a user tries again is like any other", () => {
    const d = crowd()
    d.kill("w1", "w2")
    d.crowd("w3")
    d.cancel("c1", ["b", "c", "d"])
    const given = runs(d.client("c1", { _tag: "Retry", wants: ["b", "c", "d"].map((key) => ({ key, want: 2 })) }))
    assert.sameMembers([...keys(given)], ["b", "c", "d"])
  })
})
