import { Id, type Note, type Worker } from "@creel/core"
import { assert } from "@effect/vitest"
import { Bench, input, interrupted, note, runTask, small, tiny, told, value as large } from "./fixture.js"

const ends = new Set(["TaskFailed", "TaskReturned", "TaskEnded", "TaskDied"])

interface Hand {
  readonly slots: number
  readonly running: Map<number, number>
  readonly queue: Array<number>
  /** Values it has for what was handed over before they were made. */
  readonly kept: Set<string>
  /** No longer to be given anything, and told to end. */
  tired: boolean
  ending: boolean
}

/** Hands, store and scheduler around one worker: they answer each command once, and keep the books it is compared with. */
export class World {
  readonly bench: Bench
  readonly hands = new Map<string, Hand>()
  readonly fetches = new Map<string, { readonly from: string; stopped: boolean }>()
  readonly store = new Set<string>()
  /** Small values that came with jobs: they are in no store. */
  readonly rode = new Set<string>()
  readonly suspended = new Map<number, "waits" | "asks">()
  readonly given = new Map<number, { readonly key: string; readonly slots: number; ended: number }>()
  readonly interrupted = new Set<number>()
  readonly announced = new Set<string>()
  /** What attempts were to find on their executors. */
  readonly ahead = new Map<number, ReadonlyArray<string>>()
  readonly unready: Array<number> = []
  /** Values whose bytes are on disk, and moves under way. */
  readonly disk = new Set<string>()
  readonly moves = new Map<string, { readonly turn: number; readonly out: boolean }>()
  spilled = 0
  retired = 0
  followed = 0
  attempts = 0
  executors = 0

  constructor(readonly postAheadMillis: number, memory?: Worker.Config["memory"]) {
    this.bench = new Bench({
      executors: 0,
      config: { postAheadMillis, suspendedMax: 2, fetchesMax: 3, fetchesPerHolder: 2, memory }
    })
    this.up()
    this.up()
  }

  up(): void {
    const id = `e${this.executors++}`
    this.hands.set(id, { slots: 1, running: new Map(), queue: [], kept: new Set(), tired: false, ending: false })
    this.step({ _tag: "ExecutorUp", executor: id, slots: 1, tasks: ["t"] })
  }

  step(...events: ReadonlyArray<Worker.Event>): void {
    for (const command of this.bench.step(...events)) this.carryOut(command)
  }

  after(millis: number): void {
    for (const command of this.bench.after(millis)) this.carryOut(command)
  }

  carryOut(command: Worker.Command): void {
    switch (command._tag) {
      case "Tell":
        return command.notes.forEach((note) => this.hear(note))
      case "Run": {
        const hand = this.hands.get(command.executor)!
        assert.isFalse(hand.ending, "runs on an executor that ends")
        assert.isFalse(hand.tired, "runs on an executor that is tired")
        const { ahead, attempt } = command
        for (const { value } of command.inputs) {
          assert.isTrue(this.has(value) || ahead.includes(value), `${value} is not here`)
          assert.isFalse(this.disk.has(value), `${value} is on disk`)
        }
        this.ahead.set(attempt, ahead)
        this.interrupted.delete(attempt)
        hand.queue.push(attempt)
        this.begin(hand)
        if (this.postAheadMillis === 0) assert.isTrue(hand.running.has(command.attempt), "no room for it")
        return
      }
      case "Interrupt":
        assert.isFalse(this.interrupted.has(command.attempt), "interrupts twice")
        this.interrupted.add(command.attempt)
        return
      case "EndExecutor":
        assert.isFalse(this.hands.get(command.executor)!.ending, "ends twice")
        this.hands.get(command.executor)!.ending = true
        if (command.idle === true) this.idle(command.executor)
        return
      case "Continue": {
        assert.strictEqual(this.suspended.get(command.attempt), "asks")
        this.suspended.delete(command.attempt)
        const hand = this.handOf(command.attempt)!
        hand.running.set(command.attempt, this.given.get(command.attempt)!.slots)
        this.fits(hand)
        return
      }
      case "Fetch":
        assert.isFalse(this.fetches.has(command.value), "fetches twice")
        assert.isFalse(this.has(command.value), "fetches what is here")
        this.fetches.set(command.value, { from: command.from, stopped: false })
        assert.isAtMost(this.fetches.size, 3)
        return
      case "StopFetch": {
        const fetch = this.fetches.get(command.value)!
        assert.isFalse(fetch.stopped, "stops twice")
        fetch.stopped = true
        return
      }
      case "Drop":
        assert.isTrue(
          this.store.delete(command.value) || this.rode.delete(command.value),
          `drops ${command.value}, which is not here`
        )
        this.announced.delete(command.value)
        this.disk.delete(command.value)
        this.moves.delete(command.value)
        return
      case "Spill":
      case "Load":
        assert.strictEqual(this.disk.has(command.value), command._tag === "Load")
        assert.isFalse(this.moves.has(command.value), "moves twice")
        this.moves.set(command.value, { turn: command.turn, out: command._tag === "Spill" })
        return
    }
  }

