import { assert, describe, it } from "@effect/vitest"
import { Client, Door, Future, Rpcs, Task } from "creel"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { another, gated, inc, on, onDoor, until } from "./LocalCluster.fixture.js"

const zeros = Task.sync("zeros", (length: number) => new Float64Array(length))
const large = Task.sync("large", (length: number) => new Float64Array(length))
const length = Task.sync("length", (xs: Float64Array) => xs.length)

const bytes = 80_000

describe("Client.memory", () => {
  it.scoped("says what each worker holds, by group too, and the largest first, without any sign of life", () =>
    Effect.gen(function*() {
      const small = yield* Client.map(zeros, [10_000, 10_000])
      const big = yield* Client.submit(large.pipe(Task.with({ key: "big" })), 20_000)
      yield* Client.wait([...small, big])
      const { groups, largest, workers } = yield* Client.memory
      assert.deepStrictEqual(workers.map((worker) => worker.name).length, 2)
      const held = workers.reduce((sum, worker) => sum + worker.heldBytes, 0)
      assert.isAtLeast(held, 4 * bytes)
      assert.isBelow(held, 4 * bytes + 10_000)
      assert.strictEqual(workers.reduce((sum, worker) => sum + worker.values, 0), 3)
      for (const worker of workers) {
        assert.strictEqual(worker.managed, worker.heldBytes)
        assert.strictEqual(worker.spilled, 0)
        assert.isUndefined(worker.limit)
        assert.isFalse(worker.paused)
      }
      const counts = Object.fromEntries(groups.map(({ copies, group, keys }) => [group, { keys, copies }]))
      assert.deepStrictEqual(counts, { zeros: { keys: 2, copies: 2 }, large: { keys: 1, copies: 1 } })
      assert.strictEqual(groups.reduce((sum, group) => sum + group.bytes, 0), held)
      assert.strictEqual(largest[0]?.key, "big")
      assert.isAtLeast(largest[0]!.bytes, 2 * bytes)
      assert.strictEqual(largest.length, 3)
      assert.deepStrictEqual(yield* Client.workersMemory, workers)
    }).pipe(on({ workers: 2 }, zeros, large)))

  it.scoped("is back where it was when futures are let go of", () =>
    Effect.gen(function*() {
      yield* Effect.scoped(Effect.flatMap(Client.map(zeros, [1, 1000, 100_000]), Client.wait))
      const after = yield* until(Client.memory, ({ workers }) => workers.every((worker) => worker.values === 0))
      assert.deepStrictEqual(after.groups, [])
      assert.deepStrictEqual(after.largest, [])
      assert.strictEqual(after.scheduler, 0)
      assert.strictEqual(after.workers[0]!.heldBytes, 0)
    }).pipe(on({}, zeros)))
})

describe("answers", () => {
  it.scoped("are the same at the other end of a wire", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(zeros, 10_000)
      yield* Client.wait(x)
      const { ask } = yield* Door.Door
      const same = <A>(name: "Memory" | "WhyHeld" | "WouldFree", answer: A) => {
        const schema = Rpcs.SchedulerRpcs.requests.get(name)!.successSchema as unknown as Schema.Schema<A>
        const wire = JSON.stringify(Schema.encodeSync(schema)(answer))
        // JSON leaves out what is undefined: so does a wire.
        assert.deepStrictEqual(JSON.parse(wire), JSON.parse(JSON.stringify(answer)))
        assert.deepStrictEqual(Schema.decodeUnknownSync(schema)(answer), answer)
      }
      same("Memory", yield* ask.memory(true))
      same("WhyHeld", yield* ask.whyHeld(x.key))
      same("WhyHeld", yield* ask.whyHeld("nobody"))
      same("WouldFree", yield* ask.wouldFree((yield* Client.Client).id, [x.key]))
    }).pipe(onDoor({}, zeros)))
})

