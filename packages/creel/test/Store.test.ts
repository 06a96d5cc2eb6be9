/** The store, beside somebody who has values in memory that are not put there. */
import * as Payload from "@creel/core/Payload"
import { assert, describe, it } from "@effect/vitest"
import { Store } from "creel"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { eventually } from "./LocalCluster.fixture.js"

const one = Payload.copyOf(new Uint8Array([1, 2, 3]))

const world = (write: Effect.Effect<void, Store.DiskError> = Effect.void) => {
  const files = new Map<string, Payload.Payload>()
  const kept = new Map<string, Payload.Payload>()
  const said: Array<string> = []
  let writes = 0
  const store = Store.make({
    write: (value, payload) => {
      writes += 1
      return Effect.zipRight(write, Effect.sync(() => void files.set(value, payload)))
    },
    read: (value) => Effect.sync(() => files.get(value)!),
    remove: (value) => void files.delete(value)
  })
  store.watch({
    lent: (value) => said.push(`lent ${value}`),
    returned: (value) => said.push(`returned ${value}`),
    kept: (value) => kept.get(value)
  })
  return { files, kept, said, store, writes: () => writes }
}

describe("what is kept beside a store", () => {
  it("is read and lent as what was put there, for as long as it is kept", () => {
    const { kept, said, store } = world()
    kept.set("x#1", one)
    assert.strictEqual(store.get("x#1"), one)
    const loan = store.lend("x#1")
    assert.strictEqual(loan?.payload, one)
    kept.delete("x#1")
    loan?.end()
    assert.deepStrictEqual(said, ["lent x#1", "returned x#1"])
    assert.strictEqual(store.get("x#1"), undefined)
    assert.strictEqual(store.lend("x#1"), undefined)
    assert.deepStrictEqual([store.size(), store.bytes()], [0, 0])
  })

  it.effect("goes to the disk and comes back", () =>
    Effect.gen(function*() {
      const { files, kept, store } = world()
      kept.set("x#1", one)
      yield* store.spill("x#1")
      assert.isTrue(store.isSpilled("x#1"))
      // It is not in memory, whatever its keeper has heard by now.
      assert.strictEqual(store.get("x#1"), undefined)
      assert.strictEqual(store.lend("x#1"), undefined)
      assert.strictEqual(yield* store.peek("x#1"), one)
      yield* store.load("x#1")
      assert.isFalse(store.isSpilled("x#1"))
      assert.strictEqual(store.get("x#1"), one)
      yield* store.spill("x#1")
      kept.delete("x#1")
      store.drop("x#1")
      assert.deepStrictEqual([files.size, store.size(), store.bytes()], [0, 0, 0])
    }))

  for (const how of ["kept", "put"] as const) {
    it.effect(`is in memory though it was dropped while it was written: the same came again, and is ${how}`, () =>
      Effect.gen(function*() {
        const written = yield* Deferred.make<void>()
        const { files, kept, store, writes } = world(Deferred.await(written))
        const give = () => how === "kept" ? void kept.set("x#1", one) : store.put("x#1", one)
        give()
        const spilling = yield* Effect.fork(store.spill("x#1"))
        yield* eventually(() => writes() === 1)
        assert.strictEqual(store.get("x#1"), one)
        kept.delete("x#1")
        store.drop("x#1")
        assert.strictEqual(store.get("x#1"), undefined)
        give()
        yield* Deferred.succeed(written, undefined)
        yield* Fiber.join(spilling)
        assert.isFalse(store.isSpilled("x#1"))
        assert.strictEqual(store.get("x#1"), one)
        assert.strictEqual(files.size, 0)
      }))
  }

  it.effect("stays where it is if the disk refuses", () =>
    Effect.gen(function*() {
      const full = new Store.DiskError({ reason: "Full", value: "x#1", detail: "" })
      const { kept, store } = world(Effect.fail(full))
      kept.set("x#1", one)
      assert.strictEqual(yield* Effect.flip(store.spill("x#1")), full)
      assert.isFalse(store.isSpilled("x#1"))
      assert.strictEqual(store.get("x#1"), one)
    }))
})
