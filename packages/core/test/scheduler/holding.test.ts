import * as Scheduler from "@creel/core/Scheduler"
import { assert, describe, it } from "@effect/vitest"
import { drive, runOf, runs, says, spec } from "./drive.js"

/** Two workers, two clients. */
const world = () => {
  const d = drive()
  d.join("w1")
  d.join("w2")
  d.connect("c1")
  d.connect("c2")
  return d
}

type Driven = ReturnType<typeof drive>

/** Runs all there is to run; each value takes so many bytes. */
const finish = (d: Driven, commands: ReadonlyArray<Scheduler.Command>, bytes = 10_000): void => {
  let orders = runs(commands)
  while (orders.length > 0) orders = orders.flatMap(({ note, to }) => runs(d.held(to, note, { bytes })))
}

const offer = (d: Driven, client: string, key: string, scatter: boolean) =>
  d.client(client, {
    _tag: "Offer",
    key,
    value: `${key}@${client}`,
    digest: `d:${key}`,
    bytes: 5_000,
    inline: undefined,
    scatter: scatter ? { workers: undefined, all: false } : undefined
  })

const heldKeys = (d: Driven): ReadonlyArray<string> => Object.values(Scheduler.hasWhat(d.state)).flat().sort()

const heldBytes = (d: Driven): number => Scheduler.heldOnWorkers(d.state).reduce((sum, worker) => sum + worker.held, 0)

describe("what is held", () => {
  it("by worker, by group and the largest, copies counted", () => {
    const d = world()
    finish(d, d.submit("c1", [spec("a"), spec("b"), spec("c", [], { group: "other" })]))
    const a = d.state.rows.get("a")!
    const value = a.state._tag === "Stored" ? a.state.value : ""
    const first = Scheduler.whoHas(d.state, ["a"])["a"]![0]!
    d.copied(first === "w1" ? "w2" : "w1", "a", value)
    const { groups, largest } = Scheduler.heldValues(d.state, 2)
    assert.deepStrictEqual(groups, [
      { group: "t", keys: 2, copies: 3, bytes: 30_000 },
      { group: "other", keys: 1, copies: 1, bytes: 10_000 }
    ])
    assert.strictEqual(largest.length, 2)
    assert.strictEqual(heldBytes(d), 40_000)
    assert.strictEqual(Scheduler.heldValues(d.state, 20).largest.find((one) => one.key === "a")?.copies, 2)
  })

  it("the largest values come first", () => {
    const d = world()
    for (const [n, key] of ["a", "b", "c", "d", "e"].entries()) {
      finish(d, d.submit("c1", [spec(key)]), [30, 10, 50, 20, 40][n]!)
    }
    assert.deepStrictEqual(Scheduler.heldValues(d.state, 3).largest.map((one) => one.key), ["c", "e", "a"])
  })
})

