/** Runners by themselves: jobs posted by hand, and what is said of them. */
import * as Id from "@creel/core/Id"
import { assert, describe, it } from "@effect/vitest"
import { Client, Door, type Executor, Runner, Task, TaskGroup, Value } from "creel"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { deafService } from "./promises/deafDoor.js"

const attempt = (n: number): Id.Attempt => Id.attempt(3, n)
const valueOf = (n: number): Id.ValueId => Id.valueId(`k-${n}`, attempt(n))

const inc = Task.sync("inc", (x: number) => x + 1)
const add = Task.sync("add", (x: number, y: number) => x + y)
const later = Task.make("later", (x: number) => Effect.as(Effect.yieldNow(), x + 1))
const boom = Task.sync("boom", (_: number): number => {
  throw new Error("boom")
})
const large = Task.make("large", () => Effect.as(Effect.yieldNow(), "x".repeat(5000)))
const length = Task.sync("length", (s: string) => s.length)

const input = { _id: "input" }

/** A job whose arguments are numbers, or the values of earlier jobs: `[n]`. */
const job = (n: number, task: Task.Task.Any, ...args: ReadonlyArray<number | readonly [number]>): Executor.Job => {
  const inputs: Array<Executor.Job["inputs"][number]> = []
  const leaves = args.map((arg) => {
    if (typeof arg === "number") return arg
    inputs.push({ value: valueOf(arg[0]), payload: undefined })
    return new Map([[input, inputs.length - 1]])
  })
  return {
    key: `k-${n}`,
    attempt: attempt(n),
    task: task.id,
    group: task.name,
    args: task.encodeArgs(leaves, (leaf) => leaf instanceof Map ? leaf.get(input) as number | undefined : undefined),
    inputs,
    failures: 0,
    outward: undefined,
    deadline: undefined
  }
}

const make = (...tasks: ReadonlyArray<Task.Task.Any>) => makeWith({}, ...tasks)

const makeWith = (options: Partial<Runner.Options<never>>, ...tasks: ReadonlyArray<Task.Task.Any>) =>
  Effect.gen(function*() {
    const said: Array<string> = []
    const claimed: Array<number> = []
    let ends = 0
    let look = () => {}
    const runner = yield* Runner.make({
      executor: "w/0",
      worker: { id: "w-1", name: "w" },
      // None of these tasks requires anything.
      tasks: TaskGroup.make(inc, add, later, boom, large, length, ...tasks) as TaskGroup.TaskGroup<never>,
      share: false,
      allowPlain: false,
      emit: (event) => {
        if (event._tag === "Claimed") claimed.push(number(event.attempt))
        const line = lineOf(event)
        if (line !== undefined) said.push(line)
        if (event._tag === "Ended" || event._tag === "Unready") ends++
        look()
      },
      ...options
    }).pipe(Effect.provideService(Door.Door, deafService()))
    const ended = (count: number) =>
      Effect.async<ReadonlyArray<string>>((resume) => {
        look = () => {
          if (ends < count) return
          look = () => {}
          resume(Effect.sync(() => said))
        }
        look()
      })
    return { runner, said, claimed, ended, run: (...jobs: ReadonlyArray<Executor.Job>) => jobs.forEach(runner.run) }
  })

const number = (at: Id.Attempt): number => at - attempt(0)

const lineOf = (event: Executor.ExecutorEvent): string | undefined => {
  if (event._tag === "Unready") return `${number(event.attempt)} unready`
  if (event._tag !== "Ended") return undefined
  const { outcome } = event
  return `${number(event.attempt)} ${outcome._tag === "Value" ? Value.decode(outcome.payload) : outcome._tag}`
}

/** A task that stays until it is told. */
const gated = () => {
  const gate = Deferred.unsafeMake<number>(FiberId.none)
  return {
    task: Task.make("gated", () => Deferred.await(gate)),
    open: (x: number) => Deferred.unsafeDone(gate, Effect.succeed(x))
  }
}

