import * as Payload from "@creel/core/Payload"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Chunk, Context, Effect, Exit, Inspectable, Schedule, Schema, TestClock } from "effect"
import * as Task from "../src/Task.js"
import * as Value from "../src/Value.js"

class User extends Schema.Class<User>("User")({ name: Schema.String, born: Schema.Date }) {}
class Missing extends Schema.TaggedError<Missing>()("Missing", { id: Schema.Number }) {}
class Db extends Context.Tag("Db")<Db, { readonly name: string }>() {}

const ada = new User({ name: "Ada", born: new Date(0) })
const none = () => undefined

/** What a task says of itself when its own Provided are not used. */
const run = <A, E>(task: Task.Task<any, A, E>, ...args: Array<unknown>) => task.run(args) as Effect.Effect<A, E>

/** Stands for a Future wherever only its mark counts. */
const future = (key: string): object => Object.assign(Object.create({ [Symbol.for("creel/Future")]: {} }), { key })

/** The futures `a` and `b` are inputs 0 and 1. */
const asInput = (leaf: object): number | undefined => {
  const index = ["a", "b"].indexOf(Reflect.get(leaf, "key"))
  return index < 0 ? undefined : index
}

describe("Task", () => {
  describe("bodies", () => {
    it.effect("are Effects, or generators of Effects", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* run(Task.make("a", (x: number) => Effect.succeed(x + 1)), 1), 2)
        const generator = Task.make("b", function*(x: number) {
          const db = yield* Db
          return `${yield* Effect.succeed(db.name)}${x}`
        })
        assert.strictEqual(
          yield* Effect.provideService(generator.run([1]), Db, { name: "db" }) as Effect.Effect<string>,
          "db1"
        )
        // A second run starts a generator of its own.
        assert.strictEqual(
          yield* Effect.provideService(generator.run([2]), Db, { name: "db" }) as Effect.Effect<string>,
          "db2"
        )
      }))

    it.effect("that return a bare value are told what to use", () =>
      Effect.gen(function*() {
        const wrong = Task.make("wrong", (() => 1) as unknown as () => Effect.Effect<number>)
        const exit = yield* Effect.exit(run(wrong))
        assert(Exit.isFailure(exit))
        assert.include(Cause.pretty(exit.cause), "use Task.sync or Task.promise")
      }))

    it.effect("that throw are defects, unless caught", () =>
      Effect.gen(function*() {
        const boom = () => {
          throw new Error("boom")
        }
        for (const task of [Task.sync("a", boom), Task.make("b", boom), Task.promise("c", () => async () => boom())]) {
          const exit = yield* Effect.exit(run(task))
          assert(Exit.isFailure(exit) && Cause.isDie(exit.cause))
        }
        const options = { catch: (error: unknown) => (error as Error).message }
        assert.strictEqual(yield* Effect.flip(run(Task.sync("a", boom, options))), "boom")
        assert.strictEqual(yield* Effect.flip(run(Task.promise("c", () => async () => boom(), options))), "boom")
      }))

    it.effect("of Task.sync return their value, an Effect too", () =>
      Effect.gen(function*() {
        const effect = Effect.succeed(1)
        const task = Task.sync("a", (): unknown => effect)
        assert.strictEqual(yield* run(task), effect)
      }))

    it("of Task.sync run without an Effect", () => {
      const half = Task.sync("half", (x: number) => {
        if (x % 2 === 1) throw x
        return x / 2
      }, { catch: (odd) => `odd: ${odd}` })
      assert.strictEqual(half.runSync([4]), 2)
      assert.throws(() => half.runSync([3]))
      assert.deepStrictEqual(half.caught(3), Exit.fail("odd: 3"))
      assert.deepStrictEqual(Task.sync("x", () => 1).caught(3), Exit.die(3))
      assert.throws(() => Task.make("y", () => Effect.void).runSync([]), "has to be run as an Effect")
    })

    it.effect("of Task.promise hear of interruption", () =>
      Effect.gen(function*() {
        let signal: AbortSignal | undefined
        const task = Task.promise("p", (given) => () => {
          signal = given
          return new Promise<number>(() => {})
        })
        const fiber = yield* Effect.fork(run(task))
        yield* Effect.yieldNow()
        yield* fiber.interruptAsFork(fiber.id())
        yield* fiber.await
        assert.isTrue(signal?.aborted)
      }))
  })

  it("large arguments are in shared memory, so that threads read them where they are", () => {
    const task = Task.sync("sum", (x: Float64Array) => x.length)
    const buffers = Payload.buffers(task.encodeArgs([new Float64Array(1000)], () => undefined))
    assert.deepStrictEqual(buffers.map((buffer) => buffer instanceof SharedArrayBuffer), [true])
  })

  describe("schemas", () => {
    const greet = Task.make(
      "greet",
      (user: User, times: number) =>
        times > 0
          ? Effect.succeed(new User({ name: user.name.repeat(times), born: user.born }))
          : new Missing({ id: times }),
      { args: [User, undefined], success: User, error: Missing }
    )

    it("are gone through by arguments, both ways", () => {
      const payload = greet.encodeArgs([ada, 2], none)
      assert.deepStrictEqual(Value.decodeArgs(payload, [])[0], { name: "Ada", born: "1970-01-01T00:00:00.000Z" })
      const [user, times] = greet.decodeArgs(payload, [])
      assert.instanceOf(user, User)
      assert.deepStrictEqual([user, times], [ada, 2])
    })

    it("name the argument they refuse", () => {
      assert.throws(() => greet.encodeArgs([{ name: 1 }, 2], none), Value.NotEncodable, "args[0] cannot cross")
      const bad = Value.encodeArgs([{ name: 1 }, 2, "10"], none)
      assert.throws(() => greet.decodeArgs(bad, []), Value.NotDecodable, "args[0] of task greet")
      const other = Value.encodeArgs([{ name: 1 }, 2], none)
      assert.throws(() => greet.decodeArgs(other, []), Value.NotDecodable, "another contract")
    })

    it("are left out for a future, whose value is of the type already", () => {
      const payload = greet.encodeArgs([future("a"), 1], asInput)
      assert.deepStrictEqual(greet.decodeArgs(payload, [ada]), [ada, 1])
    })

    it("are left out for an argument that holds a future, and the rest of it must be plain", () => {
      const task = Task.make("all", (users: ReadonlyArray<User>, d: Date) => Effect.succeed([users, d] as const), {
        args: [Schema.Array(User), Schema.Date],
        success: Schema.Unknown as unknown as Schema.Schema<readonly [ReadonlyArray<User>, Date]>
      })
      const payload = task.encodeArgs([[future("a"), future("b")], new Date(5)], asInput)
      const bob = new User({ name: "Bob", born: new Date(1) })
      assert.deepStrictEqual(task.decodeArgs(payload, [ada, bob]), [[ada, bob], new Date(5)])
      assert.throws(() => task.encodeArgs([[future("a"), ada], new Date(5)], asInput), Value.NotEncodable, "args[0][1]")
    })

    it("are gone through by successes, and whose they were is told", () => {
      const payload = greet.encodeSuccess(ada, { share: true })
      assert.strictEqual(Value.schemaOf(payload), greet.id)
      assert.deepStrictEqual(greet.decodeSuccess(payload), ada)
      assert.instanceOf(Task.decodeInput(payload, (id) => id === greet.id ? greet : undefined), User)
    })

    it("of the parameter decode an input whose maker is not here", () => {
      const input = Task.decodeInput(greet.encodeSuccess(ada), () => undefined)
      assert.deepStrictEqual(greet.decodeArgs(greet.encodeArgs([future("a"), 1], asInput), [input]), [ada, 1])
      const bare = Task.sync("bare", (x: unknown) => x)
      for (const arg of [future("a"), [future("a")]]) {
        assert.throws(() => bare.decodeArgs(bare.encodeArgs([arg], asInput), [input]), Value.NotDecodable, "greet#")
      }
    })

    it("are gone through by failures, and by nothing else of a cause", () => {
      const cause = Cause.parallel(Cause.fail(new Missing({ id: 3 })), Cause.die(new Error("defect")))
      const crossed = greet.decodeCause(greet.encodeCause(cause))
      const [failure] = Cause.failures(crossed)
      assert.instanceOf(failure, Missing)
      assert.strictEqual(failure!.id, 3)
      assert.strictEqual(Chunk.size(Cause.defects(crossed)), 1)
      // A cause that another task failed with is not this one's to decode.
      const other = Task.sync("other", () => 1).encodeCause(Cause.fail({ id: 4 }))
      assert.deepStrictEqual([...Cause.failures(greet.decodeCause(other))] as Array<unknown>, [{ id: 4 }])
    })

    it("that work asynchronously are refused with a reason", () => {
      const slow = Schema.transformOrFail(Schema.String, Schema.String, {
        decode: (s) => Effect.delay(Effect.succeed(s), 1),
        encode: (s) => Effect.delay(Effect.succeed(s), 1)
      })
      const task = Task.sync("slow", (s: string) => s, { args: [slow] })
      assert.throws(() => task.encodeArgs(["x"], none), Value.NotEncodable, "asynchronously")
    })

    it("absent, what is not plain is refused with its remedy", () => {
      const task = Task.sync("load", (): unknown => ada)
      assert.throws(() => task.encodeSuccess(ada), Value.NotEncodable, "result cannot cross: found an instance of User")
      assert.throws(() => task.encodeSuccess(future("k")), Value.FutureInResult, "result is a Future (k)")
    })
  })

  describe("contracts", () => {
    const Greet = Task.contract("greet", {
      args: [User],
      success: Schema.String,
      error: Missing,
      priority: 2,
      retry: { times: 1 }
    })

    it.effect("are implemented by tasks with the same identity", () =>
      Effect.gen(function*() {
        const greet = Greet.implement((user) => Effect.succeed(`hello ${user.name}`))
        assert.strictEqual(greet.id, Greet.id)
        assert.deepStrictEqual(greet.submission, { priority: 2, retry: { times: 1 } })
        assert.isTrue(Task.isContract(Greet) && !Task.isTask(Greet) && Task.isTask(greet))
        assert.notProperty(greet, "implement")
        const args = greet.decodeArgs(Greet.encodeArgs([ada], none), [])
        assert.strictEqual(yield* greet.run(args) as Effect.Effect<string, Missing>, "hello Ada")
      }))

    it("have a digest of their name and schemas", () => {
      const id = (name: string, options: Parameters<typeof Task.contract>[1]) => Task.contract(name, options).id
      const a = id("a", { args: [Schema.Number] })
      assert.strictEqual(a, id("a", { args: [Schema.Number] }))
      assert.notStrictEqual(a, id("b", { args: [Schema.Number] }))
      assert.notStrictEqual(a, id("a", { args: [Schema.String] }))
      assert.notStrictEqual(a, id("a", { args: [Schema.Number], success: Schema.Number }))
      // One type, two ways over the wire.
      assert.notStrictEqual(id("a", { success: Schema.Date }), id("a", { success: Schema.DateFromNumber }))
      assert.strictEqual(Task.nameOf(a), "a")
      assert.strictEqual(Task.nameOf(id("with#hash", {})), "with#hash")
    })
  })

  describe("options", () => {
    it("of the definition are what a submission asks for, until it asks for something else", () => {
      const add = Task.sync("add", (x: number, y: number) => x + y, {
        priority: 1,
        resources: { gpu: 0.5 },
        slots: 4,
        pure: true
      })
      assert.deepStrictEqual(add.submission, { priority: 1, resources: { gpu: 0.5 }, pure: true })
      assert.deepStrictEqual(add.options, { retry: undefined, slots: 4 })
      const urgent = add.pipe(Task.with({ priority: 10, key: "k", pure: undefined }))
      assert.deepStrictEqual(urgent.submission, { priority: 10, resources: { gpu: 0.5 }, pure: true, key: "k" })
      assert.deepStrictEqual(add.submission.priority, 1)
      assert.strictEqual(urgent.id, add.id)
      assert.deepStrictEqual(Task.with(urgent, { timeout: "1 second" }).submission.timeout, "1 second")
      assert.strictEqual(Task.sync("a", () => 1).options.slots, "cpu")
      assert.isUndefined(Task.make("a", () => Effect.void).options.slots)
    })

    it("of retrying are the worker's where they are code, and the submission's where they are data", () => {
      const code = Task.sync("code", () => 1, { retry: { schedule: Schedule.recurs(1) } })
      assert.isDefined(code.options.retry)
      assert.notProperty(code.submission, "retry")
      const data = Task.sync("data", () => 1, { retry: { times: 2, delay: "1 second" } })
      assert.isUndefined(data.options.retry)
      assert.deepStrictEqual(data.submission.retry, { times: 2, delay: "1 second" })
    })

    it("need a name", () => {
      assert.throws(() => Task.sync("", () => 1), "needs a name")
    })

    it.effect("of retrying are stepped to where they stand", () =>
      Effect.gen(function*() {
        yield* TestClock.adjust("1 hour")
        const schedule = Schedule.exponential("100 millis").pipe(Schedule.intersect(Schedule.recurs(3)))
        const answers = yield* Effect.forEach([0, 1, 2, 3], (failures) => Task.retryAfter(schedule, "error", failures))
        assert.deepStrictEqual(answers, [{ retryAfter: 100 }, { retryAfter: 200 }, { retryAfter: 400 }, "final"])
      }))
  })

  it("of another version is another task, and of none the one it always was", () => {
    const f = (x: number) => Effect.succeed(x)
    const [plain, again, one, two] = [
      Task.make("price", f),
      Task.make("price", f),
      Task.make("price", f, { version: 1 }),
      Task.make("price", f, { version: 2 })
    ]
    assert.strictEqual(plain.digest, again.digest)
    assert.strictEqual(new Set([plain.digest, one.digest, two.digest]).size, 3)
    assert.notStrictEqual(Task.contract("price").digest, Task.contract("price", { version: 1 }).digest)
  })

  it("can be read in logs", () => {
    const task = Task.sync("readable", () => 1)
    assert.strictEqual(String(task), "Task(readable)")
    assert.strictEqual(Inspectable.toStringUnknown(Inspectable.toJSON(task)).includes("readable"), true)
  })
})
