import { assert, describe, it } from "@effect/vitest"
import { Client, Future, Task } from "creel"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Stream from "effect/Stream"
import { add, boom, eventually, gated, inc, isInterrupted, on, reasonOf, sum, until } from "./LocalCluster.fixture.js"
import { turn } from "./utils/turn.js"

describe("Client.submit", () => {
  it.scoped("runs a task, and a task on futures", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(inc, 1)
      const y = yield* Client.submit(inc, 10)
      const total = yield* Client.submit(add, x, y)
      assert.strictEqual(total.status, "pending")
      assert.strictEqual(yield* total, 13)
      assert.strictEqual(total.status, "finished")
      assert.strictEqual(total.type, "number")
    }).pipe(on({}, inc, add)))

  it.scoped("runs a plain function that closes over nothing, also one that returns a promise or an Effect", () =>
    Effect.gen(function*() {
      const ten = yield* Client.submit((x: number) => x * 10, 1)
      const more = yield* Client.submit(async (x: number) => x + 1, ten)
      assert.strictEqual(yield* more, 11)
    }).pipe(on({})))

  it.scoped("takes futures at any depth of arrays and plain records, and the same one twice", () =>
    Effect.gen(function*() {
      const deep = Task.sync(
        "deep",
        (u: { readonly a: ReadonlyArray<{ readonly b: number }>; readonly c: number }) =>
          u.a.reduce((n, { b }) => n + b, u.c)
      )
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(inc, 1)
        const y = yield* Client.submit(inc, 10)
        const future = yield* Client.submit(deep, { a: [{ b: x }, { b: 100 }, { b: x }], c: y })
        assert.strictEqual(yield* future, 2 + 100 + 2 + 11)
        const all = yield* Client.submit(sum, [x, y, x])
        assert.strictEqual(yield* all, 15)
      }).pipe(on({}, inc, sum, deep))
    }))

  it.scoped("carries an argument that is larger than a note may be", () =>
    Effect.gen(function*() {
      const xs = Array.from({ length: 20_000 }, (_, n) => n)
      const future = yield* Client.submit(sum, xs)
      assert.strictEqual(yield* future, 19_999 * 10_000)
      const x = yield* Client.submit(inc, 1)
      const mixed = yield* Client.submit(sum, [...xs, x])
      assert.strictEqual(yield* mixed, 19_999 * 10_000 + 2)
    }).pipe(on({}, sum, inc)))

  it.scoped("of thousands one after the other lets the event loop turn, and so does `fireAndForget`", () =>
    Effect.gen(function*() {
      const submitting = [
        (x: number) => Effect.asVoid(Client.submit(inc, x)),
        (x: number) => Effect.asVoid(Client.fireAndForget(inc, x))
      ]
      for (const submit of submitting) {
        let made = 0
        const all = Effect.repeatN(Effect.map(Effect.suspend(() => submit(made)), () => void made++), 20_000)
        yield* Effect.raceFirst(turn, all)
        assert.isAtMost(made, 1_000)
      }
    }).pipe(on({}, inc)))

  it.scoped("of thousands by fibers that all come at once is done for each", () =>
    Effect.gen(function*() {
      const numbers = Array.from({ length: 3_000 }, (_, x) => x)
      const futures = yield* Effect.forEach(numbers, (x) => Client.submit(inc, x), { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* Client.gather(futures), numbers.map((x) => x + 1))
    }).pipe(on({}, inc)))

  it.scoped("a failure of an input is the failure of what depends on it", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(boom, "no")
      const y = yield* Client.submit(inc, x)
      const z = yield* Client.submit(inc, y)
      assert.strictEqual(yield* Effect.flip(z), "no")
      assert.strictEqual(yield* Effect.flip(y), "no")
      assert.strictEqual(z.status, "error")
      const later = yield* Client.submit(inc, x)
      assert.strictEqual(yield* Effect.flip(later), "no")
    }).pipe(on({}, inc, boom)))

  it.scoped("is readable: in strings, JSON and console.log", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(inc.pipe(Task.with({ key: "my-key" })), 1)
      assert.strictEqual(String(x), "Future(my-key, pending)")
      yield* x
      assert.strictEqual(String(x), "Future(my-key, finished, number)")
      assert.strictEqual(x.key, "my-key")
      assert.deepInclude(JSON.parse(JSON.stringify(x)), { _id: "Future", key: "my-key" })
      const y = yield* Client.submit(inc, 1)
      assert.match(String(y), /^Future\(inc-[0-9a-f]{4}…, pending\)$/)
    }).pipe(on({}, inc)))

  it.scoped("`using` releases at the end of the block", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      return yield* Effect.gen(function*() {
        const future = yield* Client.submit(task, 1)
        yield* started
        {
          using _ = future
        }
        yield* eventually(() => log.length === 2)
        assert.deepStrictEqual(log, ["interrupted", "ended"])
        assert.strictEqual(yield* reasonOf(future), "Released")
      }).pipe(on({}, task))
    }))
})