describe("a runner", () => {
  it.scoped("runs synchronous tasks in the order in which they arrive", () =>
    Effect.gen(function*() {
      const { ended, run } = yield* make()
      run(...Array.from({ length: 3000 }, (_, n) => job(n, inc, n)))
      const said = yield* ended(3000)
      assert.deepStrictEqual(said, Array.from({ length: 3000 }, (_, n) => `${n} ${n + 1}`))
    }))

  it.scoped("answers for a job that it takes back before it began", () =>
    Effect.gen(function*() {
      const { ended, run, runner } = yield* make()
      run(job(1, inc, 1), job(2, inc, 2), job(3, inc, 3))
      runner.interrupt(attempt(2), "no need", "test")
      assert.deepStrictEqual(yield* ended(3), ["2 Interrupted", "1 2", "3 4"])
    }))
})

describe("what a codec throws", () => {
  it.scoped("ends the job and no other, even if it does not turn into text", () =>
    Effect.gen(function*() {
      const odd = Schema.transform(Schema.Number, Schema.Number, {
        decode: () => {
          throw Object.create(null)
        },
        encode: (x) => x
      })
      const task = Task.sync("odd", (x: number) => x, { args: [odd] })
      const { ended, run } = yield* make(task)
      run(job(1, inc, 1), job(2, task, 2), job(3, inc, 3))
      assert.deepStrictEqual(yield* ended(3), ["1 2", "2 Failure", "3 4"])
    }))
})