describe("Client.whyHeld", () => {
  it.scoped("who wants it, by name; which unfinished tasks need it; who holds it", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const mine = yield* Client.Client
        const theirs = yield* another("theirs")
        const pure = inc.pipe(Task.with({ pure: true }))
        const x = yield* mine.submit(pure, 1)
        yield* theirs.submit(pure, 1)
        yield* mine.wait(x)
        const y = yield* mine.submit(task.pipe(Task.with({ key: "later" })), x)
        yield* started
        const why = yield* until(mine.whyHeld(x), (why) => why.wantedBy.length === 2)
        assert.deepStrictEqual(why.wantedBy.map((one) => one.name).sort(), ["client", "theirs"])
        assert.deepStrictEqual(why.neededBy, { count: 1, keys: ["later"] })
        const [worker] = yield* mine.workers
        assert.include(why.holders, worker!.name)
        assert.isTrue(why.known)
        assert.include(why.summary, "theirs")
        assert.include(why.summary, "1 unfinished task")
        yield* open
        yield* mine.wait(y)
        assert.strictEqual((yield* mine.whyHeld(x)).neededBy.count, 0)
      }).pipe(onDoor({}, inc, task))
    }))

  it.scoped("what is remembered for something, under the name its user gave it", () =>
    Effect.gen(function*() {
      const x = yield* Client.submit(inc.pipe(Task.with({ key: "first" })), 1)
      const y = yield* Client.submit(inc.pipe(Task.with({ key: "second" })), x)
      yield* Client.wait(y)
      yield* Future.release(x)
      const why = yield* until(Client.whyHeld("first"), (why) => why.wantedBy.length === 0)
      assert.deepStrictEqual(why.lineageOf, { count: 1, keys: ["second"] })
      assert.isUndefined(why.bytes)
      assert.strictEqual(why.key, "first")
      assert.include(why.summary, "remembered to recompute")
    }).pipe(on({}, inc)))

  it.scoped("scattered data, work the cluster keeps, and what nobody knows", () =>
    Effect.gen(function*() {
      const { open, started, task } = gated()
      return yield* Effect.gen(function*() {
        const data = yield* Client.scatter(new Float64Array(1000))
        yield* Client.wait(data)
        assert.isTrue((yield* Client.whyHeld(data)).scattered)
        const key = yield* Client.fireAndForget(task, 1)
        yield* started
        const why = yield* Client.whyHeld(key)
        assert.isTrue(why.kept)
        assert.include(why.summary, "fireAndForget")
        yield* open
        yield* until(Client.whyHeld(key), (why) => !why.known)
        assert.include((yield* Client.whyHeld("nobody")).summary, "not known")
      }).pipe(on({}, task))
    }))
})

describe("Client.wouldFree", () => {
  it.scoped("foretells what a release frees, and changes nothing", () =>
    Effect.gen(function*() {
      const mine = yield* Client.Client
      const theirs = yield* another("theirs")
      const scope = yield* Scope.make()
      const pure = zeros.pipe(Task.with({ pure: true }))
      const own = yield* Scope.extend(mine.submit(zeros, 10_000), scope)
      const shared = yield* Scope.extend(mine.submit(pure, 10_000), scope)
      const other = yield* theirs.submit(pure, 10_000)
      yield* mine.wait([own, shared])
      yield* theirs.wait(other)
      const held = Effect.map(
        mine.workersMemory,
        (workers) => workers.reduce((sum, worker) => sum + worker.heldBytes, 0)
      )
      const before = yield* held
      const would = yield* mine.wouldFree([own, shared])
      assert.deepStrictEqual(would.keys.map((one) => one.key), [own.key])
      assert.isAtLeast(would.bytes, bytes)
      assert.deepStrictEqual(would.stopped, [])
      assert.deepStrictEqual(yield* mine.wouldFree(own.key), yield* mine.wouldFree(own))
      assert.strictEqual((yield* theirs.wouldFree(own.key)).bytes, 0)
      assert.strictEqual(yield* held, before)
      yield* Scope.close(scope, Exit.void)
      const after = yield* until(held, (now) => now < before)
      assert.strictEqual(before - after, would.bytes)
      assert.isAtLeast((yield* theirs.wouldFree(other)).bytes, bytes)
    }).pipe(onDoor({ workers: 2 }, zeros)))

  it.scoped("names the work that would be given up", () =>
    Effect.gen(function*() {
      const { started, task } = gated()
      return yield* Effect.gen(function*() {
        const n = yield* Effect.scoped(Effect.gen(function*() {
          const xs = yield* Client.submit(zeros.pipe(Task.with({ key: "xs" })), 10_000)
          yield* Client.wait(xs)
          const size = yield* Client.submit(length, xs)
          const y = yield* Client.submit(task.pipe(Task.with({ key: "slow" })), size)
          yield* started
          const would = yield* Client.wouldFree([y, size, xs])
          assert.deepStrictEqual(would.stopped, ["slow"])
          assert.include(would.keys.map((one) => one.key), "xs")
          return would.keys.length
        }))
        assert.strictEqual(n, 2)
      }).pipe(on({}, zeros, length, task))
    }))
})