  /** In the store, or in the machine's row of it. */
  has(value: string): boolean {
    return this.store.has(value) || this.bench.state.replicas.get(value)?.inline !== undefined
  }

  /** Nothing is on it, as it was told. */
  idle(id: string): void {
    const hand = this.hands.get(id)!
    assert.isTrue(hand.tired)
    assert.deepStrictEqual([hand.running.size, hand.queue.length], [0, 0])
    assert.isFalse([...this.suspended.keys()].some((attempt) => this.handOf(attempt) === hand))
    this.retired += 1
  }

  hear(told: Note.FromWorker): void {
    if (told._tag === "ValueHeld") {
      assert.isTrue(this.store.has(told.value))
      this.announced.add(told.value)
    }
    if (told._tag === "ValueGone") assert.isTrue(this.announced.delete(told.value))
    if (ends.has(told._tag) || (told._tag === "ValueHeld" && told.how === "computed")) {
      const given = this.given.get((told as Note.TaskEnded).attempt)!
      given.ended += 1
      assert.strictEqual(given.ended, 1, `${told._tag} ends ${(told as Note.TaskEnded).attempt} once more`)
    }
  }

  handOf(attempt: number): Hand | undefined {
    const job = this.bench.state.jobs.get(attempt)
    return job?.state._tag === "Running" ? this.hands.get(job.state.executor.id) : undefined
  }

  used(hand: Hand, whole: boolean): number {
    let used = 0
    for (const share of hand.running.values()) if (share >= 1 === whole) used += share
    return used
  }

  fits(hand: Hand): void {
    assert.isAtMost(this.used(hand, true), hand.slots)
    assert.isAtMost(this.used(hand, false), hand.slots + 1e-6)
  }

  begin(hand: Hand): void {
    for (const whole of [true, false]) {
      for (const next of hand.queue.filter((attempt) => this.given.get(attempt)!.slots >= 1 === whole)) {
        const { slots } = this.given.get(next)!
        if (this.used(hand, whole) + slots > hand.slots + 1e-9) break
        const absent = this.ahead.get(next)!.filter((value) => !hand.kept.has(value))
        // It waits and keeps nothing up: a maker that came back may stand behind it by now.
        if (absent.some((value) => this.isMade(hand, value))) continue
        hand.queue.splice(hand.queue.indexOf(next), 1)
        if (absent.length > 0) {
          this.unready.push(next)
          continue
        }
        if (this.ahead.get(next)!.length > 0) this.followed += 1
        hand.running.set(next, slots)
      }
    }
  }

  isMade(hand: Hand, value: string): boolean {
    const here = [...hand.queue, ...hand.running.keys(), ...this.suspended.keys()]
    return here.some((attempt) =>
      Id.valueId(this.given.get(attempt)!.key, attempt) === value && this.handOf(attempt) === hand
    )
  }

  /** Executors say which jobs they sent back. */
  sendBack(): void {
    for (let next = this.unready.shift(); next !== undefined; next = this.unready.shift()) {
      this.step({ _tag: "Unready", attempt: next })
    }
  }

  get live(): ReadonlyArray<number> {
    return [...this.hands.values()].flatMap((hand) => [...hand.running.keys()])
  }

  /** An attempt ends, whether it runs, is suspended or was posted. */
  end(attempt: number, how: number): void {
    const its = this.handOf(attempt)
    const value = Id.valueId(this.given.get(attempt)!.key, attempt)
    this.suspended.delete(attempt)
    const ends = !(this.interrupted.has(attempt) && how % 2 === 0) && how % 5 !== 4
    if (ends && how % 7 !== 0) its?.kept.add(value)
    for (const hand of this.hands.values()) {
      hand.running.delete(attempt)
      const at = hand.queue.indexOf(attempt)
      if (at >= 0) hand.queue.splice(at, 1)
      this.begin(hand)
    }
    if (this.interrupted.has(attempt) && how % 2 === 0) return this.step(interrupted(attempt))
    if (how % 5 === 4) {
      return this.step({
        _tag: "RunEnded",
        attempt,
        outcome: {
          _tag: "Failure",
          failure: { reason: "Failed", key: "k", worker: "w1", by: undefined, detail: "", cause: undefined },
          tag: undefined,
          verdict: "undecided"
        }
      })
    }
    this.store.add(value)
    this.step(how % 3 === 0 ? large(attempt) : small(attempt))
  }

