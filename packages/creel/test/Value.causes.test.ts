import { assert, describe, it } from "@effect/vitest"
import { Cause, Chunk, Data, Equal, Exit, FiberId, HashSet } from "effect"
import { FutureError, SubmitError } from "../src/FutureError.js"
import * as Value from "../src/Value.js"
import { future } from "./utils/values.js"

describe("causes in bytes", () => {
  const crossed = (cause: Cause.Cause<unknown>) => Value.decodeCause(Value.encodeCause(cause))

  it("keep their structure, fibers and failures", () => {
    const id = FiberId.composite(FiberId.runtime(1, 2), FiberId.runtime(3, 4))
    const cause = Cause.sequential(
      Cause.parallel(Cause.fail({ a: 1 }), Cause.interrupt(id)),
      Cause.parallel(Cause.interrupt(FiberId.none), Cause.die("text"))
    )
    const out = crossed(cause)
    assert.deepStrictEqual(Cause.linearize(out).pipe(HashSet.size), Cause.linearize(cause).pipe(HashSet.size))
    assert.strictEqual(Cause.pretty(out), Cause.pretty(cause))
    assert.isTrue(Equal.equals(Cause.interruptors(out), Cause.interruptors(cause)))
    const [failure] = Cause.failures(out)
    assert.deepStrictEqual(failure, { a: 1 })
  })

  it("of any length cross without growing the stack", () => {
    let left: Cause.Cause<number> = Cause.fail(0)
    let right: Cause.Cause<number> = Cause.fail(0)
    for (let i = 1; i < 20_000; i++) {
      left = Cause.parallel(left, Cause.fail(i))
      right = Cause.sequential(Cause.fail(i), right)
    }
    assert.strictEqual(Chunk.size(Cause.failures(crossed(left))), 20_000)
    assert.strictEqual(Chunk.size(Cause.failures(crossed(right))), 20_000)
  })

  it("bring a defect's name, message, remote stack, causes and fields", () => {
    class Broken extends TypeError {
      override readonly name = "Broken"
      readonly code = "E_BROKEN"
      readonly secret = () => 1
    }
    const inner = new RangeError("inner")
    const error = new Broken("outer", { cause: inner })
    const [out] = Cause.defects(crossed(Cause.die(error))) as Iterable<any>
    assert.isTrue(out instanceof Error)
    assert.strictEqual(out.name, "Broken")
    assert.strictEqual(out.message, "outer")
    assert.strictEqual(out.stack, error.stack)
    assert.strictEqual(out.code, "E_BROKEN")
    assert.isUndefined(out.secret)
    assert.strictEqual(out.cause.message, "inner")
    assert.strictEqual(out.cause.name, "RangeError")
    assert.strictEqual(out.cause.stack, inner.stack)
  })

  it("bring defects of every sort", () => {
    const circular = new Error("circular")
    circular.cause = circular
    const [first] = Cause.defects(crossed(Cause.die(circular))) as Iterable<Error>
    assert.strictEqual((first!.cause as Error).message, "circular")
    const [many] = Cause.defects(crossed(Cause.die(new AggregateError([new Error("1"), "2"], "many")))) as Iterable<
      any
    >
    assert.instanceOf(many, AggregateError)
    assert.deepStrictEqual([many.errors[0].message, many.errors[1]], ["1", "2"])
    const [record] = Cause.defects(crossed(Cause.die({ reason: new Map([[1, 2]]) })))
    assert.deepStrictEqual(record, { reason: new Map([[1, 2]]) })
    const [odd] = Cause.defects(crossed(Cause.die({ f: () => 1 })))
    assert.isString(odd)
    const hostile = new Error("x")
    Object.defineProperty(hostile, "message", {
      get: () => {
        throw new Error("getter")
      }
    })
    const [told] = Cause.defects(crossed(Cause.die(hostile))) as Iterable<Error>
    assert.strictEqual(told!.name, "Error")
  })

  it("refuse a failure that is not plain, with its path", () => {
    class Custom extends Data.TaggedError("Custom")<{ readonly n: number }> {}
    assert.throws(() => Value.encodeCause(Cause.fail(new Custom({ n: 1 }))), Value.NotEncodable, "cause.error")
    assert.throws(
      () => Value.encodeCause(Cause.parallel(Cause.fail(1), Cause.fail(future("k")))),
      Value.FutureInResult
    )
  })

  it("keep the errors that everybody has", () => {
    const errors = [
      new FutureError({ reason: "Cancelled", key: "add-1", by: "client 1", detail: "no longer wanted" }),
      new SubmitError({ reason: "CapturedVariables", task: "f", captured: ["x"], detail: "" }),
      new Cause.TimeoutException("late"),
      new Cause.NoSuchElementException("none"),
      new Cause.UnknownException(new Error("inner"), "outer")
    ]
    for (const error of errors) {
      const [out] = Cause.failures(crossed(Cause.fail(error))) as Iterable<Error>
      assert.strictEqual(Object.getPrototypeOf(out), Object.getPrototypeOf(error))
      assert.strictEqual(out!.message, error.message)
      assert.strictEqual((out as any)._tag, (error as any)._tag)
    }
    const [unknown] = Cause.failures(crossed(Cause.fail(errors[4]))) as Iterable<Cause.UnknownException>
    assert.strictEqual((unknown!.error as Error).message, "inner")
  })

  it("cross as Exits", () => {
    const exit = Exit.failCause(Cause.parallel(Cause.fail("a"), Cause.interrupt(FiberId.none)))
    assert.isTrue(Equal.equals(Value.decodeExit(Value.encodeExit(exit)), exit))
    assert.throws(() => Value.decodeExit(Value.encode(1)), Value.NotDecodable)
    assert.throws(() => Value.decodeCause(Value.encode(1)), Value.NotDecodable)
  })
})
