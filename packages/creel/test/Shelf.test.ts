import { assert, describe, it } from "@effect/vitest"
import { Shelf, Store } from "creel"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

const payload = { head: new Uint8Array([1, 2, 3]), buffers: [] }

const shelved = () => {
  const shelf = Shelf.make()
  const store = Store.make()
  const said: Array<string> = []
  store.watch({ lent: (value) => said.push(`lent ${value}`), returned: (value) => said.push(`returned ${value}`) })
  shelf.serve("w1", store)
  store.put("x#1", payload)
  return { shelf, store, said }
}

describe("Shelf.lend", () => {
  it.effect("the worker is told of who reads a value, and once when they are done", () =>
    Effect.gen(function*() {
      const { said, shelf, store } = shelved()
      const scope = yield* Scope.make()
      assert.strictEqual(yield* Scope.extend(shelf.lend("x#1", "w1"), scope), payload)
      store.drop("x#1")
      assert.deepStrictEqual(said, ["lent x#1"])
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(said, ["lent x#1", "returned x#1"])
    }))

  it.scoped("what is not there fails as it does for any reader, and nobody is told", () =>
    Effect.gen(function*() {
      const { said, shelf } = shelved()
      assert.strictEqual((yield* Effect.flip(shelf.lend("y#1", "w1"))).why, "gone")
      assert.strictEqual((yield* Effect.flip(shelf.lend("x#1", "w2"))).why, "unreachable")
      shelf.offer("c1", "z#c1", payload)
      assert.strictEqual(yield* shelf.lend("z#c1", "c1"), payload)
      assert.deepStrictEqual(said, [])
    }))
})

describe("Shelf.source", () => {
  const disk = (source: Store.Disk["source"]): Store.Disk => ({
    write: () => Effect.void,
    read: () => Effect.succeed(payload),
    remove: () => {},
    source
  })
  const onDisk: Store.Source = { bytes: 3, digest: "d", async *stream() {} }

  const spilled = (source: Store.Disk["source"]) =>
    Effect.gen(function*() {
      const shelf = Shelf.make()
      const store = Store.make(disk(source))
      shelf.serve("w1", store)
      store.put("x#1", payload)
      yield* store.spill("x#1")
      return { shelf, store }
    })

  it.scoped("what is on disk is not loaded, where the disk can send it as it stands", () =>
    Effect.gen(function*() {
      const { shelf, store } = yield* spilled(() => Effect.succeed(onDisk))
      assert.strictEqual(yield* shelf.source("x#1", "w1"), onDisk)
      yield* store.load("x#1")
      assert.strictEqual(yield* shelf.source("x#1", "w1"), payload)
      store.drop("x#1")
      assert.strictEqual((yield* Effect.flip(shelf.source("x#1", "w1"))).why, "gone")
    }))

  it.scoped("and is read where it cannot", () =>
    Effect.gen(function*() {
      const failing = new Store.DiskError({ reason: "Failed", value: "x#1", detail: "" })
      for (const source of [undefined, () => Effect.fail(failing)]) {
        const { shelf } = yield* spilled(source)
        assert.strictEqual(yield* shelf.source("x#1", "w1"), payload)
      }
    }))
})
