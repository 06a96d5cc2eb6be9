import { Registry } from "@creel/actor"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"

describe("Registry", () => {
  it.effect("a name belongs to a Scope, is taken once, and is found by its key", () =>
    Effect.gen(function*() {
      const A = Registry.key<number>("a")
      const scope = yield* Scope.make()
      yield* Scope.extend(Registry.register(A, 1), scope)
      assert.strictEqual(yield* Registry.lookup(A), 1)
      const taken = yield* Effect.flip(Effect.scoped(Registry.register(Registry.key<string>("a"), "x")))
      assert.strictEqual(taken._tag, "NameTaken")
      assert.strictEqual(yield* Registry.lookup(A), 1)
      assert.strictEqual((yield* Effect.flip(Registry.lookup(Registry.key<string>("a"))))._tag, "NameUnknown")
      const registry = yield* Registry.Registry
      assert.deepStrictEqual(yield* registry.names, ["a"])
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Effect.flip(Registry.lookup(A)))._tag, "NameUnknown")
      yield* Effect.scoped(Registry.register(A, 2))
    }).pipe(Effect.provide(Layer.fresh(Registry.layer))))
})
