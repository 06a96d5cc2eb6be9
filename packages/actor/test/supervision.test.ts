import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Supervision from "../src/internal/supervision.js"

/** A small seeded generator: the same seed, the same run. */
const random = (seed: number) => {
  let state = seed * 2654435761 + 1
  return (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const boom = Cause.die("boom")

/** Plays the world for a supervisor's machine, at random, and checks its promises at every command. */
const play = (seed: number): void => {
  const pick = random(seed)
  const strategy = (["one-for-one", "one-for-all", "rest-for-one"] as const)[pick(3)]!
  const machine = Supervision.machine({
    strategy,
    limit: pick(6),
    period: 100,
    backoff: pick(2) === 0,
    autoShutdown: (["never", "any-significant", "all-significant"] as const)[pick(3)]!
  })
  let now = 0
  const state = machine.initial(now)
  /** What the hands have to answer, in whatever order. */
  const owed: Array<{ readonly command: Supervision.Command; readonly event: Supervision.Event }> = []
  const open = new Map<string, number>()
  const order: Array<string> = []
  let ends = 0

  const carryOut = (command: Supervision.Command): void => {
    const context = `seed ${seed}, ${strategy}, ${command._tag}`
    const owes = (event: Supervision.Event) => void owed.push({ command, event })
    const stops = owed.filter(({ command }) => command._tag === "Stop").length
    const starts = owed.filter(({ command }) => command._tag === "Start").length
    switch (command._tag) {
      case "Start": {
        const { id, life } = command
        assert.isFalse(open.has(id), `started before its Scope closed: ${context}`)
        if (strategy !== "one-for-one") assert.strictEqual(stops + starts, 0, `not alone: ${context}`)
        open.set(id, life)
        const ok = pick(4) > 0
        return owes(ok ? { _tag: "ChildStarted", id, life } : { _tag: "ChildStartFailed", id, life, cause: boom })
      }
      case "Stop": {
        const { id, life } = command
        assert.strictEqual(open.get(id), life, context)
        if (strategy !== "one-for-one") {
          assert.strictEqual(stops, 0, `two stops at once: ${context}`)
          for (const later of order.slice(order.indexOf(id) + 1)) {
            const row = state.rows.find((row) => row.id === later)
            assert.isFalse(row?.status === "up" && (row.cycle || row.goal !== "up"), `not in reverse: ${context}`)
          }
        }
        return owes({ _tag: "ChildStopped", id, life })
      }
      case "CancelStart": {
        const at = owed.findIndex((debt) => debt.command._tag === "Start" && debt.command.id === command.id)
        const { id, life } = command
        if (at >= 0 && pick(2) === 0) {
          owed.splice(at, 1)
          owes({ _tag: "ChildStartFailed", id, life, cause: Cause.empty })
        }
        return
      }
      case "Backoff":
        return owes({ _tag: "BackoffOver", id: command.id, life: command.life, spent: pick(20) === 0 })
      case "Rest":
        assert.isFalse(open.has(command.id), `at rest, and its Scope open: ${context}`)
        return
      case "End":
        ends += 1
        assert.strictEqual(open.size, 0, `ended, and something is open: ${context}`)
        return
    }
  }

  const give = (...events: ReadonlyArray<Supervision.Event>): void => {
    for (const event of events) if (event._tag === "ChildStopped") open.delete(event.id)
    for (const command of machine.step(state, events, now)) carryOut(command)
  }

  const answer = (): void => {
    const [debt] = owed.splice(pick(owed.length), 1)
    give(debt!.event)
  }

  const act = (): void => {
    now += pick(60)
    const row = state.rows[pick(state.rows.length)]
    const choice = pick(10)
    if (owed.length > 0 && choice < 5) return answer()
    if (row === undefined || choice === 9) {
      const id = `c${order.length}`
      order.push(id)
      const restart = (["permanent", "transient", "temporary"] as const)[pick(3)]!
      return give({ _tag: "ChildAdded", id, restart, significant: pick(3) === 0 })
    }
    const { id, life } = row
    // Sometimes of an earlier life: such news is stale.
    if (choice < 8) {
      return give({ _tag: "ChildEnded", id, life: life - pick(2), cause: pick(2) === 0 ? boom : undefined })
    }
    const request = pick(3)
    if (request === 0) return give({ _tag: "StopChild", id, remove: pick(2) === 0 })
    give({ _tag: request === 1 ? "StartChild" : "RestartChild", id })
  }

  for (let i = 0; i < 120; i++) act()
  give({ _tag: "Shutdown" })
  for (let i = 0; owed.length > 0; i++) {
    assert.isBelow(i, 1000, `it never comes to rest: seed ${seed}`)
    answer()
  }
  assert.strictEqual(ends, 1, `seed ${seed}`)
  assert.isTrue(state.rows.every((row) => row.status === "down"), `seed ${seed}`)
}

/** Steps with these events and says what is to be done. */
const step = (rules: Partial<Supervision.Rules>) => {
  const machine = Supervision.machine({
    strategy: "one-for-one",
    limit: 3,
    period: 5000,
    backoff: false,
    autoShutdown: "never",
    ...rules
  })
  const state = machine.initial(0)
  const give = (...events: ReadonlyArray<Supervision.Event>) =>
    machine.step(state, events, 0).map((command) => `${command._tag} ${"id" in command ? command.id : ""}`.trim())
  const add = (id: string, options?: Partial<Extract<Supervision.Event, { _tag: "ChildAdded" }>>) => {
    give({ _tag: "ChildAdded", id, restart: "permanent", significant: false, ...options })
    give({ _tag: "ChildStarted", id, life: 1 })
  }
  return { state, give, add }
}

describe("the decisions of a supervisor", () => {
  it("keep their promises in three hundred random worlds", () => {
    for (let seed = 0; seed < 300; seed++) play(seed)
  })

  it("a start that was cancelled is no failure, and the child stays known", () => {
    const { give, state } = step({ limit: 0 })
    const added = { _tag: "ChildAdded", id: "a", restart: "permanent", significant: false } as const
    assert.deepStrictEqual(give(added), ["Start a"])
    assert.deepStrictEqual(give({ _tag: "StopChild", id: "a", remove: false }), ["CancelStart a"])
    assert.deepStrictEqual(give({ _tag: "ChildStartFailed", id: "a", life: 1, cause: Cause.empty }), ["Stop a"])
    assert.deepStrictEqual(give({ _tag: "ChildStopped", id: "a", life: 1 }), ["Rest a"])
    assert.deepStrictEqual(give({ _tag: "StartChild", id: "a" }), ["Start a"])
    assert.strictEqual(state.outcome, undefined)
  })

  it("one-for-all stops temporary siblings and does not start them again", () => {
    const { add, give, state } = step({ strategy: "one-for-all" })
    add("a")
    add("b", { restart: "temporary" })
    assert.deepStrictEqual(give({ _tag: "ChildEnded", id: "a", life: 1, cause: boom }), ["Stop b"])
    assert.deepStrictEqual(give({ _tag: "ChildStopped", id: "b", life: 1 }), ["Rest b", "Stop a"])
    assert.deepStrictEqual(give({ _tag: "ChildStopped", id: "a", life: 1 }), ["Start a"])
    assert.deepStrictEqual(state.rows.map((row) => row.id), ["a"])
  })

  it("all-significant waits for the last significant child", () => {
    const { add, give } = step({ autoShutdown: "all-significant" })
    add("a", { restart: "temporary", significant: true })
    add("b", { restart: "transient", significant: true })
    add("c")
    assert.deepStrictEqual(give({ _tag: "ChildEnded", id: "a", life: 1, cause: boom }), ["Stop a"])
    assert.deepStrictEqual(give({ _tag: "ChildStopped", id: "a", life: 1 }), ["Rest a"])
    assert.deepStrictEqual(give({ _tag: "ChildEnded", id: "b", life: 1, cause: undefined }), ["Stop c"])
    assert.deepStrictEqual(give({ _tag: "ChildStopped", id: "c", life: 1 }), ["Rest c", "Stop b"])
    assert.deepStrictEqual(give({ _tag: "ChildStopped", id: "b", life: 1 }), ["Rest b", "End"])
  })

  it("news of an earlier life changes nothing", () => {
    const { add, give, state } = step({})
    add("a")
    give({ _tag: "ChildEnded", id: "a", life: 1, cause: boom })
    give({ _tag: "ChildStopped", id: "a", life: 1 })
    give({ _tag: "ChildStarted", id: "a", life: 2 })
    assert.deepStrictEqual(give({ _tag: "ChildEnded", id: "a", life: 1, cause: boom }), [])
    assert.strictEqual(state.rows[0]!.status, "up")
  })
})