describe("the code of an attempt", () => {
  it.scoped("needs no fiber for what has ended already, and says that it began only where the end does not", () =>
    Effect.gen(function*() {
      const exits = Task.make("exits", (x: number) => x > 0 ? Effect.succeed(x) : Effect.fail("not positive"))
      const throws = Task.make("throws", (_: number): Effect.Effect<number> => {
        throw new Error("thrown, not failed")
      })
      const works = Task.make("works", (x: number) => Effect.sync(() => x))
      const { claimed, ended, run } = yield* make(exits, throws, works)
      run(job(1, exits, 1), job(2, exits, -1), job(3, throws, 1), job(4, works, 4), job(5, later, 5))
      assert.deepStrictEqual(yield* ended(5), ["1 1", "2 Failure", "3 Failure", "4 4", "5 6"])
      assert.deepStrictEqual(claimed, [5])
    }))

  it.scoped("sees its own scope, names and log annotations, and finalizers run before its end is told", () =>
    Effect.gen(function*() {
      const log: Array<unknown> = []
      const task = Task.make("looks", (x: number) =>
        Effect.gen(function*() {
          yield* Effect.addFinalizer((exit) => Effect.sync(() => void log.push(exit._tag)))
          const current = yield* Task.Current
          log.push(current, Object.fromEntries(yield* FiberRef.get(FiberRef.currentLogAnnotations)))
          log.push((yield* FiberRef.get(FiberRef.currentMinimumLogLevel)).label)
          yield* Effect.yieldNow()
          return x
        }))
      const { ended, run, said } = yield* makeWith({}, task)
      run({
        ...job(1, task, 1),
        outward: { trace: undefined, annotations: { who: "me" }, logLevel: "Warning" }
      })
      yield* ended(1)
      assert.deepStrictEqual(log, [
        { key: "k-1", attempt: "3.1", worker: "w", group: "looks" },
        { "creel.worker": "w", "creel.key": "k-1", "creel.attempt": "3.1", who: "me" },
        "WARN",
        "Success"
      ])
      assert.deepStrictEqual(said, ["1 1"])
    }))

  it.scoped("has a Scope of its own, closed with its own end", () =>
    Effect.gen(function*() {
      const scopes = new Set<Scope.Scope>()
      const task = Task.make("scoped", (x: number) =>
        Effect.gen(function*() {
          scopes.add(yield* Effect.scope)
          yield* Effect.addFinalizer((exit) => Effect.sync(() => void closed.push(`${x} ${exit._tag}`)))
          yield* Effect.yieldNow()
          return yield* x % 2 === 0 ? Effect.succeed(x) : Effect.fail("odd")
        }))
      const closed: Array<string> = []
      const { ended, run } = yield* make(task)
      run(...Array.from({ length: 200 }, (_, n) => job(n, task, n)))
      yield* ended(200)
      assert.strictEqual(scopes.size, 200)
      assert.sameMembers(closed, Array.from({ length: 200 }, (_, n) => `${n} ${n % 2 === 0 ? "Success" : "Failure"}`))
    }))

  it.scoped("ends when its finalizers have, interrupted or not; one that fails is a defect of the attempt", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const release = Deferred.unsafeMake<void>(FiberId.none)
      const task = Task.make("finalizes", (x: number) =>
        Effect.gen(function*() {
          yield* Effect.addFinalizer((exit) =>
            Effect.zipRight(Deferred.await(release), Effect.sync(() => void log.push(`${x} ${exit._tag}`)))
          )
          if (x === 3) yield* Effect.addFinalizer(() => Effect.die("a bad finalizer"))
          return x === 2 ? yield* Effect.never : x
        }))
      const { ended, run, runner, said } = yield* make(task)
      run(job(1, task, 1), job(2, task, 2), job(3, task, 3), job(4, inc, 4))
      yield* ended(1)
      runner.interrupt(attempt(2), "no need", "test")
      yield* Effect.yieldNow()
      assert.deepStrictEqual([said, log], [["4 5"], []])
      yield* Deferred.succeed(release, undefined)
      yield* ended(4)
      assert.sameMembers(log, ["1 Success", "2 Failure", "3 Success"])
      assert.sameMembers([...said], ["4 5", "1 1", "2 Interrupted", "3 Failure"])
    }))

  it.scoped("is interrupted, and its finalizers have run, when the runner's scope has closed", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const task = Task.make("stays", (x: number) =>
        Effect.zipRight(
          Effect.addFinalizer(() =>
            Effect.zipRight(Effect.yieldNow(), Effect.sync(() => void log.push(`closed ${x}`)))
          ),
          Effect.never
        ))
      yield* Effect.scoped(Effect.gen(function*() {
        const { ended, run } = yield* make(task)
        run(job(1, task, 1), job(2, task, 2), job(3, inc, 1))
        yield* ended(1)
      }))
      assert.sameMembers(log, ["closed 1", "closed 2"])
    }))

  it.scoped("has a Client that is like any other, made when it is asked for", () =>
    Effect.gen(function*() {
      const seen: Array<unknown> = []
      const task = Task.make("asks", (x: number) =>
        Effect.gen(function*() {
          const client = yield* Client.Client
          const wrapped = { ...client, workers: Effect.succeed([]) }
          const { id, submit } = client
          seen.push(id === client.id, submit === wrapped.submit, "gather" in client, Object.keys(wrapped).length > 20)
          return x
        }))
      const { ended, run } = yield* make(task)
      run(job(1, task, 1))
      yield* ended(1)
      assert.deepStrictEqual(seen, [true, true, true, true])
    }))

  it.scoped("gives others a turn between breaths", () =>
    Effect.gen(function*() {
      const turns: Array<() => void> = []
      const spins = Task.sync("spins", (x: number) => {
        const until = performance.now() + 3
        while (performance.now() < until);
        return x
      })
      const { ended, run, runner } = yield* makeWith({ goOn: (pump) => void turns.push(pump) }, spins)
      run(job(1, spins, 1), job(2, spins, 2), job(3, spins, 3))
      assert.deepStrictEqual(yield* ended(1), ["1 1"])
      runner.interrupt(attempt(2), "no need", "test")
      assert.strictEqual(turns.length, 1)
      turns.pop()?.()
      assert.deepStrictEqual(yield* ended(3), ["1 1", "2 Interrupted", "3 3"])
    }))
})

