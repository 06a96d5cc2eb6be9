import { Client, Failure, Id, type Note, type Payload } from "@creel/core"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { spec, tiny } from "../worker/fixture.js"
import { Bench, need, release } from "./fixture.js"

/** `CREEL_RUNS=5000` walks further than the few that every test run can afford. */
const runs = Number(process.env["CREEL_RUNS"] ?? 150)

const keys = 8
const name = (n: number): string => `k${n % keys}`

/** What a scheduler would know of this client, if it heard everything up to now. */
class Scheduler {
  readonly wants = new Map<string, number>()
  readonly specs = new Map<string, ReadonlyArray<string>>()
  readonly offers = new Set<string>()
  readonly keep = new Set<string>()
  left = false

  hear(note: Note.FromClient): void {
    switch (note._tag) {
      case "ClientTold":
        for (const known of [this.wants, this.specs, this.offers, this.keep]) known.clear()
        for (const spec of note.specs) {
          for (const input of spec.inputs) {
            assert.isTrue(this.specs.has(input) || this.offers.has(input) || note.offers.some((o) => o.key === input))
          }
          this.specs.set(spec.key, spec.inputs)
        }
        for (const want of note.wants) this.wants.set(want.key, want.want)
        for (const offer of note.offers) this.offers.add(offer.key)
        return
      case "Submit":
        for (const spec of note.specs) {
          for (const input of spec.inputs) {
            assert.isTrue(this.specs.has(input) || this.offers.has(input), `${input} is unknown`)
          }
          this.specs.set(spec.key, spec.inputs)
        }
        return this.want(note.wants)
      case "Retry":
        return this.want(note.wants)
      case "Release":
        for (const { key, want } of note.wants) {
          if (want === 0) {
            assert.isTrue(this.offers.has(key), "what was never wanted was offered")
            continue
          }
          assert.strictEqual(this.wants.get(key), want, "releases what it wanted")
          this.wants.delete(key)
        }
        return
      case "Offer":
        this.offers.add(note.key)
        return
      case "ClientLeft":
        this.left = true
        return
      case "Cancel":
      case "FetchFailed":
        return
    }
  }

  want(wants: ReadonlyArray<Note.Want>): void {
    for (const { key, want } of wants) {
      assert.isAbove(want, this.wants.get(key) ?? 0)
      this.wants.set(key, want)
    }
  }
}

/** One client between a scheduler that answers anything and a data plane that fails at will. */
class World {
  readonly bench = new Bench({ cacheBytes: 5_000, fetchesMax: 3, refetch: 100, refetchMax: 400 })
  readonly scheduler = new Scheduler()
  readonly refs = new Map<string, number>()
  readonly fetches = new Map<string, { readonly key: string; readonly from: string; stopped: boolean }>()
  readonly outcomes = new Map<string, string>()
  /** Joins that were not answered. */
  readonly joins = new Map<string, number>()
  readonly offered = new Set<string>()
  readonly ending = new Set<number>()
  attempts = 0

  step(...events: ReadonlyArray<Client.Event>): void {
    for (const command of this.bench.step(...events)) this.carryOut(command)
    for (const row of this.bench.state.rows.values()) assert.strictEqual(row.refs, this.refs.get(row.key) ?? 0, row.key)
  }

  carryOut(command: Client.Command): void {
    switch (command._tag) {
      case "Tell":
        return this.scheduler.hear(command.note)
      case "Settled": {
        const { outcome, row, want } = command
        const told = outcome._tag === "Value" ? outcome.value : outcome.failure.reason
        this.joins.delete(row.key)
        if (told === "ValueReplaced") return
        const before = this.outcomes.get(`${row.key}/${want}`)
        if (before !== undefined) assert.strictEqual(told, before, `${row.key} changed what it answers`)
        this.outcomes.set(`${row.key}/${want}`, told)
        return
      }
      case "Fetch":
        assert.isFalse(this.fetches.has(command.value), "fetches twice")
        this.fetches.set(command.value, { key: command.key, from: command.from, stopped: false })
        return
      case "StopFetch":
        assert.isFalse(this.fetches.get(command.value)!.stopped, "stops twice")
        this.fetches.get(command.value)!.stopped = true
        return
      case "DropOffer":
        assert.isTrue(this.offered.delete(command.value), "drops what it does not have")
        return
      case "Ended":
        this.ending.delete(command.want)
        return
      case "Changed":
      case "Refused":
        return
    }
  }

  row(key: string): Client.Row | undefined {
    return this.bench.state.rows.get(key)
  }

  stored(key: string, attempt: number, how: number): void {
    const row = this.row(key)
    const digest = row?.spec?.digest ?? `d-${key}`
    this.step({
      _tag: "Notes",
      notes: [{
        _tag: "TaskStored",
        key,
        // Sometimes an answer to an older want.
        want: Math.max(1, (row?.want ?? 1) - (how % 4 === 3 ? 1 : 0)),
        value: Id.valueId(key, attempt),
        digest,
        bytes: 2_000,
        type: "number",
        holders: how % 5 === 4 ? [] : ["w1", "w2"].slice(how % 2),
        inline: how % 3 === 0 ? tiny(10) : undefined
      }]
    })
  }

  failed(key: string, reason: Failure.Reason, want = this.row(key)?.want ?? 1): void {
    this.step({ _tag: "Notes", notes: [{ _tag: "TaskNotStored", key, want, failure: Failure.make(reason, key, "") }] })
  }