describe("why it is held", () => {
  it("nothing is known of it", () => {
    const why = Scheduler.whyHeld(world().state, "x")
    assert.isFalse(why.known)
    assert.include(why.summary, "x")
    assert.include(why.summary, "not known")
  })

  it("clients want it, by name; unfinished tasks need it", () => {
    const d = world()
    const out = d.submit("c1", [spec("a"), spec("b", ["a"])], ["a", "b"])
    d.submit("c2", [spec("a")])
    const { note, to } = runOf(out, "a")
    d.held(to, note)
    const why = Scheduler.whyHeld(d.state, "a")
    assert.deepStrictEqual(why.wantedBy.map((one) => one.name), ["c1", "c2"])
    assert.deepStrictEqual(why.neededBy, { count: 1, keys: ["b"] })
    assert.strictEqual(why.lineageOf.count, 0)
    assert.strictEqual(why.bytes, 10_000)
    assert.deepStrictEqual(why.holders, [to])
    assert.include(why.summary, "2 clients: c1 (c1), c2 (c2)")
    assert.include(why.summary, "1 unfinished task: b")
  })

  it("it is remembered for what was made of it, through what is wanted no more", () => {
    const d = world()
    finish(d, d.submit("c1", [spec("a"), spec("b", ["a"]), spec("c", ["b"])], ["c"]))
    assert.deepStrictEqual(heldKeys(d), ["c"])
    const why = Scheduler.whyHeld(d.state, "a")
    assert.deepStrictEqual(why.lineageOf, { count: 1, keys: ["c"] })
    assert.isUndefined(why.bytes)
    assert.deepStrictEqual(why.holders, [])
    assert.include(why.summary, "remembered to recompute 1 wanted result: c")
  })

  it("it was brought, and cannot be computed again", () => {
    const d = world()
    offer(d, "c1", "x", true)
    d.copied("w1", "x", "x@c1", { how: "scattered" })
    assert.isTrue(Scheduler.whyHeld(d.state, "x").fresh)
    finish(d, d.submit("c1", [spec("y", ["x"])]))
    const why = Scheduler.whyHeld(d.state, "x")
    assert.isTrue(why.scattered)
    assert.isFalse(why.fresh)
    assert.deepStrictEqual(why.lineageOf, { count: 1, keys: ["y"] })
    assert.include(why.summary, "brought by a client, cannot be computed again")
  })

  it("the cluster itself wants it until it is done", () => {
    const d = world()
    d.client("c1", { _tag: "Submit", specs: [spec("a")], wants: [], keep: ["a"] })
    const why = Scheduler.whyHeld(d.state, "a")
    assert.isTrue(why.kept)
    assert.include(why.summary, "fireAndForget")
  })
})

describe("what would be freed", () => {
  it("what only these futures keep, and not what others want or need", () => {
    const d = world()
    finish(d, d.submit("c1", [spec("a"), spec("b"), spec("c")]))
    d.submit("c2", [spec("b")])
    const out = d.submit("c2", [spec("d", ["c"])])
    assert.deepStrictEqual(Scheduler.wouldFree(d.state, "c1", ["a", "b", "c"]).keys.map((one) => one.key), ["a"])
    assert.strictEqual(Scheduler.wouldFree(d.state, "c2", ["a", "b", "c"]).bytes, 0)
    finish(d, out)
    assert.strictEqual(Scheduler.wouldFree(d.state, "c1", ["a", "b", "c"]).bytes, 20_000)
  })

  it("work that is given up lets go of its inputs", () => {
    const d = world()
    const out = d.submit("c1", [spec("a"), spec("b", ["a"])], ["b"])
    const { note, to } = runOf(out, "a")
    d.held(to, note)
    assert.deepStrictEqual(Scheduler.wouldFree(d.state, "c1", ["b"]), {
      bytes: 10_000,
      elsewhere: 0,
      keys: [{ key: "a", group: "t", bytes: 10_000, copies: 1 }],
      stopped: ["b"]
    })
  })

  it("data that was brought goes with the last result that was made of it", () => {
    const d = world()
    offer(d, "c1", "x", true)
    d.copied("w1", "x", "x@c1", { how: "scattered" })
    finish(d, d.submit("c1", [spec("y", ["x"])]))
    finish(d, d.submit("c2", [spec("z", ["x"])]))
    assert.strictEqual(Scheduler.wouldFree(d.state, "c1", ["y"]).bytes, 10_000)
    d.release("c2", ["z"])
    assert.strictEqual(Scheduler.wouldFree(d.state, "c1", ["y"]).bytes, 15_000)
  })
})

const random = (seed: number) => {
  let state = (seed * 2654435761 + 12345) >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return {
    chance: (p: number) => next() < p,
    below: (n: number) => Math.floor(next() * n),
    some: <A>(list: ReadonlyArray<A>, p: number) => list.filter(() => next() < p)
  }
}