  down(id: string, how: number): void {
    const hand = this.hands.get(id)!
    this.hands.delete(id)
    const mine = (attempt: number) => {
      const job = this.bench.state.jobs.get(attempt)
      return job?.state._tag === "Running" && job.state.executor.id === id
    }
    for (const attempt of [...this.suspended.keys()]) if (mine(attempt)) this.suspended.delete(attempt)
    const left = this.unready.filter((attempt) => !mine(attempt))
    this.unready.splice(0, Infinity, ...left)
    this.step({
      _tag: "ExecutorDown",
      executor: id,
      started: how % 2 === 0 ? undefined : [...hand.running.keys()],
      detail: "exit 1",
      expected: how % 3 === 0
    })
  }

  give(a: number, b: number, c: number): void {
    const attempt = ++this.attempts
    const key = `k${attempt % 7}`
    const slots = [1, 1, 0.5, 1 / 3][a % 4]!
    this.given.set(attempt, { key, slots, ended: 0 })
    const inputs = new Map<string, Note.Input>()
    for (const [i, pick] of [b, c].entries()) {
      const other = pick % attempt
      const [otherKey, form] = [`k${other % 7}`, pick % 4]
      if (other === 0 || inputs.has(otherKey)) continue
      if (form === 0) inputs.set(otherKey, input(otherKey, other, { ahead: true, holders: [] }))
      else if (form === 1) {
        inputs.set(otherKey, input(otherKey, other, { holders: [], inline: tiny(10) }))
        this.rode.add(Id.valueId(otherKey, other))
      } else inputs.set(otherKey, input(otherKey, other, { holders: ["w2", "w3"].slice(i) }))
    }
    this.step(runTask(key, attempt, {
      order: [0, a % 3, attempt],
      inputs: [...inputs.values()],
      spec: { slots, timeout: c % 5 === 0 ? 300 : undefined, task: a % 19 === 18 ? "unknown" : "t" }
    }))
  }

  fetchEnds(value: string, ok: boolean): void {
    const { from } = this.fetches.get(value)!
    this.fetches.delete(value)
    if (ok) this.store.add(value)
    this.step({ _tag: "FetchEnded", value, from, ok, ...(ok ? { bytes: 10 } : { why: "unreachable" }) })
  }

  moveEnds(value: string, ok: boolean): void {
    const { out, turn } = this.moves.get(value)!
    this.moves.delete(value)
    if (out && ok) {
      this.spilled += 1
      this.disk.add(value)
    }
    if (!out) this.disk.delete(value)
    if (!out && !ok) this.store.delete(value)
    this.step({ _tag: out ? "SpillEnded" : "LoadEnded", value, turn, ok })
  }

  /** The same world seen by a new session. */
  reset(): void {
    const commands = this.bench.step({ _tag: "LinkReset", unacked: [] })
    for (const command of commands) if (command._tag !== "Tell") this.carryOut(command)
    for (const note of told(commands)) {
      if (note._tag !== "WorkerTold") continue
      assert.deepStrictEqual(new Set(note.values.map((held) => held.value)), this.announced)
      const open = [...this.given].filter(([, given]) => given.ended === 0).map(([attempt]) => attempt)
      assert.deepStrictEqual(note.jobs.map((job) => job.attempt).sort((a, b) => a - b), open)
    }
  }

