/** What bad input gets: a typed error that names the key and the remedy; no hang, no crash of anything else. */
import { assert, describe, it } from "@effect/vitest"
import { Client, Future, FutureError, LocalCluster, Task, TaskGroup } from "creel"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { add, another, eventually, gated, inc, on, onDoor } from "./LocalCluster.fixture.js"

/** The error an effect fails with, which says what to do and names what it is about; and that others go on. */
const refusal = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.exit(effect), (exit) => {
    assert.isTrue(Exit.isFailure(exit), "it succeeded")
    const failure = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.failureOption(exit.cause)) : undefined
    assert.isTrue(
      failure instanceof FutureError.FutureError || failure instanceof FutureError.SubmitError,
      Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""
    )
    // Of either kind: what both have, and what one of them may have.
    const error = failure as unknown as Error & {
      readonly reason: FutureError.FutureReason | FutureError.SubmitReason
      readonly key?: string
      readonly path?: string
      readonly captured?: ReadonlyArray<string>
    }
    assert.include(error.message, "What to do:")
    return error
  })

const stillWorks = Effect.map(Client.run(inc, 1), (two) => assert.strictEqual(two, 2))

describe("what bad input gets", () => {
  it.scoped("a task that no worker has: UnknownTask, after a grace; `explain` says so at once", () =>
    Effect.gen(function*() {
      const stranger = Task.sync("stranger", (x: number) => x)
      const future = yield* Client.submit(stranger, 1)
      const explanation = yield* Effect.repeat(Effect.zipLeft(Client.explain(future), Effect.yieldNow()), {
        until: (_) => _.state === "Queued"
      })
      assert.include(explanation.summary, "stranger")
      assert.include(explanation.summary, "inc")
      yield* TestClock.adjust("10 seconds")
      const error = yield* refusal(future)
      assert.strictEqual(error.reason, "UnknownTask")
      assert.strictEqual(error.key, future.key)
      assert.strictEqual(future.status, "error")
      yield* stillWorks
    }).pipe(on({}, inc)))

  it.scoped("the same name with another contract is unknown too", () =>
    Effect.gen(function*() {
      const other = Task.make("inc", (x: number) => Effect.succeed(x), { args: [Schema.Number] })
      const future = yield* Client.submit(other, 1)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* refusal(future)).reason, "UnknownTask")
      yield* stillWorks
    }).pipe(on({}, inc)))

  it.scoped("an argument that cannot be encoded: NotEncodable, with its path", () =>
    Effect.gen(function*() {
      class User {
        constructor(readonly name: string) {}
      }
      const take = Task.sync("take", (_: unknown) => 0)
      const error = yield* refusal(Client.submit(take, { list: [1, new User("x")] }))
      assert.strictEqual(error.reason, "NotEncodable")
      assert.strictEqual(error.path, "args[0].list[1]")
      assert.include(error.message, "take")
      assert.strictEqual((yield* refusal(Client.scatter(() => 1))).reason, "NotEncodable")
      const future = yield* Client.submit(inc, 1)
      assert.strictEqual((yield* refusal(Client.scatter([future]))).reason, "NotEncodable")
      const inside = yield* refusal(Client.submit(take, Option.some(future)))
      assert.strictEqual(inside.reason, "NotEncodable")
      assert.include(inside.message, "Future")
      assert.strictEqual(inside.message.split("What to do:").length, 2)
      yield* stillWorks
    }).pipe(on({}, inc)))

  it.scoped("a result that cannot be encoded: NotEncodable, from the worker", () =>
    Effect.gen(function*() {
      const bad = Task.sync("bad", (() => ({ f: () => 1 })) as never as () => number)
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(bad)
        const error = yield* refusal(future)
        assert.strictEqual(error.reason, "NotEncodable")
        assert.strictEqual(error.key, future.key)
        assert.include(error.message, "result.f")
        const dependent = yield* Client.submit(inc, future)
        assert.strictEqual((yield* refusal(dependent)).key, future.key)
        yield* stillWorks
      }).pipe(on({}, bad, inc))
    }))

  it.scoped("a failure that cannot be encoded: NotEncodable", () =>
    Effect.gen(function*() {
      const bad = Task.make("bad", () => Effect.fail((() => 1) as never as string))
      return yield* Effect.gen(function*() {
        assert.strictEqual((yield* refusal(yield* Client.submit(bad))).reason, "NotEncodable")
        yield* stillWorks
      }).pipe(on({}, bad, inc))
    }))

  it.scoped("a function that captures variables: CapturedVariables, naming them", () =>
    Effect.gen(function*() {
      const factor = 3
      const error = yield* refusal(Client.submit((x: number) => x * factor, 1))
      assert.strictEqual(error.reason, "CapturedVariables")
      assert.deepStrictEqual(error.captured, ["factor"])
      assert.include(error.message, "factor")
      assert.include(error.message, "Task.")
      yield* stillWorks
    }).pipe(on({}, inc)))

  it.scoped("what is no function and no task: NotAFunction", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* refusal(Client.submit(42 as never))).reason, "NotAFunction")
      assert.strictEqual((yield* refusal(Client.submit(null as never))).reason, "NotAFunction")
      assert.strictEqual((yield* refusal(Client.run(undefined as never))).reason, "NotAFunction")
      assert.strictEqual((yield* refusal(Client.map({} as never, [1]))).reason, "NotAFunction")
      assert.strictEqual((yield* refusal(Client.fireAndForget("inc" as never))).reason, "NotAFunction")
    }).pipe(on({})))

  it.scoped("what people mean instead of a task is named: a future, an Effect, a name that is not there yet", () =>
    Effect.gen(function*() {
      const future = yield* Client.submit(inc, 1)
      const already = yield* refusal(Client.fireAndForget(future as never))
      assert.include(already.message, `a future already: ${future.key}`)
      assert.include((yield* refusal(Client.submit(Effect.succeed(1) as never))).message, "Task.make")
      assert.include((yield* refusal(Client.submit(undefined as never))).message, "in a circle")
      assert.include((yield* refusal(Client.submit(Symbol("inc") as never))).message, "a symbol")
    }).pipe(on({})))

  it.scoped("plain functions where the cluster takes none: UnknownTask, saying how to switch it on", () =>
    Effect.gen(function*() {
      const future = yield* Client.submit((x: number) => x, 1)
      yield* TestClock.adjust("10 seconds")
      const error = yield* refusal(future)
      assert.strictEqual(error.reason, "UnknownTask")
      yield* stillWorks
    }).pipe(on({ plainFunctions: false }, inc)))

  it.scoped("a key in use for other work: DuplicateKey, until it is released", () =>
    Effect.gen(function*() {
      const mine = inc.pipe(Task.with({ key: "mine" }))
      const future = yield* Client.submit(mine, 1)
      const error = yield* refusal(Client.submit(mine, 2))
      assert.strictEqual(error.reason, "DuplicateKey")
      assert.strictEqual(error.key, "mine")
      assert.strictEqual(
        (yield* refusal(Client.submit(add.pipe(Task.with({ key: "mine" })), 1, 2))).reason,
        "DuplicateKey"
      )
      assert.strictEqual(yield* future, 2)
      yield* Future.release(future)
      assert.strictEqual(yield* yield* Client.submit(mine, 2), 3)
    }).pipe(on({}, inc, add)))

  it.scoped("two clients may give one name to different work", () =>
    Effect.gen(function*() {
      const mine = yield* Client.Client
      const theirs = yield* another("theirs")
      const named = inc.pipe(Task.with({ key: "same" }))
      const x = yield* mine.submit(named, 1)
      const y = yield* theirs.submit(named, 2)
      assert.deepStrictEqual([yield* x, yield* y], [2, 3])
      assert.deepStrictEqual([x.key, y.key], ["same", "same"])
    }).pipe(onDoor({}, inc)))

  it.scoped("a future of another client: ForeignFuture", () =>
    Effect.gen(function*() {
      const foreign = yield* Effect.gen(function*() {
        return yield* Client.submit(inc, 1)
      }).pipe(on({}, inc))
      const error = yield* refusal(Client.submit(inc, foreign))
      assert.strictEqual(error.reason, "ForeignFuture")
      assert.strictEqual(error.key, foreign.key)
      yield* stillWorks
    }).pipe(on({}, inc)))

  it.scoped("but it can be gathered, waited for, taken, cancelled and retried: its own client does it", () =>
    Effect.gen(function*() {
      const { started, task } = gated()
      return yield* Effect.gen(function*() {
        const mine = yield* Client.Client
        const theirs = yield* another("theirs")
        const x = yield* theirs.submit(inc, 1)
        const large = yield* theirs.submit((n: number) => "x".repeat(n), 5000)
        const values = yield* mine.gather([x, large])
        assert.deepStrictEqual([values[0], values[1].length], [2, 5000])
        assert.strictEqual((yield* mine.wait([x, large])).done.length, 2)
        const completed = yield* mine.asCompleted([yield* theirs.submit(inc, 1), yield* theirs.submit(inc, 2)])
        yield* completed.take
        yield* completed.take
        const held = yield* theirs.submit(task, 1)
        yield* started
        yield* mine.cancel(held)
        assert.strictEqual(held.status, "cancelled")
        assert.strictEqual((yield* refusal(held)).reason, "Cancelled")
        assert.strictEqual(yield* yield* mine.retry(x), 2)
      }).pipe(onDoor({}, inc, task))
    }))

  it.scoped("a future that was released, cancelled or interrupted: ClosedFuture", () =>
    Effect.gen(function*() {
      const { started, task } = gated()
      return yield* Effect.gen(function*() {
        const released = yield* Client.submit(inc, 1)
        yield* Future.release(released)
        assert.strictEqual((yield* refusal(Client.submit(inc, released))).reason, "ClosedFuture")
        const gone = yield* Effect.scoped(Client.submit(inc, 1))
        assert.strictEqual((yield* refusal(Client.submit(add, 1, gone))).reason, "ClosedFuture")
        const cancelled = yield* Client.submit(task, 1)
        yield* started
        yield* Client.cancel(cancelled)
        const error = yield* refusal(Client.submit(inc, cancelled))
        assert.strictEqual(error.reason, "ClosedFuture")
        assert.include(error.message, cancelled.key)
      }).pipe(on({}, inc, task, add))
    }))

  it.scoped("a client that is closed answers or refuses what is asked, and lets nobody wait for ever", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const layer = LocalCluster.layer({ tasks: TaskGroup.make(inc) })
      const client = Context.get(yield* Layer.buildWithScope(layer, scope), Client.Client)
      const future = yield* client.submit(inc, 1)
      const waiting = yield* Effect.fork(client.waitForWorkers(99))
      yield* Scope.close(scope, Exit.void)
      assert.include((yield* client.explain(future)).summary, "closed")
      assert.include((yield* client.explain("no such key")).summary, "closed")
      assert.include(String(yield* Effect.exit(client.scale(2))), "the client is closed")
      yield* TestClock.adjust("1 minute")
      assert.include(String(yield* waiting.await), "the client is closed")
    }))

  it.scoped("a client that is closed: ClientClosed; its pending futures: ClusterClosed", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      const { client, done, future } = yield* Effect.gen(function*() {
        const client = yield* Client.Client
        const future = yield* Client.submit(task, 1)
        const done = yield* Client.submit(inc, 1)
        yield* done
        yield* started
        return { client, done, future }
      }).pipe(on({}, task, inc))
      assert.strictEqual((yield* refusal(future)).reason, "ClusterClosed")
      assert.strictEqual((yield* refusal(client.submit(inc, 1))).reason, "ClientClosed")
      assert.strictEqual((yield* refusal(client.scatter(1))).reason, "ClientClosed")
      assert.strictEqual((yield* refusal(client.run(inc, 1))).reason, "ClientClosed")
      assert.strictEqual((yield* refusal(client.map(inc, [1]))).reason, "ClientClosed")
      assert.strictEqual(yield* done, 2)
      yield* client.wait([future, done])
      yield* client.cancel(future)
      yield* Future.release(future)
      yield* eventually(() => log.length === 2)
    }))

  it.scoped("a Future inside a result: FutureInResult, saying how", () =>
    Effect.gen(function*() {
      const leak = Task.make("leak", () =>
        Effect.map(Effect.orDie(Client.submit(inc, 1)), (future) => [future as never as number]))
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(leak)
        const error = yield* refusal(future)
        assert.strictEqual(error.reason, "FutureInResult")
        assert.strictEqual(error.key, future.key)
        assert.include(error.message, "join")
        yield* stillWorks
      }).pipe(on({}, leak, inc))
    }))

  it.scoped("a restriction nobody satisfies: explained at once, Unrunnable after a grace", () =>
    Effect.gen(function*() {
      const future = yield* Client.submit(inc.pipe(Task.with({ workers: "moon" })), 1)
      const gpu = yield* Client.submit(inc.pipe(Task.with({ resources: { gpu: 2 } })), 1)
      const explanation = yield* Effect.repeat(Effect.zipLeft(Client.explain(future), Effect.yieldNow()), {
        until: (_) => _.state === "Queued"
      })
      assert.include(explanation.summary, "moon")
      yield* TestClock.adjust("30 seconds")
      const error = yield* refusal(future)
      assert.strictEqual(error.reason, "Unrunnable")
      assert.include(error.message, "moon")
      assert.include((yield* refusal(gpu)).message, "gpu")
      yield* stillWorks
    }).pipe(on({ resources: { gpu: 1 } }, inc)))

  it.scoped("options that say nothing: BadOption", () =>
    Effect.gen(function*() {
      const bad = (options: Task.SubmitOptions) =>
        Effect.map(refusal(Client.submit(inc.pipe(Task.with(options)), 1)), (error) => error.reason)
      assert.strictEqual(yield* bad({ priority: Number.NaN }), "BadOption")
      assert.strictEqual(yield* bad({ allowOtherWorkers: true }), "BadOption")
      assert.strictEqual(yield* bad({ resources: { gpu: -1 } }), "BadOption")
      assert.strictEqual(yield* bad({ retry: { times: -1 } }), "BadOption")
      assert.strictEqual(yield* bad({ retry: { times: 1, factor: Number.NaN } }), "BadOption")
      assert.strictEqual(yield* bad({ workers: [] }), "BadOption")
      assert.strictEqual(yield* bad({ key: "" }), "BadOption")
      assert.strictEqual(yield* bad({ timeout: 0 }), "BadOption")
      yield* stillWorks
    }).pipe(on({}, inc)))

  it.scoped("a value that does not decode: NotDecodable, on the worker and here", () =>
    Effect.gen(function*() {
      // The Schema takes what was encoded on the way out, and refuses it on the way in.
      const Odd = Schema.transform(Schema.Number, Schema.Number, {
        strict: true,
        decode: () => {
          throw new Error("will not be read")
        },
        encode: (n) => n
      }) as Schema.Schema<number, number>
      const out = Task.make("out", () => Effect.succeed(1), { success: Odd })
      const takes = Task.make("takes", (n: number) => Effect.succeed(n), { args: [Odd] })
      return yield* Effect.gen(function*() {
        const result = yield* Client.submit(out)
        const error = yield* refusal(result)
        assert.strictEqual(error.reason, "NotDecodable")
        assert.strictEqual(error.key, result.key)
        const argument = yield* Client.submit(takes, 1)
        assert.strictEqual((yield* refusal(argument)).reason, "NotDecodable")
        yield* stillWorks
      }).pipe(on({}, out, takes, inc))
    }))

  it.scoped("a cycle of data crosses; a task that waits for itself is a WaitCycle", () =>
    Effect.gen(function*() {
      const cyclic: { self?: unknown; n: number } = { n: 1 }
      cyclic.self = cyclic
      const same = Task.sync("same", (u: { readonly self?: unknown; readonly n: number }) => u.self === u)
      return yield* Effect.gen(function*() {
        assert.isTrue(yield* Client.run(same, cyclic))
      }).pipe(on({}, same))
    }))

  it.scoped("a task that interrupts itself: Cancelled, not an interruption here", () =>
    Effect.gen(function*() {
      const suicide = Task.make("suicide", () => Effect.interrupt as Effect.Effect<number>)
      return yield* Effect.gen(function*() {
        const error = yield* refusal(yield* Client.submit(suicide))
        assert.strictEqual(error.reason, "Cancelled")
        assert.include(error.message, "itself")
        yield* stillWorks
      }).pipe(on({}, suicide, inc))
    }))

  it.scoped("a full outbox: `submit` fails with OutboxFull where asked, else it waits", () =>
    Effect.gen(function*() {
      const many = Effect.forEach(Array.from({ length: 100 }, (_, n) => n), (n) => Client.submit(inc, n))
      const error = yield* refusal(many.pipe(Client.withOptions({ onFullOutbox: "fail" })))
      assert.strictEqual(error.reason, "OutboxFull")
      const futures = yield* many
      assert.strictEqual((yield* Client.gather(futures)).length, 100)
      const mapped = yield* Client.map(inc, Array.from({ length: 100 }, (_, n) => n)).pipe(
        Client.withOptions({ batchSize: 10 })
      )
      assert.strictEqual((yield* Client.gather(mapped)).length, 100)
    }).pipe(on({ outboxMax: 1000 }, inc)))

  it.scoped("a cluster without workers: pending for ever, but it says why", () =>
    Effect.gen(function*() {
      const future = yield* Client.submit(inc, 1)
      const explanation = yield* Effect.repeat(Effect.zipLeft(Client.explain(future), Effect.yieldNow()), {
        until: (_) => _.state === "Queued"
      })
      assert.include(explanation.summary, "no workers")
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(future.status, "pending")
      yield* Client.scale(1)
      assert.strictEqual(yield* future, 2)
    }).pipe(on({ workers: 0 }, inc)))
})
