/**
 * What asks a cluster and changes nothing: whether futures are done, how far they are, which workers there are.
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type * as Client from "../Client.js"
import type * as Door from "../Door.js"
import type { Future } from "../Future.js"
import { Handle } from "../future/handle.js"
import { waiting } from "../future/waits.js"
import type { ClientCore } from "./core.js"
import type { State } from "./state.js"
import { shown } from "./wrongOptions.js"

type AnyHandle = Handle<any, any>
type AnyFuture = Future<unknown, unknown>

/** Throws a sentence where something else than a future was given: where types are not looked at, it is a defect. */
export const handleOf = (what: string, given: unknown): AnyHandle => {
  if (given instanceof Handle) return given
  throw new Cause.IllegalArgumentException(`${what}: ${shown(given)} stands where a Future belongs`)
}

/** One future, or several. Throws as `handleOf`. */
export const listOf = (what: string, futures: AnyFuture | Iterable<AnyFuture>): ReadonlyArray<AnyHandle> =>
  Predicate.isIterable(futures) && typeof futures !== "string" && !(futures instanceof Handle)
    ? Array.from(futures, (future) => handleOf(`Client.${what}`, future))
    : [handleOf(`Client.${what}`, futures)]

export const wait = (
  state: State,
  futures: AnyFuture | Iterable<AnyFuture>,
  options: Client.WaitOptions | undefined
): Effect.Effect<Client.Waited<any>, Cause.TimeoutException> =>
  Effect.suspend(() => {
    const handles = listOf("wait", futures)
    const until = options?.until ?? "all"
    const count = until === "all" ? handles.length : until === "first" ? Math.min(1, handles.length) : until
    if (!(count >= 0)) {
      return Effect.dieMessage(`Client.wait: until is ${shown(until)}, and has to be "all", "first" or a number`)
    }
    const waited = Effect.map(waiting(state.core, handles, Math.min(count, handles.length)), () => ({
      done: handles.filter((handle) => handle.done),
      notDone: handles.filter((handle) => !handle.done)
    }))
    return options?.timeout === undefined ? waited : Effect.timeout(waited, options.timeout)
  })

export const keyOf = (core: ClientCore, future: AnyFuture | string): string =>
  typeof future === "string"
    ? core.handlesOf(core.keys.named(future)).length > 0 ? core.keys.named(future) : future
    : handleOf("Client", future).row.key

/** Inputs of a graph have names of this client's, but nobody's handle: they are asked for by name, and found in its space. */
export const explain = (core: ClientCore, ask: Door.Questions, future: AnyFuture | string) =>
  Effect.flatMap(ask.explain(keyOf(core, future)), (answer) =>
    typeof future === "string" && answer.state === "Unknown"
      ? Effect.map(ask.explain(core.keys.named(future)), (own) => own.state === "Unknown" ? answer : own)
      : Effect.succeed(answer))

/** As `explain`; what it speaks of is named as this client's users know it. */
export const story = (core: ClientCore, ask: Door.Questions, future: AnyFuture | string) =>
  Effect.flatMap(
    ask.story(keyOf(core, future)),
    (lines) =>
      typeof future === "string" && lines.length === 0 ? ask.story(core.keys.named(future)) : Effect.succeed(lines)
  ).pipe(
    Effect.map((lines) => lines.map((line) => ({ ...line, subject: core.keys.shown(line.subject) })))
  )

/** What is named there is named as this client's users know it. */
const shownIn = <A extends { readonly key: string }>(core: ClientCore, values: ReadonlyArray<A>): ReadonlyArray<A> =>
  values.map((value) => ({ ...value, key: core.keys.shown(value.key) }))

export const memory = (core: ClientCore, ask: Door.Questions): Effect.Effect<Door.Memory> =>
  Effect.map(ask.memory(true), (memory) => ({ ...memory, largest: shownIn(core, memory.largest) }))

