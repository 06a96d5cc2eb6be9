import { ChildSpec, MachineActor, Supervisor } from "@creel/actor"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"

const quiet = Effect.yieldNow().pipe(Effect.repeatN(100))

/** A child that writes down when it starts and stops, and that the test can make fail. */
const subject = (log: Array<string>, id: string, options?: Partial<ChildSpec.Options>) => {
  const handle = { ref: undefined as MachineActor.MachineRef<string, unknown> | undefined }
  const spec = ChildSpec.make({
    id,
    ...options,
    start: Effect.gen(function*() {
      log.push(`+${id}`)
      yield* Effect.addFinalizer(() => Effect.sync(() => log.push(`-${id}`)))
      const ref = yield* MachineActor.make({
        name: id,
        machine: {
          initial: () => 0,
          step: (_: number, events: ReadonlyArray<string>) => {
            if (events.includes("fail")) throw new Error(`${id} failed`)
            return []
          }
        },
        perform: () => {}
      })
      handle.ref = ref
      return ref
    })
  })
  return { spec, fail: () => handle.ref!.tell("fail"), end: Effect.suspend(() => handle.ref!.stop()), handle }
}

const take = (log: Array<string>) => log.splice(0)

describe("Supervisor", () => {
  it.effect("children start in order and stop in reverse order", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const scope = yield* Scope.make()
      yield* Scope.extend(
        Supervisor.make({ name: "top", children: ["a", "b", "c"].map((id) => subject(log, id).spec) }),
        scope
      )
      assert.deepStrictEqual(take(log), ["+a", "+b", "+c"])
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(take(log), ["-c", "-b", "-a"])
    }))

  it.scoped("one-for-one restarts the child that failed, after its Scope has closed", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const [a, b] = [subject(log, "a"), subject(log, "b")]
      const top = yield* Supervisor.make({ name: "top", children: [a.spec, b.spec] })
      const first = yield* top.get(a.spec)
      take(log)
      a.fail()
      yield* quiet
      assert.deepStrictEqual(take(log), ["-a", "+a"])
      const second = yield* top.get(a.spec)
      assert.notStrictEqual(first, second)
      assert.isTrue(second.tell("hello"))
    }))

  it.scoped("one-for-all stops all in reverse order and starts all in order", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const [a, b, c] = [subject(log, "a"), subject(log, "b"), subject(log, "c")]
      yield* Supervisor.make({ name: "top", strategy: "one-for-all", children: [a.spec, b.spec, c.spec] })
      take(log)
      b.fail()
      yield* quiet
      assert.deepStrictEqual(take(log), ["-c", "-b", "-a", "+a", "+b", "+c"])
    }))

  it.scoped("rest-for-one restarts the child that failed and those after it", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const [a, b, c] = [subject(log, "a"), subject(log, "b"), subject(log, "c")]
      yield* Supervisor.make({ name: "top", strategy: "rest-for-one", children: [a.spec, b.spec, c.spec] })
      take(log)
      b.fail()
      yield* quiet
      assert.deepStrictEqual(take(log), ["-c", "-b", "+b", "+c"])
    }))

  it.scoped("permanent, transient and temporary say who comes back", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const permanent = subject(log, "permanent")
      const transient = subject(log, "transient", { restart: "transient" })
      const temporary = subject(log, "temporary", { restart: "temporary" })
      const top = yield* Supervisor.make({
        name: "top",
        limit: { failures: 9, within: "5 seconds" },
        children: [permanent.spec, transient.spec, temporary.spec]
      })
      take(log)
      yield* permanent.end
      yield* quiet
      assert.deepStrictEqual(take(log), ["-permanent", "+permanent"])
      transient.fail()
      yield* quiet
      assert.deepStrictEqual(take(log), ["-transient", "+transient"])
      yield* transient.end
      yield* quiet
      assert.deepStrictEqual(take(log), ["-transient"])
      temporary.fail()
      yield* quiet
      assert.deepStrictEqual(take(log), ["-temporary"])
      const tree = yield* top.tree
      assert.deepStrictEqual(tree.children.map(({ id, restarts, status }) => [id, status, restarts]), [
        ["permanent", "up", 1],
        ["transient", "down", 1]
      ])
    }))

  it.scoped("a failure too many within the period stops all and fails the supervisor", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const [a, b] = [subject(log, "a"), subject(log, "b")]
      const top = yield* Supervisor.make({
        name: "top",
        limit: { failures: 2, within: "5 seconds" },
        children: [a.spec, b.spec]
      })
      const awaiting = yield* Effect.fork(Effect.flip(top.await))
      for (const id of [a, b]) {
        id.fail()
        yield* quiet
      }
      take(log)
      a.fail()
      const error = yield* Fiber.join(awaiting)
      assert.strictEqual(error._tag, "SupervisorFailed")
      assert.strictEqual(error.child, "a")
      assert.strictEqual(error.failures, 3)
      assert.include(error.message, "a failed")
      assert.deepStrictEqual(take(log), ["-b", "-a"])
      const late = yield* Effect.flip(top.startChild(subject(log, "late").spec))
      assert.strictEqual(late._tag, "StartFailed")
    }))

  it.scoped("failures further apart than the period do not add up", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const a = subject(log, "a")
      const top = yield* Supervisor.make({
        name: "top",
        limit: { failures: 1, within: "5 seconds" },
        children: [a.spec]
      })
      for (let i = 0; i < 5; i++) {
        a.fail()
        yield* quiet
        yield* TestClock.adjust("5 seconds")
      }
      assert.strictEqual((yield* top.tree).children[0]!.restarts, 5)
    }))

  it.scoped("the backoff schedule delays restarts, and begins anew after a well period", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const a = subject(log, "a")
      yield* Supervisor.make({
        name: "top",
        limit: { failures: 10, within: "1 minute" },
        backoff: Schedule.exponential("1 second"),
        children: [a.spec]
      })
      take(log)
      for (const seconds of [1, 2, 4]) {
        a.fail()
        yield* quiet
        assert.deepStrictEqual(take(log), ["-a"])
        yield* TestClock.adjust(Duration.seconds(seconds - 0.1))
        assert.deepStrictEqual(take(log), [])
        yield* TestClock.adjust(100)
        assert.deepStrictEqual(take(log), ["+a"])
      }
      yield* TestClock.adjust("1 minute")
      a.fail()
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(take(log), ["-a", "+a"])
    }))

  it.scoped("the end of the backoff schedule is giving up", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const a = subject(log, "a")
      const top = yield* Supervisor.make({
        name: "top",
        limit: { failures: 10, within: "1 minute" },
        backoff: Schedule.recurs(1),
        children: [a.spec]
      })
      const awaiting = yield* Effect.fork(Effect.flip(top.await))
      a.fail()
      yield* quiet
      a.fail()
      const error = yield* Fiber.join(awaiting)
      assert.strictEqual(error.failures, 2)
    }))

  it.scoped("failing past the limit escalates to the parent, which restarts the whole branch", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const [a, b, other] = [subject(log, "a"), subject(log, "b"), subject(log, "other")]
      const branch = Supervisor.child({
        name: "branch",
        limit: { failures: 0, within: "5 seconds" },
        children: [a.spec, b.spec]
      })
      const top = yield* Supervisor.make({ name: "top", children: [other.spec, branch] })
      take(log)
      a.fail()
      yield* quiet
      assert.deepStrictEqual(take(log), ["-b", "-a", "+a", "+b"])
      const tree = yield* top.tree
      assert.deepStrictEqual(
        tree.children.map(({ children, id, restarts, status }) => [
          id,
          status,
          restarts,
          children.map((child) => child.id)
        ]),
        [["other", "up", 0, []], ["branch", "up", 1, ["a", "b"]]]
      )
    }))

  it.effect("at the top, giving up fails the owner", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const a = subject(log, "a")
      const error = yield* Effect.flip(Supervisor.run(
        { name: "top", limit: { failures: 0, within: "5 seconds" }, children: [a.spec] },
        () => Effect.zipRight(Effect.sync(a.fail), Effect.never)
      ))
      assert.strictEqual(error._tag, "SupervisorFailed")
      assert.deepStrictEqual(log, ["+a", "-a"])
    }))

  it.effect("a first start that fails leaves nothing behind; a later one counts as a failure", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const a = subject(log, "a")
      const bad = ChildSpec.make({
        id: "bad",
        start: Effect.zipRight(
          Effect.acquireRelease(Effect.sync(() => log.push("+bad")), () => Effect.sync(() => log.push("-bad"))),
          Effect.fail("no socket")
        )
      })
      const exit = yield* Effect.exit(Effect.scoped(Supervisor.make({ name: "top", children: [a.spec, bad] })))
      assert.isTrue(Exit.isFailure(exit) && Cause.pretty(exit.cause).includes("no socket"))
      assert.deepStrictEqual(log, ["+a", "+bad", "-bad", "-a"])

      let starts = 0
      const flaky = ChildSpec.make({
        id: "flaky",
        start: Effect.suspend(() => starts++ === 0 ? MachineActor.make(idle) : Effect.fail("no socket"))
      })
      const error = yield* Effect.flip(Supervisor.run(
        { name: "top", limit: { failures: 2, within: "5 seconds" }, children: [flaky] },
        (top) =>
          Effect.flatMap(top.get(flaky), (ref) => {
            ref.kill(Cause.die("x"))
            return Effect.never
          })
      ))
      assert.strictEqual(error._tag, "SupervisorFailed")
      assert.strictEqual(starts, 3)
    }))

  it.scoped("children can be added, stopped, started again, and removed", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const [a, b] = [subject(log, "a"), subject(log, "b")]
      const top = yield* Supervisor.make({ name: "top", children: [a.spec] })
      const ref = yield* top.startChild(b.spec)
      assert.isTrue(ref.tell("hello"))
      assert.strictEqual((yield* Effect.flip(top.startChild(b.spec)))._tag, "ChildExists")
      yield* top.stopChild("b")
      assert.deepStrictEqual(take(log), ["+a", "+b", "-b"])
      const stopped = yield* Effect.flip(top.get(b.spec))
      assert.strictEqual(stopped.status, "down")
      yield* top.restartChild("b")
      yield* top.restartChild("a")
      assert.deepStrictEqual(take(log), ["+b", "-a", "+a"])
      yield* top.removeChild("b")
      assert.strictEqual((yield* Effect.flip(top.stopChild("b")))._tag, "ChildNotRunning")
      yield* top.startChild(b.spec)
      assert.deepStrictEqual(take(log), ["-b", "+b"])
    }))

  it.scoped("a child that does not stop within its deadline holds nobody up", () =>
    Effect.gen(function*() {
      const gate = yield* Deferred.make<void>()
      const stubborn = ChildSpec.effect({
        id: "stubborn",
        shutdown: "2 seconds",
        run: Effect.onInterrupt(Effect.never, () => Deferred.await(gate))
      })
      const top = yield* Supervisor.make({ name: "top", children: [stubborn] })
      yield* quiet
      const stopping = yield* Effect.fork(top.removeChild("stubborn"))
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual((yield* Fiber.poll(stopping))._tag, "None")
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(stopping)
      yield* Deferred.succeed(gate, undefined)
    }))

  it.scoped("stopping the supervisor while a child starts or waits leaves nothing running", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const a = subject(log, "a")
      const slow = ChildSpec.make({
        id: "slow",
        start: Effect.zipRight(
          Effect.acquireRelease(Effect.sync(() => log.push("+slow")), () => Effect.sync(() => log.push("-slow"))),
          Effect.never
        )
      })
      const top = yield* Supervisor.make({ name: "top", backoff: Schedule.spaced("1 hour"), children: [a.spec] })
      const starting = yield* Effect.fork(Effect.flip(top.startChild(slow)))
      yield* quiet
      a.fail()
      yield* quiet
      yield* top.stop()
      yield* top.await
      assert.strictEqual((yield* Fiber.join(starting))._tag, "StartFailed")
      assert.deepStrictEqual(log, ["+a", "+slow", "-a", "-slow"])
    }))

  it.scoped("a significant child's end ends the supervisor where that is asked", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const main = subject(log, "main", { restart: "transient", significant: true })
      const helper = subject(log, "helper")
      const top = yield* Supervisor.make({
        name: "top",
        autoShutdown: "any-significant",
        children: [main.spec, helper.spec]
      })
      yield* main.end
      yield* top.await
      assert.deepStrictEqual(log, ["+main", "+helper", "-helper", "-main"])
    }))

  it.scoped("a child may be one Effect, and needs what it needs", () =>
    Effect.gen(function*() {
      class Greeting extends Context.Tag("Greeting")<Greeting, string>() {}
      const said: Array<string> = []
      const spec = ChildSpec.effect({
        id: "loop",
        restart: "transient",
        run: Effect.gen(function*() {
          said.push(yield* Greeting)
          if (said.length < 3) return yield* Effect.fail("again")
        })
      })
      const top = yield* Supervisor.make({ name: "top", children: [spec] }).pipe(
        Effect.provideService(Greeting, "hello")
      )
      yield* quiet
      assert.deepStrictEqual(said, ["hello", "hello", "hello"])
      assert.strictEqual((yield* top.tree).children[0]!.status, "down")
    }))
})

const idle: MachineActor.Options<null, never, never> = {
  name: "idle",
  machine: { initial: () => null, step: () => [] },
  perform: () => {}
}
