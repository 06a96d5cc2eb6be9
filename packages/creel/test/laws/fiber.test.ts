/**
 * What holds for fibers holds for Futures: each law runs on `Effect.forkScoped` and on a cluster. Where a Future must
 * differ, the law's name says so, and `README.md` beside this file has the table.
 */
// house: one suite of laws, read top to bottom beside its table
import { assert, describe, it } from "@effect/vitest"
import { Client, Future, LocalCluster, Task, TaskGroup } from "creel"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as HashMap from "effect/HashMap"
import * as HashSet from "effect/HashSet"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"

import { deafDoor } from "../promises/deafDoor.js"

type Body = Effect.Effect<number, string, Scope.Scope>

/** What a law is run on. */
interface Maker {
  readonly name: string
  readonly isFuture: boolean
  readonly layer: Layer.Layer<never> | Layer.Layer<Client.Client>
  readonly fork: (body: Body) => Effect.Effect<Fiber.Fiber<number, unknown>, unknown, Scope.Scope>
}

const fibers: Maker = {
  name: "Effect.forkScoped",
  isFuture: false,
  layer: Layer.empty,
  fork: (body) => Effect.forkScoped(Effect.scoped(body))
}

const bodies = new Map<number, Body>()
let lastBody = 0
// In process a task's code sees this module: the body of each law stands in a table, and its number crosses.
const law = Task.make("law", (n: number) => bodies.get(n) as Body)
const unused = Task.make("unused", (n: number) => Effect.succeed(n))

const futures: Maker = {
  name: "Client.submit",
  isFuture: true,
  layer: LocalCluster.layer({ tasks: TaskGroup.make(law, unused) }) as Layer.Layer<Client.Client>,
  fork: ((body: Body) =>
    Effect.suspend(() => {
      const n = ++lastBody
      bodies.set(n, body)
      return Client.submit(law, n)
    })) as Maker["fork"]
}

const isInterrupted = (exit: Exit.Exit<unknown, unknown>) =>
  Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause) && !Cause.isEmpty(exit.cause)

/** A body that says when it has begun and stays until the gate opens, and what became of it. */
const held = Effect.gen(function*() {
  const started = yield* Deferred.make<void>()
  const gate = yield* Deferred.make<number, string>()
  const log: Array<string> = []
  const body: Body = Deferred.succeed(started, undefined).pipe(
    Effect.zipRight(Deferred.await(gate)),
    Effect.onInterrupt(() => Effect.sync(() => void log.push("interrupted"))),
    Effect.ensuring(Effect.sync(() => void log.push("finalized")))
  )
  return { body, gate, log, started: Deferred.await(started) }
})