describe("Client.map", () => {
  it.scoped("submits one for each element, of several iterables together, until the shortest ends", () =>
    Effect.gen(function*() {
      const sums = yield* Client.map(add, [1, 2, 3], [10, 20, 30, 40])
      assert.deepStrictEqual(yield* Client.gather(sums), [11, 22, 33])
      const again = yield* Client.map(add, sums, new Set([100, 200]))
      assert.deepStrictEqual(yield* Client.gather(again), [111, 222])
      const plain = yield* Client.map((x: number, y: number) => x * y, [2, 3], [5, 7])
      assert.deepStrictEqual(yield* Client.gather(plain), [10, 21])
      assert.deepStrictEqual(yield* Client.map(inc, []), [])
    }).pipe(on({}, inc, add)))

  it.scoped("of an iterable without end lets timers in between batches; interrupted, it lets go of what it submitted", () =>
    Effect.gen(function*() {
      const stop = yield* Effect.fork(Effect.async<void>((resume) => {
        // house: that a timer gets its turn is what is shown
        setTimeout(() => resume(Effect.void), 0)
      }))
      let made = 0
      const endless = {
        *[Symbol.iterator]() {
          while (made < 100_000) yield made++
        }
      }
      const mapping = Client.map(inc, endless).pipe(Client.withOptions({ batchSize: 10 }))
      yield* Effect.raceFirst(stop.await, mapping)
      assert.isBelow(made, 100_000)
      yield* until(Client.hasWhat, (what) => Object.values(what).flat().length === 0)
    }).pipe(on({}, inc)))

  it.scoped("in batches lets other fibers have their turn", () =>
    Effect.gen(function*() {
      let turns = 0
      const other = yield* Effect.fork(
        Effect.forever(Effect.zipRight(Effect.sync(() => void turns++), Effect.yieldNow()))
      )
      const futures = yield* Client.map(inc, Array.from({ length: 100 }, (_, n) => n)).pipe(
        Client.withOptions({ batchSize: 10 })
      )
      assert.isAtLeast(turns, 5)
      yield* Fiber.interrupt(other)
      assert.strictEqual((yield* Client.gather(futures)).length, 100)
    }).pipe(on({}, inc)))

  it.scoped("leaves nothing when one element is refused", () =>
    Effect.gen(function*() {
      const { task } = gated()
      return yield* Effect.gen(function*() {
        const reason = yield* reasonOf(Client.map(task, [1, 2, (() => 1) as never]))
        assert.strictEqual(reason, "NotEncodable")
        yield* until(Client.progress().pipe(Stream.take(1), Stream.runCollect), (seen) =>
          Chunk.toReadonlyArray(seen).flat().every((group) =>
            group.waiting + group.queued + group.running === 0
          ))
      }).pipe(on({}, task))
    }))
})

describe("Client.run", () => {
  it.scoped("submits and joins; nothing is left", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Client.run(inc, 1), 2)
      assert.strictEqual(yield* Effect.flip(Client.run(boom, "no")), "no")
    }).pipe(on({}, inc, boom)))

  it.scoped("interrupted, it cancels the work and waits for its finalizers", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      return yield* Effect.gen(function*() {
        const fiber = yield* Effect.fork(Client.run(task, 1))
        yield* started
        assert.isTrue(isInterrupted(yield* Fiber.interrupt(fiber)))
        assert.deepStrictEqual(log, ["interrupted", "ended"])
      }).pipe(on({}, task))
    }))
})