/** A world in the middle of its work: some is done, some runs, some failed, some was released. */
const middle = (seed: number) => {
  const { below, chance, some } = random(seed)
  const d = world()
  const clients = ["c1", "c2"]
  const keys: Array<string> = []
  let orders: Array<ReturnType<typeof runs>[number]> = []
  const hear = (commands: ReadonlyArray<Scheduler.Command>): void => {
    orders.push(...runs(commands))
    const ended = new Set(
      says(commands).filter((line) => line.includes("CancelTask")).map((line) => line.split(" ")[2])
    )
    orders = orders.filter((one) => !ended.has(one.note.spec.key))
  }
  const count = 5 + below(25)
  const pace = [0.75, 0.5, 0.25][below(3)]!
  for (let n = 0; n < count; n++) {
    const client = clients[below(2)]!
    const key = `k${n}`
    if (chance(0.25)) {
      const scatter = chance(0.5)
      hear(offer(d, client, key, scatter))
      if (scatter && chance(0.9)) hear(d.copied(`w${1 + below(2)}`, key, `${key}@${client}`, { how: "scattered" }))
      else if (chance(0.4)) hear(d.copied(`w${1 + below(2)}`, key, `${key}@${client}`, { bytes: 5_000 }))
      if (chance(0.3)) hear(d.client(client, { _tag: "Submit", specs: [], wants: [{ key, want: 1 }], keep: [] }))
    } else {
      const inputs = some(keys.slice(-8), 0.4).filter((input) => d.state.rows.get(input) !== undefined)
      hear(d.client(client, {
        _tag: "Submit",
        specs: [spec(key, inputs)],
        wants: chance(0.6) ? [{ key, want: 1 }] : [],
        keep: chance(0.1) ? [key] : []
      }))
    }
    keys.push(key)
    while (orders.length > 0 && chance(pace)) {
      const [{ note, to }] = orders.splice(below(orders.length), 1) as [(typeof orders)[number]]
      const row = d.state.runs.get(note.attempt)
      if (row === undefined) continue
      const ready = note.inputs.every((input) => d.state.rows.get(input.key)?.state._tag === "Stored")
      if (!ready) {
        orders.push({ note, to })
        break
      }
      if (chance(0.08)) hear(d.fail(to, note, { verdict: "final" }))
      else hear(d.held(to, note, { bytes: 100 + below(1000) }))
    }
    if (chance(0.15)) hear(d.release(clients[below(2)]!, some(keys, 0.2)))
  }
  return { d, keys, client: clients[below(2)]!, chosen: some(keys, [0.1, 0.5, 1][below(3)]!) }
}

const unfinished = (d: Driven): ReadonlyArray<string> =>
  [...d.state.rows.values()].filter((row) => ["Waiting", "Queued", "Assigned"].includes(row.state._tag) && row.spec)
    .map((row) => row.key).sort()

describe("what would be freed, and what is", () => {
  it("are the same, in whatever state the work is; asking changes nothing", () => {
    let freed = 0
    let stopped = 0
    let kept = 0
    for (let seed = 1; seed <= 200; seed++) {
      const { chosen, client, d, keys } = middle(seed)
      const view = () => ({
        has: Scheduler.hasWhat(d.state),
        counts: Scheduler.counts(d.state),
        states: keys.map((key) => Scheduler.explain(d.state, key, d.now()).state)
      })
      const before = view()
      const bytes = heldBytes(d)
      const open = unfinished(d)
      const held = heldKeys(d)
      const would = Scheduler.wouldFree(d.state, client, chosen)
      for (const key of keys) Scheduler.whyHeld(d.state, key)
      assert.deepStrictEqual(view(), before)
      d.release(client, chosen.filter((key) => d.state.rows.get(key)?.wants.some((want) => want.client.id === client)))
      assert.strictEqual(bytes - heldBytes(d), would.bytes, `seed ${seed}`)
      const left = [...heldKeys(d)]
      const gone = held.filter((key) => {
        const at = left.indexOf(key)
        if (at >= 0) left.splice(at, 1)
        return at < 0
      })
      assert.deepStrictEqual(would.keys.flatMap((one) => Array(one.copies).fill(one.key)).sort(), gone, `seed ${seed}`)
      const now = new Set(unfinished(d))
      assert.deepStrictEqual([...would.stopped].sort(), open.filter((key) => !now.has(key)), `seed ${seed}`)
      if (would.bytes > 0) freed++
      if (would.stopped.length > 0) stopped++
      if (heldKeys(d).length > 0) kept++
    }
    assert.isAbove(freed, 20)
    assert.isAbove(stopped, 15)
    assert.isAbove(kept, 20)
  })
})
