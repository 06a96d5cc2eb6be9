/**
 * An executor that looks at itself: V8's profiler of the processor, in this thread, while the runner writes down which task runs.
 * V8's clock is the one of `process.hrtime`, which is compared with the runner's at the beginning.
 */
import * as Profile from "creel/Profile"
import * as Effect from "effect/Effect"
import * as inspector from "node:inspector"
import type { Profiled } from "../ExecutorRpcs.js"
import * as RealTime from "../internal/realTime.js"

/** Calls that one executor tells. */
const callsMax = 3000

/** Where this package is: what carries tasks is none of their own. */
const own = [new URL("../", import.meta.url).href]

const post = <A>(session: inspector.Session, method: string, params: object = {}): Effect.Effect<A, Error> =>
  Effect.async((resume) =>
    session.post(
      method,
      params,
      (error, result) => resume(error === null ? Effect.succeed(result as A) : Effect.fail(error))
    )
  )

const sessionOf = Effect.acquireRelease(
  Effect.try({
    try: () => {
      const session = new inspector.Session()
      session.connect()
      return session
    },
    catch: (error) => error instanceof Error ? error : new Error(String(error))
  }),
  (session) => Effect.sync(() => session.disconnect())
)

const nothing = (problem: string): Profiled => ({ sampled: 0, idle: 0, problem, tree: undefined })

/** Microseconds to add to the runner's clock so that it shows V8's. */
const apart = (): number => Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000

/** Never fails: what cannot be had is said. */
export const take = (millis: number, interval: number): Effect.Effect<Profiled> =>
  Effect.gen(function*() {
    const session = yield* sessionOf
    yield* post(session, "Profiler.enable")
    yield* post(session, "Profiler.setSamplingInterval", { interval })
    const shift = apart()
    const running = yield* Effect.acquireRelease(
      Effect.sync(Profile.attribute),
      (running) => Effect.sync(() => running?.end())
    )
    if (running === undefined) return nothing("it is being profiled for somebody else")
    yield* post(session, "Profiler.start")
    yield* RealTime.sleep(millis)
    const { profile } = yield* post<{ readonly profile: Profile.CpuProfile }>(session, "Profiler.stop")
    running.end()
    const taskOf = running.reader()
    const taskAt = (micros: number) => taskOf((micros - shift) / 1000)
    return { problem: undefined, ...Profile.ofCpuProfile(profile, { taskAt, own, nodesMax: callsMax }) }
  }).pipe(
    Effect.scoped,
    Effect.catchAll((error) => Effect.succeed(nothing(`its engine has no profiler: ${error.message}`)))
  )