describe("Client.fireAndForget", () => {
  it.scoped("runs though nobody holds a future, and then is forgotten, its inputs kept for those who want them", () =>
    Effect.gen(function*() {
      const done = Deferred.unsafeMake<number>(FiberId.none)
      const effect = Task.make("effect", (x: number) => Deferred.succeed(done, x))
      return yield* Effect.gen(function*() {
        const x = yield* Client.submit(inc, 1)
        const key = yield* Client.fireAndForget(effect, x)
        assert.strictEqual(yield* Deferred.await(done), 2)
        yield* until(Client.explain(key), (_) => _.state.toLowerCase() === "unknown")
        assert.strictEqual(yield* x, 2)
      }).pipe(on({}, inc, effect))
    }))

  it.scoped("goes on after its client's futures have been released", () =>
    Effect.gen(function*() {
      const { open, log, started, task } = gated()
      return yield* Effect.gen(function*() {
        yield* Effect.scoped(Effect.gen(function*() {
          yield* Client.submit(inc, 1)
          yield* Client.fireAndForget(task, 1)
        }))
        yield* started
        yield* open
        yield* eventually(() => log.length === 1)
        assert.deepStrictEqual(log, ["ended"])
      }).pipe(on({}, inc, task))
    }))
})

describe("options", () => {
  it.scoped("what a task says goes over what the region says, option by option; regions nest", () =>
    Effect.gen(function*() {
      const order: Array<string> = []
      const note = Task.sync("note", (name: string) => void order.push(name))
      const { open, started, task } = gated("holds")
      return yield* Effect.gen(function*() {
        const first = yield* Client.submit(task.pipe(Task.with({ resources: { turn: 1 } })), 1)
        yield* started
        const futures = yield* Effect.all([
          Client.submit(note, "region"),
          Client.submit(note.pipe(Task.with({ priority: 9 })), "task"),
          Client.submit(note, "inner").pipe(Client.withOptions({ priority: 5 }))
        ]).pipe(Client.withOptions({ priority: 1, resources: { turn: 1 } }))
        const last = yield* Client.submit(note.pipe(Task.with({ priority: -1, resources: { turn: 1 } })), "outside")
        yield* open
        yield* Client.wait([first, last, ...futures])
        assert.deepStrictEqual(order, ["task", "inner", "region", "outside"])
      }).pipe(on({ resources: { turn: 1 } }, note, task))
    }))

  it.scoped("a key of one's own; equal work under it is the same work", () =>
    Effect.gen(function*() {
      const { open, runs, task } = gated()
      const named = task.pipe(Task.with({ key: "mine" }))
      return yield* Effect.gen(function*() {
        const a = yield* Client.submit(named, 1)
        const b = yield* Client.submit(named, 1)
        yield* open
        assert.strictEqual(a.key, "mine")
        assert.deepStrictEqual(yield* Client.gather([a, b]), [1, 1])
        assert.strictEqual(runs(), 1)
      }).pipe(on({}, task))
    }))

  it.scoped("pure work is done once, however its arguments were made; other work each time", () =>
    Effect.gen(function*() {
      let runs = 0
      const count = Task.sync("count", (u: { readonly a: number; readonly b: number }) => (runs++, u.a + u.b))
      const pure = count.pipe(Task.with({ pure: true }))
      return yield* Effect.gen(function*() {
        const a = yield* Client.submit(pure, { a: 1, b: 2 })
        const b = yield* Client.submit(pure, { b: 2, a: 1 })
        const c = yield* Client.submit(pure, { a: 1, b: 3 })
        assert.strictEqual(a.key, b.key)
        assert.notStrictEqual(a.key, c.key)
        assert.deepStrictEqual(yield* Client.gather([a, b, c]), [3, 3, 4])
        assert.strictEqual(runs, 2)
        yield* Client.gather([yield* Client.submit(count, { a: 1, b: 2 }), yield* Client.submit(count, { a: 1, b: 2 })])
        assert.strictEqual(runs, 4)
      }).pipe(on({}, count))
    }))

  it.scoped("a restriction is kept: the named worker runs it, others only where allowed", () =>
    Effect.gen(function*() {
      const where = Task.make("where", () => Effect.map(Task.Current, (current) => current.worker))
      return yield* Effect.gen(function*() {
        for (const worker of ["worker-0", "worker-1", "worker-2"]) {
          const futures = yield* Effect.all(
            Array.from({ length: 4 }, () => Client.submit(where.pipe(Task.with({ workers: [worker] }))))
          )
          assert.deepStrictEqual(yield* Client.gather(futures), [worker, worker, worker, worker])
        }
        const soft = yield* Client.submit(where.pipe(Task.with({ workers: "nowhere", allowOtherWorkers: true })))
        assert.match(yield* soft, /^worker-/)
      }).pipe(on({ workers: 3 }, where))
    }))

  it.scoped("resources bound what runs at once, also in fractions", () =>
    Effect.gen(function*() {
      let now = 0
      let most = 0
      const gate = Deferred.unsafeMake<void>(FiberId.none)
      const two = Deferred.unsafeMake<void>(FiberId.none)
      const busy = Task.make("busy", () =>
        Effect.acquireUseRelease(
          Effect.suspend(() => {
            most = Math.max(most, ++now)
            return now === 2 ? Deferred.succeed(two, undefined) : Effect.void
          }),
          () => Deferred.await(gate),
          () => Effect.sync(() => void now--)
        ))
      return yield* Effect.gen(function*() {
        const futures = yield* Effect.all(
          Array.from({ length: 6 }, () => Client.submit(busy.pipe(Task.with({ resources: { gpu: 0.5 } }))))
        )
        yield* Deferred.await(two)
        yield* Deferred.succeed(gate, undefined)
        yield* Client.gather(futures)
        assert.strictEqual(most, 2)
      }).pipe(on({ resources: { gpu: 1 } }, busy))
    }))
})