/** As `explain`. */
export const whyHeld = (core: ClientCore, ask: Door.Questions, future: AnyFuture | string) =>
  Effect.flatMap(ask.whyHeld(keyOf(core, future)), (answer) =>
    typeof future === "string" && !answer.known
      ? Effect.map(ask.whyHeld(core.keys.named(future)), (own) => own.known ? own : answer)
      : Effect.succeed(answer)).pipe(
      Effect.map(({ key, lineageOf, neededBy, ...why }): Door.WhyHeld => ({
        ...why,
        key: core.keys.shown(key),
        neededBy: { count: neededBy.count, keys: neededBy.keys.map((key) => core.keys.shown(key)) },
        lineageOf: { count: lineageOf.count, keys: lineageOf.keys.map((key) => core.keys.shown(key)) }
      }))
    )

export const wouldFree = (
  core: ClientCore,
  ask: Door.Questions,
  futures: AnyFuture | string | Iterable<AnyFuture | string>
) => {
  const list = typeof futures === "string" || !Predicate.isIterable(futures) || futures instanceof Handle
    ? [futures as AnyFuture | string]
    : [...futures]
  const keys = new Set(list.map((future) => keyOf(core, future)))
  return Effect.map(ask.wouldFree(core.id, [...keys]), (answer): Door.WouldFree => ({
    ...answer,
    keys: shownIn(core, answer.keys),
    stopped: answer.stopped.map((key) => core.keys.shown(key))
  }))
}

export const progress = (
  state: State,
  futures: Iterable<AnyFuture> | undefined,
  interval: Duration.DurationInput | undefined
): Stream.Stream<ReadonlyArray<Door.GroupProgress>> => {
  const handles = futures === undefined ? undefined : listOf("progress", futures)
  const ask = state.core.world.door.ask.progress(handles?.map((handle) => handle.row.key))
  const every = interval ?? "100 millis"
  if (handles === undefined) return Stream.repeatEffectWithSchedule(ask, Schedule.spaced(every))
  // The last one is asked for when all are done, so that the last thing seen is the end.
  const done = Effect.sync(() => handles.every((handle) => handle.done))
  const sooner = Effect.race(Effect.sleep(every), waiting(state.core, handles, handles.length))
  return Stream.unfoldEffect<"first" | "next" | "over", ReadonlyArray<Door.GroupProgress>, never, never>(
    "first",
    (at) =>
      at === "over" ? Effect.succeedNone : Effect.gen(function*() {
        if (at === "next") yield* sooner
        const over = yield* done
        return Option.some([yield* ask, over ? "over" as const : "next" as const] as const)
      })
  )
}

/** In one process workers join within a few turns: the clock is asked only after those. */
const turns = 64

/** Milliseconds: 20, and ever longer up to a second. */
const pause = (n: number) => Math.min(1000, 20 * 1.5 ** Math.min(n, 20))

/** What would wait for ever, since nobody is left who could answer: the caller's scopes are nested the wrong way round. */
export const closed = (what: string): Effect.Effect<never> =>
  Effect.dieMessage(`Client.${what}: the client is closed, and its cluster with it: ask while its scope is open`)

/** What can be said of a future without a scheduler. */
export const over = (core: ClientCore, future: AnyFuture | string): Door.Explanation => {
  const key = typeof future === "string" ? future : future.key
  const status = typeof future === "string" ? "" : ` and this future is ${future.status}`
  return {
    key,
    state: "Unknown",
    summary:
      `${key}: the client (${core.world.name}) is closed${status}; where the work stands cannot be asked any more`,
    missing: [],
    behind: undefined,
    worker: undefined,
    attempt: undefined,
    since: undefined,
    ending: [],
    failures: 0,
    deaths: []
  }
}

export const waitForWorkers = (core: ClientCore, count: number, timeout: Duration.DurationInput | undefined) => {
  const look = (turn: number): Effect.Effect<ReadonlyArray<Door.WorkerView>> =>
    Effect.flatMap(
      Effect.suspend(() => core.closed ? closed("waitForWorkers") : core.world.door.ask.workers),
      (workers) =>
        workers.filter((worker) => worker.status === "running").length >= count
          ? Effect.succeed(workers)
          : Effect.zipRight(turn < turns ? Effect.yieldNow() : Effect.sleep(pause(turn - turns)), look(turn + 1))
    )
  return timeout === undefined ? look(0) : Effect.timeout(look(0), timeout)
}
