/** The loop that adapts, beside a crew and a scheduler that do as they are told. */
import { assert, describe, it } from "@effect/vitest"
import type { Door } from "creel"
import { ManageError } from "creel/ManageError"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Adapting from "../src/engine/adapting.js"

const numbers: Door.Adapting = { minimum: 1, maximum: 4, target: 1_000, interval: 1_000, waitCount: 1, idle: 0 }

const world = (count: number) => {
  let made = 0
  const members: Array<string> = []
  const more = () => void members.push(`w${++made}`)
  for (let n = 0; n < count; n++) more()
  const said: Array<string> = []
  const self = {
    members,
    said,
    work: 0,
    starts: true,
    retiring: { state: "busy", tasks: 0, copying: 1, stuck: 0 } as Door.Retiring,
    forbidden: false
  }
  const ask: Partial<Door.Questions> = {
    demand: ({ changed }) =>
      Effect.sync(() => {
        if (changed !== undefined) said.push(changed)
        const workers = members.map((id) => ({
          id,
          node: "n",
          slots: 1,
          open: true,
          attempts: self.work > 0 ? 1 : 0,
          held: 0,
          limit: undefined
        }))
        return { work: self.work, parallel: 100, elsewhere: 0, share: 1, workers }
      }),
    retire: (id, over) =>
      self.forbidden
        ? new ManageError({ reason: "Forbidden", detail: "no" })
        : Effect.sync(() => {
          said.push(over === true ? `stay ${id}` : `retire ${id}`)
          return self.retiring
        })
  }
  const stop = (id: string) =>
    Effect.sync(() => {
      said.push(`stop ${id}`)
      members.splice(members.indexOf(id), 1)
      return true
    })
  const adapt = Adapting.make({
    node: "n",
    door: Effect.succeed({ ask } as Door.Service),
    crew: {
      members: () => members,
      add: (count) =>
        Effect.sync(() => {
          said.push(`add ${count}`)
          for (let n = 0; n < count && self.starts; n++) more()
        }),
      stop
    }
  })
  return Object.assign(self, { adapt: adapt(numbers) })
}

const second = TestClock.adjust("1 second")

describe("adapting", () => {
  it.scoped("who is about to go stays when there is work again, before anybody is started", () =>
    Effect.gen(function*() {
      const it = world(3)
      yield* it.adapt
      yield* second
      assert.includeMembers(it.said, ["retire w3", "retire w2"])
      assert.isTrue(it.said.some((line) => line.startsWith("3 → 1: ")), it.said.join("; "))
      it.work = 4_000
      it.said.length = 0
      yield* second
      assert.sameMembers(it.said, ["stay w3", "stay w2", "add 1"])
      assert.strictEqual(it.members.length, 4)
    }))

  it.scoped("who has retired is stopped, and who has nobody to hand over to stays", () =>
    Effect.gen(function*() {
      const it = world(2)
      it.retiring = { state: "retired", tasks: 0, copying: 0, stuck: 0 }
      yield* it.adapt
      yield* second
      assert.deepStrictEqual(it.members, ["w1"])
      const other = world(2)
      other.retiring = { state: "stuck", tasks: 0, copying: 0, stuck: 3 }
      yield* other.adapt
      yield* second
      assert.deepStrictEqual(other.members, ["w1", "w2"])
      assert.isTrue(other.said.some((line) => line.includes("3 values are only on w2")), other.said.join("; "))
    }))

  it.effect("who is about to go stays when it ends", () =>
    Effect.gen(function*() {
      const it = world(3)
      yield* Effect.scoped(Effect.zipRight(it.adapt, second))
      assert.includeMembers(it.said, ["stay w3", "stay w2"])
      it.said.length = 0
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(it.said, [])
    }))

  it.scoped("one that may not have workers leave keeps them, and goes on", () =>
    Effect.gen(function*() {
      const it = world(3)
      it.forbidden = true
      yield* it.adapt
      yield* second
      assert.strictEqual(it.members.length, 3)
      it.work = 4_000
      yield* second
      assert.strictEqual(it.members.length, 4)
    }))

  it.scoped("workers that do not start are not tried at each turn", () =>
    Effect.gen(function*() {
      const it = world(1)
      it.starts = false
      it.work = 4_000
      yield* it.adapt
      yield* TestClock.adjust("20 seconds")
      assert.deepStrictEqual(it.said, ["add 3"])
      it.starts = true
      yield* TestClock.adjust("20 seconds")
      assert.strictEqual(it.members.length, 4)
    }))
})