describe("a job that names values made here", () => {
  it.scoped("takes what earlier jobs made", () =>
    Effect.gen(function*() {
      const { ended, run } = yield* make()
      run(job(1, inc, 1), job(2, inc, [1]), job(3, add, [1], [2]), job(4, add, [3], [3]))
      assert.deepStrictEqual(yield* ended(4), ["1 2", "2 3", "3 5", "4 10"])
      run(job(5, inc, [4]))
      assert.include(yield* ended(5), "5 11")
    }))

  it.scoped("waits for one that runs, and begins before what arrived after it", () =>
    Effect.gen(function*() {
      const { ended, run } = yield* make()
      run(job(1, later, 1), job(2, inc, [1]), job(3, inc, [2]), job(4, inc, 10))
      assert.deepStrictEqual(yield* ended(4), ["4 11", "1 2", "2 3", "3 4"])
    }))

  it.scoped("those that wait begin in the order in which they arrived", () =>
    Effect.gen(function*() {
      const a = gated()
      const b = gated()
      const other = Task.make("other", () => b.task.run([]))
      const { ended, run } = yield* make(a.task, other)
      run(job(1, a.task), job(2, other), job(3, inc, [1]), job(4, inc, [2]), job(5, add, [1], [2]), job(6, inc, [1]))
      run(job(7, inc, 0))
      yield* ended(1)
      b.open(20)
      a.open(10)
      const said = yield* ended(7)
      assert.deepStrictEqual(said.filter((line) => /^[3-7]/.test(line)), ["7 1", "3 11", "4 21", "5 30", "6 11"])
    }))

  it.scoped("takes a large value from a maker it waited for, and later ones do not find it", () =>
    Effect.gen(function*() {
      const { ended, run } = yield* make()
      run(job(1, large), job(2, length, [1]))
      assert.include(yield* ended(2), "2 5000")
      run(job(3, length, [1]))
      assert.include(yield* ended(3), "3 unready")
    }))

  it.scoped("is unready when its maker ends without a value, and so is what counts on it", () =>
    Effect.gen(function*() {
      const a = gated()
      const { ended, run, runner } = yield* make(a.task)
      run(job(1, boom, 1), job(2, inc, [1]), job(3, inc, [2]))
      assert.deepStrictEqual(yield* ended(3), ["1 Failure", "2 unready", "3 unready"])
      run(job(4, a.task), job(5, inc, [4]), job(6, add, [5], [4]), job(7, inc, [6]), job(8, inc, 0))
      yield* ended(4)
      runner.interrupt(attempt(4), "no need", "test")
      assert.deepStrictEqual((yield* ended(8)).slice(3), [
        "8 1",
        "4 Interrupted",
        "5 unready",
        "6 unready",
        "7 unready"
      ])
    }))

  it.scoped("waits for a maker that was unready and came again behind it", () =>
    Effect.gen(function*() {
      const { ended, run } = yield* make()
      run(job(1, inc, [99]), job(2, inc, [1]), job(3, inc, 0), job(1, inc, 5))
      assert.deepStrictEqual(yield* ended(4), ["1 unready", "3 1", "1 6", "2 7"])
    }))

  it.scoped("is unready when nobody here makes the value, or it is kept no longer", () =>
    Effect.gen(function*() {
      const { ended, run } = yield* make()
      run(job(1, inc, [99]))
      assert.deepStrictEqual(yield* ended(1), ["1 unready"])
      run({ ...job(2, inc, [99]), inputs: [{ value: Id.offeredId("k-9", "c-1"), payload: undefined }] })
      assert.deepStrictEqual(yield* ended(2), ["1 unready", "2 unready"])
      run(...Array.from({ length: 2000 }, (_, n) => job(10 + n, inc, n)))
      yield* ended(2002)
      run(job(5000, inc, [10]), job(5001, inc, [2009]))
      const said = yield* ended(2004)
      assert.deepStrictEqual(said.slice(-2), ["5000 unready", "5001 2001"])
    }))

  it.scoped("ends as interrupted when it is taken back while it waits, and what counts on it is unready", () =>
    Effect.gen(function*() {
      const a = gated()
      const { ended, run, runner } = yield* make(a.task)
      run(job(1, a.task), job(2, inc, [1]), job(3, inc, [2]), job(4, inc, 0))
      yield* ended(1)
      runner.interrupt(attempt(2), "no need", "test")
      a.open(1)
      assert.deepStrictEqual(yield* ended(4), ["4 1", "2 Interrupted", "3 unready", "1 1"])
    }))

  it.scoped("is given up with the rest", () =>
    Effect.gen(function*() {
      const a = gated()
      const { ended, run, runner, said } = yield* make(a.task)
      run(job(1, a.task), job(2, inc, [1]), job(3, inc, 0))
      yield* ended(1)
      assert.deepStrictEqual(runner.abandon(), [attempt(1)])
      a.open(1)
      run(job(4, inc, [3]), job(5, inc, 4))
      yield* ended(3)
      assert.deepStrictEqual(said, ["3 1", "4 unready", "5 5"])
    }))
})
