/**
 * Where values are kept, as a client asks for it: more copies, instead of lineage or beside it, an even spread, a worker
 * that is to leave. It owns the waiting: each is asked again until it is so, and so a scheduler that dies meanwhile only begins anew.
 */
import * as Effect from "effect/Effect"
import type * as Client from "../Client.js"
import type * as Door from "../Door.js"
import type { Future } from "../Future.js"
import { waiting } from "../future/waits.js"
import type { ManageError } from "../ManageError.js"
import { closed, listOf } from "./ask.js"
import type { ClientCore } from "./core.js"
import type { State } from "./state.js"
import { ofWorkers, shown } from "./wrongOptions.js"

type AnyFuture = Future<unknown, unknown>

/** In one process copies are made within a few turns: the clock is asked only after those. */
const turns = 256

const pause = (turn: number): Effect.Effect<void> =>
  turn < turns ? Effect.yieldNow() : Effect.sleep(Math.min(1000, 20 * 1.5 ** Math.min(turn - turns, 20)))

const again = <A, E>(
  core: ClientCore,
  what: string,
  ask: () => Effect.Effect<A, E>,
  isOver: (answer: A) => boolean,
  turn = 0
): Effect.Effect<A, E> =>
  Effect.flatMap(
    Effect.suspend(() => {
      if (core.closed) return closed(what)
      core.flush()
      return ask()
    }),
    (answer) =>
      isOver(answer) ? Effect.succeed(answer) : Effect.zipRight(pause(turn), again(core, what, ask, isOver, turn + 1))
  )

/** What is no name cannot be looked for. */
const named = (what: string, workers: unknown): Effect.Effect<never> | undefined => {
  const wrong = workers === undefined || Array.isArray(workers)
    ? ofWorkers(workers)
    : `workers is ${shown(workers)}, and has to be an array of names`
  return wrong === undefined ? undefined : Effect.dieMessage(`Client.${what}: ${wrong}`)
}

/** As many as there are. */
const all = Number.MAX_SAFE_INTEGER

export const replicate = (
  state: State,
  futures: AnyFuture | Iterable<AnyFuture>,
  options: Client.ReplicateOptions | undefined
): Effect.Effect<ReadonlyArray<Door.Copies>> =>
  options?.copies !== undefined && !(options.copies >= 1)
    ? Effect.dieMessage(`Client.replicate: copies is ${shown(options.copies)}, and has to be a number from 1`)
    : named("replicate", options?.workers) ??
      copied(state, "replicate", futures, (ask, keys) => ask.replicate(keys, options?.copies ?? all, options?.workers))

export const checkpoint = (
  state: State,
  futures: AnyFuture | Iterable<AnyFuture>
): Effect.Effect<ReadonlyArray<Door.Copies>> =>
  copied(state, "checkpoint", futures, (ask, keys) => ask.checkpoint(keys))

const copied = (
  { core }: State,
  what: string,
  futures: AnyFuture | Iterable<AnyFuture>,
  how: (ask: Door.Questions, keys: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Door.Copies>>
): Effect.Effect<ReadonlyArray<Door.Copies>> =>
  Effect.suspend(() => {
    const handles = listOf(what, futures)
    const keys = handles.map((handle) => handle.row.key)
    const { ask } = core.world.door
    return Effect.zipRight(
      waiting(core, handles, handles.length),
      Effect.map(
        again(
          core,
          what,
          () => how(ask, keys),
          (copies) => copies.every((one) => one.state !== "pending" && one.state !== "copying")
        ),
        (copies) => copies.map((one, n) => ({ ...one, key: handles[n]!.key }))
      )
    )
  })

export const rebalance = (
  { core }: State,
  futures: Iterable<AnyFuture> | undefined,
  options: Client.RebalanceOptions | undefined
): Effect.Effect<void> =>
  Effect.suspend(() => {
    const wrong = named("rebalance", options?.workers)
    if (wrong !== undefined) return wrong
    const keys = futures === undefined ? undefined : listOf("rebalance", futures).map((handle) => handle.row.key)
    const { ask } = core.world.door
    if (core.closed) return closed("rebalance")
    core.flush()
    return Effect.zipRight(
      ask.rebalance(keys, options?.workers),
      Effect.asVoid(again(core, "rebalance", () => ask.moving, (moving) => moving === 0))
    )
  })

export const retire = ({ attempt, core }: State, worker: string): Effect.Effect<Door.Retiring, ManageError> =>
  again(core, "retire", () => core.world.door.ask.retire(worker, false, attempt?.attempt), (at) => at.state !== "busy")
    .pipe(
      // Who no longer waits for it to leave has it stay.
      Effect.onInterrupt(() => Effect.ignore(core.world.door.ask.retire(worker, true)))
    )