const suite = (maker: Maker) => {
  const { fork } = maker
  const test = (
    name: string,
    effect: Effect.Effect<void, unknown, Scope.Scope>,
    timeout = 5000
  ) => it.scoped(name, () => Effect.provide(effect, maker.layer as Layer.Layer<never>), timeout)

  describe(maker.name, () => {
    describe("join and await", () => {
      test(
        "join answers the value, as often as it is asked",
        Effect.gen(function*() {
          const fiber = yield* fork(Effect.succeed(1))
          assert.strictEqual(yield* Fiber.join(fiber), 1)
          assert.strictEqual(yield* Fiber.join(fiber), 1)
          assert.strictEqual(yield* fiber, 1)
        })
      )

      test(
        "join fails as the work failed",
        Effect.gen(function*() {
          const fiber = yield* fork(Effect.fail("no"))
          assert.strictEqual(yield* Effect.flip(Fiber.join(fiber)), "no")
          assert.strictEqual(yield* Effect.flip(fiber), "no")
        })
      )

      test(
        "join dies as the work died",
        Effect.gen(function*() {
          const fiber = yield* fork(Effect.die(new Error("broken")))
          const exit = yield* Effect.exit(Fiber.join(fiber))
          assert.isTrue(Exit.isFailure(exit))
          const defects = Exit.isFailure(exit) ? Chunk.toReadonlyArray(Cause.defects(exit.cause)) : []
          assert.strictEqual((defects[0] as Error).message, "broken")
        })
      )

      test(
        "await answers the Exit and never fails",
        Effect.gen(function*() {
          assert.deepStrictEqual(yield* Fiber.await(yield* fork(Effect.succeed(1))), Exit.succeed(1))
          assert.deepStrictEqual(yield* Fiber.await(yield* fork(Effect.fail("no"))), Exit.fail("no"))
        })
      )

      test(
        "several joiners get the same answer",
        Effect.gen(function*() {
          const { body, gate, started } = yield* held
          const fiber = yield* fork(body)
          const joiners = yield* Effect.fork(Effect.all(Array.from({ length: 5 }, () => Fiber.join(fiber)), {
            concurrency: "unbounded"
          }))
          yield* started
          yield* Deferred.succeed(gate, 7)
          assert.deepStrictEqual(yield* Fiber.join(joiners), [7, 7, 7, 7, 7])
        })
      )

      test(
        "an interrupted joiner leaves the work running",
        Effect.gen(function*() {
          const { body, gate, log, started } = yield* held
          const fiber = yield* fork(body)
          const joiner = yield* Effect.fork(Fiber.join(fiber))
          yield* started
          yield* Fiber.interrupt(joiner)
          assert.deepStrictEqual(log, [])
          yield* Deferred.succeed(gate, 3)
          assert.strictEqual(yield* Fiber.join(fiber), 3)
        })
      )
    })

    describe("poll", () => {
      test(
        "is none while it runs, and the Exit when it is done",
        Effect.gen(function*() {
          const { body, gate, started } = yield* held
          const fiber = yield* fork(body)
          assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
          yield* started
          assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
          yield* Deferred.succeed(gate, 2)
          yield* Fiber.await(fiber)
          assert.deepStrictEqual(yield* Fiber.poll(fiber), Option.some(Exit.succeed(2)))
        })
      )

      test(
        "is the failure when it failed, and the interruption when it was interrupted",
        Effect.gen(function*() {
          const failed = yield* fork(Effect.fail("no"))
          yield* Fiber.await(failed)
          assert.deepStrictEqual(yield* Fiber.poll(failed), Option.some(Exit.fail("no")))
          const { body, started } = yield* held
          const fiber = yield* fork(body)
          yield* started
          yield* Fiber.interrupt(fiber)
          const polled = yield* Fiber.poll(fiber)
          assert.isTrue(Option.isSome(polled) && isInterrupted(polled.value))
        })
      )
    })

    describe("interrupt", () => {
      test(
        "of a running one interrupts its code, runs its finalizers, and answers an interruption",
        Effect.gen(
          function*() {
            const { body, log, started } = yield* held
            const fiber = yield* fork(body)
            yield* started
            const exit = yield* Fiber.interrupt(fiber)
            assert.isTrue(isInterrupted(exit))
            assert.deepStrictEqual(log, ["interrupted", "finalized"])
          }
        )
      )

      test(
        "names who interrupted",
        Effect.gen(function*() {
          const { body, started } = yield* held
          const fiber = yield* fork(body)
          yield* started
          const me = FiberId.make(42, 0)
          const exit = yield* Fiber.interruptAs(fiber, me)
          assert.isTrue(Exit.isFailure(exit) && HashSet.has(Cause.interruptors(exit.cause), me))
        })
      )

      test(
        "of one that has not begun answers an interruption",
        Effect.gen(function*() {
          const { body } = yield* held
          const fiber = yield* fork(body)
          assert.isTrue(isInterrupted(yield* Fiber.interrupt(fiber)))
        })
      )

      test(
        "of a finished one answers what it answered",
        Effect.gen(function*() {
          const fiber = yield* fork(Effect.succeed(1))
          yield* Fiber.await(fiber)
          assert.deepStrictEqual(yield* Fiber.interrupt(fiber), Exit.succeed(1))
          assert.deepStrictEqual(yield* Fiber.await(fiber), Exit.succeed(1))
          const failed = yield* fork(Effect.fail("no"))
          yield* Fiber.await(failed)
          assert.deepStrictEqual(yield* Fiber.interrupt(failed), Exit.fail("no"))
        })
      )

      test(
        "twice, at once or after one another, answers the same and finalizes once",
        Effect.gen(function*() {
          const { body, log, started } = yield* held
          const fiber = yield* fork(body)
          yield* started
          const exits = yield* Effect.all([Fiber.interrupt(fiber), Fiber.interrupt(fiber)], { concurrency: 2 })
          assert.isTrue(exits.every(isInterrupted))
          assert.isTrue(isInterrupted(yield* Fiber.interrupt(fiber)))
          assert.deepStrictEqual(log, ["interrupted", "finalized"])
        })
      )

      test(
        "makes those who wait for it, and those who come later, see the interruption",
        Effect.gen(function*() {
          const { body, started } = yield* held
          const fiber = yield* fork(body)
          const joiner = yield* Effect.fork(Effect.exit(Fiber.join(fiber)))
          yield* started
          yield* Fiber.interrupt(fiber)
          assert.isTrue(isInterrupted(yield* Fiber.join(joiner)))
          assert.isTrue(isInterrupted(yield* Effect.exit(Fiber.join(fiber))))
        })
      )

      test(
        "waits until the finalizers have run",
        Effect.gen(function*() {
          const started = yield* Deferred.make<void>()
          const cleaning = yield* Deferred.make<void>()
          const cleaned = yield* Deferred.make<void>()
          const fiber = yield* fork(
            Deferred.succeed(started, undefined).pipe(
              Effect.zipRight(Effect.never),
              Effect.ensuring(Effect.zipRight(Deferred.succeed(cleaning, undefined), Deferred.await(cleaned)))
            )
          )
          yield* Deferred.await(started)
          const interrupting = yield* Effect.fork(Fiber.interrupt(fiber))
          yield* Deferred.await(cleaning)
          assert.isTrue(Option.isNone(yield* Fiber.poll(interrupting)))
          assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
          yield* Deferred.succeed(cleaned, undefined)
          assert.isTrue(isInterrupted(yield* Fiber.join(interrupting)))
        })
      )

      test(
        "in the background does not wait",
        Effect.gen(function*() {
          const started = yield* Deferred.make<void>()
          const cleaned = yield* Deferred.make<void>()
          const fiber = yield* fork(
            Deferred.succeed(started, undefined).pipe(
              Effect.zipRight(Effect.never),
              Effect.ensuring(Deferred.await(cleaned))
            )
          )
          yield* Deferred.await(started)
          yield* Fiber.interruptFork(fiber)
          yield* Deferred.succeed(cleaned, undefined)
          assert.isTrue(isInterrupted(yield* Fiber.await(fiber)))
        })
      )

      test(
        "lets a region that must not be interrupted finish",
        Effect.gen(function*() {
          const started = yield* Deferred.make<void>()
          const gate = yield* Deferred.make<void>()
          let finished = false
          const fiber = yield* fork(
            Effect.uninterruptible(
              Deferred.succeed(started, undefined).pipe(
                Effect.zipRight(Deferred.await(gate)),
                Effect.zipRight(Effect.sync(() => {
                  finished = true
                  return 1
                }))
              )
            )
          )
          yield* Deferred.await(started)
          const interrupting = yield* Effect.fork(Fiber.interrupt(fiber))
          yield* Deferred.succeed(gate, undefined)
          yield* Fiber.join(interrupting)
          assert.isTrue(finished)
        })
      )
    })

    describe("several", () => {
      const two = Effect.all([fork(Effect.succeed(1)), fork(Effect.succeed(2))])

      test(
        "Fiber.all, joinAll and awaitAll keep the order",
        Effect.gen(function*() {
          const both = yield* two
          assert.deepStrictEqual(yield* Fiber.join(Fiber.all(both)), [1, 2])
          assert.deepStrictEqual(yield* Fiber.joinAll(both), [1, 2])
          assert.deepStrictEqual(yield* Fiber.awaitAll(both), [Exit.succeed(1), Exit.succeed(2)])
        })
      )

      test(
        "Fiber.zip, map and orElse",
        Effect.gen(function*() {
          const [a, b] = yield* two
          assert.deepStrictEqual(yield* Fiber.join(Fiber.zip(a, b)), [1, 2])
          assert.strictEqual(yield* Fiber.join(Fiber.map(a, (n) => n + 10)), 11)
          const failed = yield* fork(Effect.fail("no"))
          assert.strictEqual(yield* Fiber.join(Fiber.orElse(failed, b)), 2)
        })
      )

      test(
        "Fiber.interruptAll interrupts each and waits for all",
        Effect.gen(function*() {
          const a = yield* held
          const b = yield* held
          const both = yield* Effect.all([fork(a.body), fork(b.body)])
          yield* a.started
          yield* b.started
          yield* Fiber.interruptAll(both)
          assert.deepStrictEqual([...a.log, ...b.log], ["interrupted", "finalized", "interrupted", "finalized"])
        })
      )

      test(
        "Effect.all joins them; the first failure ends the wait and leaves the others running",
        Effect.gen(
          function*() {
            const [a, b] = yield* two
            assert.deepStrictEqual(yield* Effect.all([a, b]), [1, 2])
            const slow = yield* held
            const running = yield* fork(slow.body)
            const failed = yield* fork(Effect.fail("no"))
            yield* slow.started
            assert.strictEqual(yield* Effect.flip(Effect.all([running, failed], { concurrency: 2 })), "no")
            assert.deepStrictEqual(slow.log, [])
            yield* Deferred.succeed(slow.gate, 5)
            assert.strictEqual(yield* running, 5)
          }
        )
      )

      test(
        "Effect.race takes the first and leaves the other running",
        Effect.gen(function*() {
          const slow = yield* held
          const running = yield* fork(slow.body)
          const fast = yield* fork(Effect.succeed(1))
          yield* slow.started
          assert.strictEqual(yield* Effect.race(running, fast), 1)
          assert.deepStrictEqual(slow.log, [])
          yield* Deferred.succeed(slow.gate, 5)
          assert.strictEqual(yield* running, 5)
        })
      )

      test(
        "Effect.timeout stops waiting and leaves it running",
        Effect.gen(function*() {
          const slow = yield* held
          const running = yield* fork(slow.body)
          yield* slow.started
          const waiting = yield* Effect.fork(Effect.either(Effect.timeout(running, "5 seconds")))
          yield* TestClock.adjust("5 seconds")
          assert.strictEqual((yield* Fiber.join(waiting))._tag, "Left")
          assert.deepStrictEqual(slow.log, [])
          yield* Deferred.succeed(slow.gate, 5)
          assert.strictEqual(yield* running, 5)
        })
      )
    })

    describe("scopes", () => {
      test(
        "closing the scope interrupts what runs and waits for its finalizers",
        Effect.gen(function*() {
          const { body, log, started } = yield* held
          const fiber = yield* Effect.scoped(Effect.tap(fork(body), () => started))
          assert.deepStrictEqual(log, ["interrupted", "finalized"])
          assert.isTrue(isInterrupted(yield* Fiber.await(fiber)))
        })
      )

      test(
        "closing the scope leaves what was joined as it was",
        Effect.gen(function*() {
          const fiber = yield* Effect.scoped(Effect.tap(fork(Effect.succeed(1)), (fiber) => Fiber.join(fiber)))
          assert.strictEqual(yield* Fiber.join(fiber), 1)
          assert.deepStrictEqual(yield* Fiber.poll(fiber), Option.some(Exit.succeed(1)))
        })
      )

      test(
        "the inner scope closes before the outer: only what it owns ends",
        Effect.gen(function*() {
          const outer = yield* held
          const inner = yield* held
          const kept = yield* fork(outer.body)
          yield* Effect.scoped(Effect.gen(function*() {
            yield* fork(inner.body)
            yield* inner.started
          }))
          yield* outer.started
          assert.deepStrictEqual(inner.log, ["interrupted", "finalized"])
          assert.deepStrictEqual(outer.log, [])
          yield* Deferred.succeed(outer.gate, 1)
          assert.strictEqual(yield* kept, 1)
        })
      )

      test(
        "a parent scope that closes first closes its child, which may be closed again",
        Effect.gen(function*() {
          const { body, log, started } = yield* held
          const parent = yield* Scope.make()
          const child = yield* Scope.fork(parent, { _tag: "Sequential" } as never)
          const fiber = yield* Scope.extend(fork(body), child)
          yield* started
          yield* Scope.close(parent, Exit.void)
          assert.deepStrictEqual(log, ["interrupted", "finalized"])
          yield* Scope.close(child, Exit.void)
          assert.isTrue(isInterrupted(yield* Fiber.await(fiber)))
          assert.deepStrictEqual(log, ["interrupted", "finalized"])
        })
      )

      test(
        "closed while somebody waits: they see the interruption",
        Effect.gen(function*() {
          const { body, started } = yield* held
          const scope = yield* Scope.make()
          const fiber = yield* Scope.extend(fork(body), scope)
          const joiner = yield* Effect.fork(Effect.exit(Fiber.join(fiber)))
          yield* started
          yield* Scope.close(scope, Exit.void)
          assert.isTrue(isInterrupted(yield* Fiber.join(joiner)))
        })
      )

      test(
        "in a scope that is closed already it is interrupted",
        Effect.gen(function*() {
          const { body } = yield* held
          const scope = yield* Scope.make()
          yield* Scope.close(scope, Exit.void)
          const fiber = yield* Scope.extend(fork(body), scope)
          assert.isTrue(isInterrupted(yield* Fiber.await(fiber)))
        })
      )

      test(
        "the work has a scope of its own, closed with its end",
        Effect.gen(function*() {
          const log: Array<string> = []
          const fiber = yield* fork(
            Effect.acquireRelease(
              Effect.sync(() => void log.push("acquired")),
              () => Effect.sync(() => void log.push("released"))
            ).pipe(Effect.as(1))
          )
          assert.strictEqual(yield* fiber, 1)
          assert.deepStrictEqual(log, ["acquired", "released"])
        })
      )
    })

    describe("identity", () => {
      test(
        "it is a Fiber with an id of its own, equal to itself alone",
        Effect.gen(function*() {
          const a = yield* fork(Effect.succeed(1))
          const b = yield* fork(Effect.succeed(1))
          assert.isTrue(Fiber.isFiber(a))
          assert.isTrue(Equal.equals(a.id(), a.id()))
          assert.isFalse(Equal.equals(a.id(), b.id()))
          assert.isTrue(Equal.equals(a, a))
          assert.isFalse(Equal.equals(a, b))
          assert.isTrue(HashSet.has(HashSet.make(a), a))
          assert.isFalse(HashSet.has(HashSet.make(a), b))
        })
      )

      test(
        maker.isFuture
          ? "differs: children are on other machines, and the list is empty"
          : "children lists what it has forked",
        Effect.gen(function*() {
          const started = yield* Deferred.make<void>()
          const fiber = yield* fork(
            Effect.zipRight(Effect.fork(Effect.never), Deferred.succeed(started, undefined)).pipe(
              Effect.zipRight(Effect.never)
            )
          )
          yield* Deferred.await(started)
          const children = yield* fiber.children
          assert.strictEqual(children.length, maker.isFuture ? 0 : 1)
        })
      )

      test(
        maker.isFuture
          ? "differs: FiberRefs that the work changed do not come back"
          : "join inherits the FiberRefs that the work changed",
        Effect.gen(function*() {
          const ref = FiberRef.unsafeMake("before")
          const fiber = yield* fork(Effect.as(FiberRef.set(ref, "after"), 1))
          yield* Fiber.join(fiber)
          yield* Fiber.inheritAll(fiber)
          assert.strictEqual(yield* FiberRef.get(ref), maker.isFuture ? "before" : "after")
        })
      )

      test(
        maker.isFuture
          ? "differs: it is no RuntimeFiber; `Future.fork` makes one that is interrupted with it"
          : "it is a RuntimeFiber",
        Effect.gen(function*() {
          const { body, log, started } = yield* held
          const fiber = yield* fork(body)
          yield* started
          const runtime = Future.isFuture(fiber) ? yield* Future.fork(fiber) : fiber
          assert.isTrue(Fiber.isRuntimeFiber(runtime))
          assert.isTrue(isInterrupted(yield* Fiber.interrupt(runtime)))
          assert.deepStrictEqual(log, ["interrupted", "finalized"])
          assert.isTrue(isInterrupted(yield* Fiber.await(fiber)))
        })
      )
    })

    describe("what crosses outward", () => {
      test(
        "the trace: a span of the work has the submitter's as an ancestor",
        Effect.gen(function*() {
          let found: { trace: string; ancestors: Array<string> } | undefined
          const spanId = yield* Effect.gen(function*() {
            const span = yield* Effect.currentSpan
            const fiber = yield* fork(
              Effect.currentSpan.pipe(
                Effect.orDie,
                Effect.map((inner) => {
                  const ancestors: Array<string> = []
                  for (
                    let at = Option.getOrUndefined(inner.parent);
                    at !== undefined;
                    at = at._tag === "Span" ? Option.getOrUndefined(at.parent) : undefined
                  ) ancestors.push(at.spanId)
                  found = { trace: inner.traceId, ancestors }
                  return 1
                }),
                Effect.withSpan("inner")
              )
            )
            yield* fiber
            return span
          }).pipe(Effect.orDie, Effect.withSpan("outer"))
          assert.strictEqual(found?.trace, spanId.traceId)
          assert.include(found?.ancestors ?? [], spanId.spanId)
        })
      )

      test(
        "log annotations and the minimum log level",
        Effect.gen(function*() {
          const seen: Array<string> = []
          const fiber = yield* fork(
            Effect.gen(function*() {
              const annotations = yield* FiberRef.get(FiberRef.currentLogAnnotations)
              seen.push(String(Option.getOrUndefined(HashMap.get(annotations, "request"))))
              seen.push((yield* FiberRef.get(FiberRef.currentMinimumLogLevel))._tag)
              return 1
            })
          ).pipe(
            Effect.annotateLogs("request", "r-1"),
            Logger.withMinimumLogLevel(LogLevel.Debug)
          )
          yield* fiber
          assert.deepStrictEqual(seen, ["r-1", "Debug"])
        })
      )
    })
  })
}