  fetchEnds(value: string, how: number): void {
    const { from } = this.fetches.get(value)!
    this.fetches.delete(value)
    const payload: Payload.Payload = tiny(2_000)
    this.step({
      _tag: "FetchEnded",
      value,
      from,
      ...(how % 3 > 0 ? { payload } : { why: how % 2 === 0 ? "gone" : "unreachable" })
    })
  }

  give(a: number, b: number, keep: boolean): void {
    const key = name(a)
    // Inputs have smaller numbers, so that there is no circle; they are rows of this client.
    const inputs = [...new Set([name(b), name(b + 3)])].filter((one) => one < key && this.row(one) !== undefined)
    const known = this.row(key)?.spec
    const fresh = known ?? spec(key, { inputs, digest: `d-${key}-${inputs.join()}` })
    const free = known !== undefined || !Client.conflict(this.bench.state, fresh)
    if (free && !keep) this.refs.set(key, (this.refs.get(key) ?? 0) + 1)
    this.step({ _tag: "Submit", specs: [fresh], wants: keep ? [] : [key], keep: keep ? [key] : [] })
  }

  act(what: number, a: number, b: number): void {
    const held = [...this.refs].filter(([, count]) => count > 0).map(([key]) => key)
    const key = held.length === 0 ? undefined : held[a % held.length]!
    switch (what) {
      case 0:
      case 1: {
        const value = [...this.fetches.keys()][0]
        if (value !== undefined) this.fetchEnds(value, b)
        return
      }
      case 2:
        return this.step({ _tag: "LinkReset" })
      case 3:
        return this.step({ _tag: "Acked", bytes: Client.outboxBytes(this.bench.state) })
      case 4:
        this.bench.now += [10, 100, 1_000][a % 3]!
        return this.step({ _tag: "Tick" })
      case 5:
        return this.step({
          _tag: "Notes",
          notes: [{ _tag: "TaskPending", key: name(a), want: this.row(name(a))?.want ?? 1 }]
        })
      case 6:
      case 7:
        return this.stored(name(a), b % 4 === 0 ? ++this.attempts : Math.max(1, this.attempts), b)
      case 8:
        return this.failed(name(a), (["Failed", "Cancelled", "Lost"] as const)[b % 3]!)
      case 9:
        return this.give(a, b, b % 4 === 0)
      case 10: {
        // An argument and the work that needs it, in one step.
        const [x, y] = [`x${a % 3}`, `y${a % 3}`]
        const value = Id.offeredId(x, "c1")
        this.offered.add(value)
        this.refs.set(y, (this.refs.get(y) ?? 0) + 1)
        return this.step(
          {
            _tag: "Offer",
            key: x,
            value,
            digest: "d",
            bytes: 5_000,
            inline: undefined,
            scatter: undefined,
            wanted: false
          },
          { _tag: "Submit", specs: [spec(y, { inputs: [x] })], wants: [y], keep: [] }
        )
      }
    }
    if (key === undefined) return this.give(a, b, false)
    switch (what) {
      case 11:
      case 12: {
        const answer = b % 2 === 0
        this.refs.set(key, this.refs.get(key)! - 1)
        this.joins.delete(key)
        if (answer && this.refs.get(key) === 0) this.ending.add(this.row(key)!.want)
        return this.step(release(key, 1, answer))
      }
      case 13:
        return this.step({ _tag: "Cancel", keys: [key, name(b)], force: b % 2 === 0, by: "me", reason: "" })
      case 14:
        return this.step({ _tag: "RetryKeys", keys: [key, name(b)] })
      case 15:
        this.refs.set(key, this.refs.get(key)! + 1)
        return this.step({ _tag: "Retain", key })
      default:
        this.joins.set(key, 1)
        return this.step(need(key))
    }
  }

  /** The faults stop: whoever waits is served. Then everything is released, and nothing may be left. */
  settle(): void {
    const wanted = [...this.bench.state.rows.values()].filter((row) => row.refs > 0 || row.keep)
    assert.deepStrictEqual(
      Object.fromEntries(wanted.map((row) => [row.key, row.want])),
      Object.fromEntries(this.scheduler.wants)
    )
    for (const row of wanted) this.stored(row.key, ++this.attempts, 1)
    for (let round = 0; round < 100 && (this.fetches.size > 0 || this.joins.size > 0); round++) {
      for (const value of [...this.fetches.keys()]) if (this.fetches.has(value)) this.fetchEnds(value, 1)
      this.bench.now += 1_000
      this.step({ _tag: "Tick" })
    }
    assert.deepStrictEqual([...this.joins.keys()], [], "joiners wait for ever")
    for (const [key, count] of this.refs) {
      this.refs.set(key, 0)
      if (count > 0) this.step(release(key, count))
    }
    for (const want of [...this.ending]) this.step({ _tag: "Notes", notes: [{ _tag: "Ended", key: "k", want }] })
    assert.isTrue(Client.isEmpty(this.bench.state), [...this.bench.state.rows.keys()].join())
    assert.strictEqual(this.scheduler.wants.size, 0)
    assert.strictEqual(this.offered.size, 0)
    assert.strictEqual(Client.nextDeadline(this.bench.state), undefined)
  }
}

describe("a client on a random walk", () => {
  it("answers every joiner, never changes an answer, and is understood by the scheduler", () => {
    const action = fc.tuple(fc.nat(18), fc.nat(1_000), fc.nat(1_000))
    fc.assert(
      fc.property(fc.array(action, { maxLength: 150, size: "max" }), (actions) => {
        const world = new World()
        for (const [what, a, b] of actions) world.act(what, a, b)
        world.settle()
      }),
      { numRuns: runs }
    )
  }, 600_000)
})
