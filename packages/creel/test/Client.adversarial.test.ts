/**
 * Users who do everything at once, from a seed: whatever is joined answers what a model says or that it was stopped, no
 * joiner is left waiting, and when the scope has closed nothing is left anywhere.
 */
import { assert, describe, it } from "@effect/vitest"
import { Client, Cluster, Future, FutureError, Task } from "creel"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { on, until } from "./LocalCluster.fixture.js"
import { turn } from "./utils/turn.js"

const mix = (n: number, xs: ReadonlyArray<number>): number =>
  xs.reduce((a, x) => (Math.imul(a ^ x, 0x9e3779b1) >>> 0) % 1_000_003, n)

/** Each seventh fails; some take a few turns. */
const work = Task.make("work", (n: number, xs: ReadonlyArray<number>) =>
  Effect.zipRight(
    Effect.repeatN(Effect.yieldNow(), n % 5),
    n % 7 === 3 ? Effect.fail(`failed ${n}`) as Effect.Effect<number, string> : Effect.succeed(mix(n, xs))
  ))

type Answer = { readonly value: number } | { readonly failure: string }

interface Held {
  readonly future: Future.Future<number, string>
  readonly answer: Answer
}

/** mulberry32 */
const random = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const stopped = new Set<string>(["Cancelled", "Released"])

/** How many answers were values that agreed. */
let agreed = 0

const right = (exit: Exit.Exit<number, unknown>, answer: Answer, what: string): void => {
  if (Exit.isSuccess(exit)) agreed++
  if (Exit.isSuccess(exit)) return assert.deepStrictEqual<Answer>({ value: exit.value }, answer, what)
  if (Cause.isInterruptedOnly(exit.cause)) return
  const failure = Option.getOrUndefined(Cause.failureOption(exit.cause))
  if (failure instanceof FutureError.FutureError) {
    return assert.isTrue(stopped.has(failure.reason), `${what}: ${failure.message}`)
  }
  assert.deepStrictEqual<unknown>({ failure }, answer, what)
}

/** Accidents to the cluster, in between. */
type Accident = Effect.Effect<void, never, Cluster.Cluster>

const accidents: ReadonlyArray<Accident> = [
  Effect.orDie(Effect.flatMap(Cluster.Cluster, (cluster) => cluster.restartScheduler)),
  Effect.orDie(Cluster.scale(1, { within: 0 })),
  Effect.orDie(Cluster.scale(3))
]

const play = (seed: number, harm: boolean) =>
  Effect.gen(function*() {
    const dice = random(seed)
    const pick = <A>(items: ReadonlyArray<A>): A | undefined => items[Math.floor(dice() * items.length)]
    const held: Array<Held> = []
    const joiners: Array<Fiber.Fiber<void, never>> = []
    const join = ({ answer, future }: Held) =>
      Effect.flatMap(future.await, (exit) => Effect.sync(() => right(exit, answer, `seed ${seed}, ${future.key}`)))
    for (let n = 0; n < 60; n++) {
      const roll = dice()
      const one = pick(held)
      if (roll < 0.5 || one === undefined) {
        const inputs = dice() < 0.5 ? [] : [pick(held), pick(held)].filter((each) => each !== undefined)
        const failed = inputs.map((each) => each.answer).find((answer) => "failure" in answer)
        const pure = dice() < 0.3
        const k = pure ? Math.floor(dice() * 10) : n
        const submitted = yield* Effect.either(
          Client.submit(
            work.pipe(Task.with({ pure, priority: Math.floor(dice() * 3) })),
            k,
            inputs.map((each) => each.future)
          )
        )
        // An input may have been let go meanwhile: refused, by name.
        if (submitted._tag === "Left") assert.strictEqual(submitted.left.reason, "ClosedFuture")
        else {
          const values = inputs.map((each) => "value" in each.answer ? each.answer.value : 0)
          const answer: Answer = failed ?? (k % 7 === 3 ? { failure: `failed ${k}` } : { value: mix(k, values) })
          // Of two inputs that both fail either may be the one that is told of.
          const both = inputs.filter((each) => "failure" in each.answer).length > 1
          if (!both) held.push({ future: submitted.right as Future.Future<number, string>, answer })
        }
      } else if (roll < 0.6) joiners.push(yield* Effect.fork(join(one)))
      else if (roll < 0.66) yield* Future.release(one.future)
      else if (roll < 0.72) yield* Client.cancel(one.future, { force: dice() < 0.3 })
      else if (roll < 0.78) joiners.push(yield* Effect.fork(Effect.asVoid(Fiber.interrupt(one.future))))
      else if (roll < 0.84) {
        const again = yield* Client.retry(one.future)
        held.push({ future: again, answer: one.answer })
      } else if (harm && roll < 0.87) yield* pick(accidents) ?? Effect.void
      else if (roll < 0.92) yield* Effect.yieldNow()
      else yield* turn
    }
    yield* Effect.forEach(held, join, { discard: true, concurrency: "unbounded" })
    yield* Fiber.joinAll(joiners)
  })

const nothingIsLeft = Effect.gen(function*() {
  yield* until(Client.hasWhat, (what) => Object.values(what).flat().length === 0)
  yield* until(
    Client.progress().pipe(Stream.take(1), Stream.runCollect),
    (seen) => Chunk.toReadonlyArray(seen).flat().every((group) => group.waiting + group.queued + group.running === 0)
  )
})

// Seeds in a run: more by CREEL_SEEDS.
const seeds = Number(process.env["CREEL_SEEDS"] ?? 10)

describe("users who do everything at once", () => {
  for (const harm of [false, true]) {
    describe(harm ? "while workers come and go and the scheduler dies" : "on a sound cluster", () => {
      for (let seed = 1; seed <= seeds; seed++) {
        it.live(`seed ${seed}`, () =>
          Effect.gen(function*() {
            const before = agreed
            for (let round = 0; round < 3; round++) yield* Effect.scoped(play(seed * 100 + round, harm))
            yield* nothingIsLeft
            assert.isAbove(agreed, before)
          }).pipe(
            on({ workers: 1 + (seed % 3), slots: 1 + (seed % 2) }, work),
            Effect.scoped,
            Logger.withMinimumLogLevel(LogLevel.None)
          ))
      }
    })
  }
})