describe("Client.stream", () => {
  it.scoped("answers in the order of the elements, so many under way at once", () =>
    Effect.gen(function*() {
      let now = 0
      let most = 0
      const work = Task.make("work", (x: number) =>
        Effect.acquireUseRelease(
          Effect.sync(() => void (most = Math.max(most, ++now))),
          () => Effect.zipRight(Effect.yieldNow(), Effect.succeed(x * 2)),
          () => Effect.sync(() => void now--)
        ))
      return yield* Effect.gen(function*() {
        const ordered = yield* Stream.range(1, 50).pipe(
          Client.stream(work, { concurrency: 4 }),
          Stream.runCollect
        )
        assert.deepStrictEqual(Chunk.toReadonlyArray(ordered), Array.from({ length: 50 }, (_, n) => (n + 1) * 2))
        assert.isAtMost(most, 4)
      }).pipe(on({}, work))
    }))

  it.scoped("unordered, the first done comes first", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      const either = Task.make("either", (x: number) =>
        x === 0 ? task.run([x]) as Effect.Effect<number> : Effect.succeed(x))
      return yield* Effect.gen(function*() {
        const seen: Array<number> = []
        yield* Stream.make(0, 1, 2).pipe(
          Client.stream(either, { concurrency: 3, ordered: false }),
          Stream.runForEach((x) =>
            Effect.suspend(() => seen.push(x) === 2 ? open : Effect.void)
          )
        )
        assert.deepStrictEqual(seen, [1, 2, 0])
        yield* started
      }).pipe(on({}, either))
    }))

  it.scoped("ended early, it ends the work under way", () =>
    Effect.gen(function*() {
      const { log, started, task } = gated()
      return yield* Effect.gen(function*() {
        const fiber = yield* Stream.make(1).pipe(Client.stream(task), Stream.runDrain, Effect.fork)
        yield* started
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(log, ["interrupted", "ended"])
      }).pipe(on({}, task))
    }))

  it.scoped("fails as the first of its elements that failed", () =>
    Effect.gen(function*() {
      const exit = yield* Stream.make("a", "b").pipe(Client.stream(boom), Stream.runDrain, Effect.exit)
      assert.deepStrictEqual(exit, Exit.fail("a"))
    }).pipe(on({}, boom)))
})

describe("Future", () => {
  it.scoped("`Future.done` waits without bringing the value", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(inc, 1)
      assert.strictEqual(yield* Future.done(x), "finished")
      const y = yield* Client.submit(boom, "no")
      assert.strictEqual(yield* Future.done(y), "error")
      assert.strictEqual(Future.status(y), "error")
    }).pipe(on({}, inc, boom)))

  it.scoped("released, it answers what it knew, else that it was released; others go on", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      const pure = task.pipe(Task.with({ pure: true }))
      return yield* Effect.gen(function*() {
        const a = yield* Client.submit(pure, 1)
        const b = yield* Client.submit(pure, 1)
        yield* started
        yield* Future.release(a)
        yield* Future.release(a)
        yield* open
        assert.strictEqual(yield* b, 1)
        assert.strictEqual(yield* reasonOf(a), "Released")
        yield* Future.release(b)
        assert.strictEqual(yield* b, 1)
        assert.strictEqual(b.status, "finished")
      }).pipe(on({}, task))
    }))
})