  act(what: number, a: number, b: number, c: number): void {
    const one = <A>(all: Iterable<A>, n: number): A | undefined => {
      const list = [...all]
      return list.length === 0 ? undefined : list[n % list.length]
    }
    const attempt = one([...this.given].filter(([, given]) => given.ended === 0), a)?.[0]
    const key = attempt === undefined ? "" : this.given.get(attempt)!.key
    const runs = one(this.live, a)
    switch (what) {
      case 0:
        if (attempt !== undefined) this.step(note({ _tag: "RecallTask", key, attempt }))
        return
      case 1:
        if (attempt === undefined) return
        return this.step(note({ _tag: "CancelTask", key, attempt, force: b % 2 === 0, by: "c1", reason: "" }))
      case 2: {
        const held = one(this.announced, a)
        if (held !== undefined) this.step(note({ _tag: "DropValue", value: held }))
        return
      }
      case 3: {
        const value = one(this.announced, a)
        if (value === undefined || b % 3 > 0) return
        this.store.delete(value)
        this.disk.delete(value)
        this.moves.delete(value)
        return this.step({ _tag: "ValueGone", value })
      }
      case 4:
        if (runs === undefined || this.suspended.has(runs)) return
        for (const hand of this.hands.values()) hand.running.delete(runs)
        this.suspended.set(runs, "waits")
        for (const hand of this.hands.values()) this.begin(hand)
        return this.step({ _tag: "Suspended", attempt: runs, on: [`k${b % 7}`, `k${c % 7}`].slice(b % 2) })
      case 5: {
        const waits = one([...this.suspended].filter(([, how]) => how === "waits"), a)?.[0]
        if (waits === undefined) return
        this.suspended.set(waits, "asks")
        return this.step({ _tag: "Resumed", attempt: waits })
      }
      case 6: {
        const id = one(this.hands.keys(), a)
        if (id === undefined || b % 3 > 1) return
        if (b % 3 === 0) this.down(id, c)
        else {
          this.hands.get(id)!.tired = true
          this.step({ _tag: "ExecutorTired", executor: id })
        }
        return this.up()
      }
      case 7:
        return this.reset()
      case 8:
        return this.after([1, 10, 100, 1_000, 6_000][a % 5]!)
      case 9:
      case 10: {
        const value = one(this.fetches.keys(), a)
        if (value !== undefined) this.fetchEnds(value, b % 3 > 0)
        return
      }
      case 11:
      case 12:
      case 13:
        if (runs !== undefined) this.end(runs, b)
        return
      case 14: {
        if (b % 2 > 0) return
        const value = Id.offeredId(`s${a % 3}`, "c1")
        return this.step(note({
          _tag: "FetchValue",
          key: `s${a % 3}`,
          value,
          digest: "d",
          bytes: 10,
          holders: ["c1"],
          inline: undefined,
          how: "scattered"
        }))
      }
      case 15:
      case 16: {
        const value = one(this.moves.keys(), a)
        if (value !== undefined) return this.moveEnds(value, b % 5 > 0)
        return this.give(a, b, c)
      }
      default:
        return this.give(a, b, c)
    }
  }

  /** The faults stop: hands end what they have until nothing is left. */
  settle(): void {
    for (let round = 0; round < 2_000; round++) {
      for (const [id, hand] of this.hands) {
        if (hand.ending) {
          this.down(id, 0)
          this.up()
        }
      }
      for (const [attempt, how] of this.suspended) {
        if (how !== "waits") continue
        this.suspended.set(attempt, "asks")
        this.step({ _tag: "Resumed", attempt })
      }
      this.sendBack()
      const queued = [...this.hands.values()].flatMap((hand) => hand.queue).find((one) => this.interrupted.has(one))
      if (queued !== undefined) this.end(queued, 4)
      const fetch = [...this.fetches.keys()][0]
      if (fetch !== undefined) this.fetchEnds(fetch, true)
      const move = [...this.moves.keys()][0]
      if (move !== undefined) this.moveEnds(move, true)
      const runs = this.live[0]
      if (runs !== undefined) this.end(runs, 1)
      else this.after(100)
      if (this.bench.state.jobs.size === 0 && this.fetches.size === 0 && this.moves.size === 0 && this.hands.size > 0) {
        break
      }
    }
    for (const [attempt, given] of this.given) assert.strictEqual(given.ended, 1, `attempt ${attempt} never ended`)
    const held = [...this.bench.state.replicas.keys()]
    assert.deepStrictEqual(new Set(held), this.store)
    assert.deepStrictEqual(new Set(held), this.announced)
    this.step(...held.map((value) => note({ _tag: "DropValue", value })))
    assert.strictEqual(this.bench.state.heldBytes, 0)
    assert.strictEqual(this.store.size, 0)
    assert.strictEqual(this.disk.size, 0)
    const { memory } = this.bench.state
    if (memory !== undefined) assert.deepStrictEqual([memory.here, memory.coming, memory.onDisk], [0, 0, 0])
  }
}