describe("laws of fibers", () => {
  suite(fibers)
  suite(futures)

  describe("of Futures alone", () => {
    const provided = <A, E>(effect: Effect.Effect<A, E, Scope.Scope | Client.Client>, options = {}) =>
      Effect.provide(
        effect,
        LocalCluster.layer({ tasks: TaskGroup.make(law, unused), ...options })
      ) as Effect.Effect<A, E, Scope.Scope>
    const submit = (body: Body, options: Task.SubmitOptions = {}) => {
      const n = ++lastBody
      bodies.set(n, body)
      return Client.submit(law.pipe(Task.with(options)), n)
    }

    it.scoped("interrupting one handle of shared work leaves the others, and the work", () =>
      provided(Effect.gen(function*() {
        const { body, gate, log, started } = yield* held
        const n = ++lastBody
        bodies.set(n, body)
        const shared = law.pipe(Task.with({ pure: true }))
        const one = yield* Client.submit(shared, n)
        const other = yield* Client.submit(shared, n)
        assert.strictEqual(one.key, other.key)
        yield* started
        assert.isTrue(isInterrupted(yield* Fiber.interrupt(one)))
        assert.deepStrictEqual(log, [])
        yield* Deferred.succeed(gate, 4)
        assert.strictEqual(yield* other, 4)
        assert.isTrue(isInterrupted(yield* Fiber.await(one)))
        assert.strictEqual(other.status, "finished")
        assert.strictEqual(one.status, "cancelled")
      })))

    it.scoped("interruption waits for finalizers no longer than the grace period", () =>
      provided(
        Effect.gen(function*() {
          const started = yield* Deferred.make<void>()
          const cleaned = yield* Deferred.make<void>()
          const future = yield* submit(
            Effect.ensuring(
              Effect.zipRight(Deferred.succeed(started, undefined), Effect.never),
              Deferred.await(cleaned)
            )
          )
          yield* Deferred.await(started)
          const interrupting = yield* Effect.fork(Fiber.interrupt(future))
          yield* TestClock.adjust("2 seconds")
          assert.isTrue(Option.isNone(yield* Fiber.poll(interrupting)))
          yield* TestClock.adjust("1 seconds")
          assert.isTrue(isInterrupted(yield* Fiber.join(interrupting)))
          yield* Deferred.succeed(cleaned, undefined)
        }),
        { grace: "3 seconds" }
      ))

    it.scoped("nor for a way to the scheduler that is broken", () => {
      const { down, layer } = deafDoor()
      return Effect.gen(function*() {
        const future = yield* Client.submit(law, 0)
        const interrupting = yield* Effect.fork(Fiber.interrupt(future))
        yield* Effect.yieldNow()
        assert.isTrue(Option.isNone(yield* Fiber.poll(interrupting)))
        down()
        assert.isTrue(isInterrupted(yield* Fiber.join(interrupting)))
        const later = yield* Client.submit(law, 0)
        assert.isTrue(isInterrupted(yield* Fiber.interrupt(later)))
      }).pipe(Effect.provide(layer({})))
    })

    it.scoped("the time left to an attempt bounds what it submits", () =>
      provided(Effect.gen(function*() {
        let child: Fiber.Fiber<unknown, unknown> | undefined
        const submitted = yield* Deferred.make<void>()
        const never = ++lastBody
        bodies.set(never, Effect.never)
        const parent = yield* submit(
          Effect.gen(function*() {
            child = yield* Client.submit(law.pipe(Task.with({ timeout: "1 hour" })), never)
            yield* Deferred.succeed(submitted, undefined)
            // Not its own end but the child's time is what this waits for.
            const exit = yield* Effect.uninterruptible(Fiber.await(child))
            return yield* Exit.isFailure(exit) ? Effect.fail(Cause.pretty(exit.cause)) : Effect.succeed(1)
          }) as Body,
          { timeout: "10 seconds" }
        )
        yield* Deferred.await(submitted)
        yield* TestClock.adjust("9 seconds")
        assert.strictEqual(parent.status, "pending")
        assert.isTrue(Option.isNone(yield* Fiber.poll(child!)))
        yield* TestClock.adjust("1 seconds")
        const error = yield* Effect.flip(parent)
        assert.include(String(error), "TimedOut")
        assert.isTrue(Option.isSome(yield* Fiber.poll(child!)))
      })))

    it.scoped("a retained future outlives the scope it was submitted in, and ends with its new one", () =>
      provided(Effect.gen(function*() {
        const { body, log, started } = yield* held
        const longer = yield* Scope.make()
        const future = yield* Effect.scoped(Effect.gen(function*() {
          const future = yield* submit(body)
          yield* started
          return yield* Scope.extend(Future.retain(future), longer)
        }))
        assert.deepStrictEqual(log, [])
        assert.strictEqual(future.status, "pending")
        yield* Scope.close(longer, Exit.void)
        assert.deepStrictEqual(log, ["interrupted", "finalized"])
      })))

    it.scoped("a failure keeps its type across the cluster, and a defect its stack", () =>
      provided(Effect.gen(function*() {
        const future = yield* submit(Effect.sync(() => {
          throw new RangeError("too far")
        }))
        const exit = yield* future.await
        const [defect] = Exit.isFailure(exit) ? Chunk.toReadonlyArray(Cause.defects(exit.cause)) : []
        assert.strictEqual((defect as Error).message, "too far")
        assert.strictEqual((defect as Error).name, "RangeError")
        assert.include((defect as Error).stack, "fiber.test")
      })))
  })
})
