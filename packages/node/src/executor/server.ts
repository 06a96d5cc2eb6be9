/**
 * The executor's end of the conversation: opens its body (what runs the tasks) once, does what it is told in order, and
 * says what happens, all of one turn at once. What runs inside is the body's business.
 */
import * as Payload from "@creel/core/Payload"
import * as RpcServer from "@effect/rpc/RpcServer"
import type { ExecutorEvent, Job } from "creel/Executor"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { AttemptEvent, Command, OpenOptions } from "../ExecutorRpcs.js"
import { ExecutorRpcs } from "../ExecutorRpcs.js"
import * as SharedGarbage from "../internal/sharedGarbage.js"
import type { NodeClusterError } from "../NodeClusterError.js"
import * as Commands from "../wire/commands.js"
import * as Events from "../wire/events.js"
import * as Marks from "../wire/marks.js"
import * as RpcWire from "../wire/rpcWire.js"
import type { Wire } from "../wire/wire.js"
import { channelExecutor, channelGarbage, channelHeap, channelRefusal } from "../wire/wire.js"
import * as HeapWatch from "./heapWatch.js"
import * as Inside from "./inside.js"
import * as Profiler from "./profiler.js"

/** What the creel package's Runner is, seen from here. */
export interface Body {
  readonly tasks: ReadonlyArray<string>
  readonly run: (job: Job) => void
  readonly interrupt: (attempt: number, reason: string, by: string) => void
  readonly proceed: (attempt: number) => void
}

export type OpenBody = (
  options: OpenOptions,
  emit: (event: ExecutorEvent) => void,
  /** Called in the same breath in which the attempt's code begins. */
  mark: (attempt: number) => void
) => Effect.Effect<Body, NodeClusterError, Scope.Scope>

/**
 * Ends are told when the turn is over, and lost with an executor that dies before: what has ended is no longer marked
 * as running, so that it is not blamed. The latest stays marked until another begins or ends: it may have left something
 * behind that kills, and no death may be nobody's, or it could happen for ever.
 */
const makeMarks = (options: OpenOptions) => {
  const set = Marks.marker(options.marks)
  const marks = new Map<number, number>()
  let latest = -1
  const wipe = (): void => {
    if (latest >= 0) set(Marks.over(latest))
    latest = -1
  }
  return {
    isBusy: () => marks.size > 0,
    posted: (attempt: number, mark: number): void => void marks.set(attempt, mark),
    begun: (attempt: number): void => {
      wipe()
      set(marks.get(attempt) ?? -1)
    },
    ended: (attempt: number): void => {
      wipe()
      latest = marks.get(attempt) ?? -1
      marks.delete(attempt)
    }
  }
}

/** That it is up, tired or down, and what it takes, is its node's to say. */
const isOfNode = (event: ExecutorEvent): event is Exclude<ExecutorEvent, AttemptEvent> =>
  event._tag === "Up" || event._tag === "Down" || event._tag === "Tired" || event._tag === "Measured"

const makeHandlers = (wire: Wire, open: OpenBody, scope: Scope.CloseableScope) => {
  const onOpen = Effect.fnUntraced(function*(options: OpenOptions) {
    const marks = makeMarks(options)
    const emit = Events.makeSender(wire, options.share)
    const body = yield* open(
      options,
      (event) => {
        if (isOfNode(event)) return
        emit(event)
        if (event._tag === "Ended" || event._tag === "Unready") marks.ended(event.attempt)
        if (event._tag === "Ended" && event.outcome._tag === "Value") {
          SharedGarbage.copied(Payload.bytes(event.outcome.payload))
        }
      },
      marks.begun
    )
    const heap = yield* Effect.acquireRelease(
      Effect.sync(() => HeapWatch.watch((heap) => wire.post(channelHeap, heap), marks.isBusy)),
      ({ stop }) => Effect.sync(stop)
    )
    const obey = (command: Command): void => {
      if (command._tag === "Interrupt") return body.interrupt(command.attempt, command.reason, command.by)
      if (command._tag === "Proceed") return body.proceed(command.attempt)
      marks.posted(command.job.attempt, command.mark)
      heap.touch()
      body.run(command.job)
    }
    yield* Effect.acquireRelease(Effect.sync(() => Commands.listen(wire, obey)), (stop) => Effect.sync(stop))
    yield* Effect.acquireRelease(
      // The other end of the channel is `supervisor/life`.
      Effect.sync(() => wire.listen(channelGarbage, (how) => SharedGarbage.collectSoon(how as SharedGarbage.How))),
      (stop) => Effect.sync(stop)
    )
    return { tasks: body.tasks }
  })

  return ExecutorRpcs.toLayer({
    Open: (options: OpenOptions) => Scope.extend(onOpen(options), scope),
    Profile: ({ interval, millis }) => Profiler.take(millis, interval),
    Close: () => Scope.close(scope, Exit.void)
  })
}

/** Serves until it is interrupted; what the body acquired is released at `Close`, or when the scope closes. */
export const serve = (wire: Wire, open: OpenBody): Effect.Effect<never, never, Scope.Scope> =>
  Effect.gen(function*() {
    Inside.onRefusal((detail) => {
      wire.post(channelRefusal, detail)
      wire.flush()
    })
    const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
    return yield* RpcServer.make(ExecutorRpcs, { disableFatalDefects: true, disableTracing: true }).pipe(
      Effect.provide(makeHandlers(wire, open, scope)),
      Effect.provide(RpcWire.layerServer(wire, channelExecutor, { acks: false }))
    )
  })
