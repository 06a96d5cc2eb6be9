/**
 * One life of one executor: from the moment its thread or process is spawned until that is known to have ended. The
 * next life is the supervisor's business.
 *
 * 1. A life that came up emits one `Up`, then events of its attempts, then one `Down`, and nothing after that.
 * 2. Jobs told to a life that is over are dropped: its `Down` speaks for them.
 * 3. When a life's scope has closed, its thread or process is gone, or abandoned and no longer in anyone's way.
 */
import * as RpcClient from "@effect/rpc/RpcClient"
import type * as RpcServer from "@effect/rpc/RpcServer"
import type { ExecutorEvent, Job } from "creel/Executor"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import type * as Scope from "effect/Scope"
import type { Heap } from "../executor/heapWatch.js"
import type { AttemptEvent, Command, OpenOptions, Profiled } from "../ExecutorRpcs.js"
import { ExecutorRpcs } from "../ExecutorRpcs.js"
import * as RealTime from "../internal/realTime.js"
import * as SharedGarbage from "../internal/sharedGarbage.js"
import { NodeClusterError } from "../NodeClusterError.js"
import * as Commands from "../wire/commands.js"
import * as Events from "../wire/events.js"
import * as RpcWire from "../wire/rpcWire.js"
import { channelDoor, channelExecutor, channelGarbage, channelHeap, channelRefusal, copying } from "../wire/wire.js"
import type { Backing } from "./backing.js"
import { Postings } from "./postings.js"

export interface LifeOptions {
  readonly name: string
  readonly spawn: (name: string) => Effect.Effect<Backing, NodeClusterError>
  readonly open: Omit<OpenOptions, "executor" | "marks" | "share">
  readonly slots: number
  /** Milliseconds to come up in. */
  readonly startWithin: number
  /** Milliseconds for running work and services to be finalized when the life is ended from here. */
  readonly grace: number
  /** Milliseconds for what was ended by force to be gone. */
  readonly killWithin: number
  readonly bounds: Bounds
  readonly emit: (event: ExecutorEvent) => void
  readonly serveDoor: Effect.Effect<(protocol: RpcServer.Protocol["Type"]) => Effect.Effect<void, never, Scope.Scope>>
}

/** After how much a life is over. */
export interface Bounds {
  readonly tasks: number
  /** Milliseconds. */
  readonly millis: number
  /** Bytes. */
  readonly heapGrowth: number
  /** Share of the heap's limit. */
  readonly terminate: number
}

/** What can be done with a life that is up. */
export interface Life {
  readonly run: (job: Job) => void
  readonly interrupt: (attempt: number, reason: string, by: string) => void
  readonly proceed: (attempt: number) => void
  /** By force. */
  readonly end: (why: string) => void
  /** It has nothing to do any more: its services are closed first. */
  readonly close: (why: string) => void
  /** It looks at itself, for so many milliseconds, each so many microseconds. */
  readonly profile: (millis: number, interval: number) => Effect.Effect<Profiled>
  /** What it said last. */
  readonly heap: () => Heap | undefined
  /** Done when it has lived long enough, with why. */
  readonly tired: Deferred.Deferred<string>
}

export interface LifeEnd {
  readonly detail: string
  /** Ended from here, by `end`. */
  readonly expected: boolean
  /** The program was started inside of it. */
  readonly refused: NodeClusterError | undefined
}

/** Milliseconds between looks at the marks, while something posted has not said that it began. */
const lookEvery = 25

const client = (backing: Backing) =>
  RpcClient.make(ExecutorRpcs, { disableTracing: true }).pipe(
    Effect.provideServiceEffect(RpcClient.Protocol, RpcWire.makeClient(backing.wire, channelExecutor, { acks: false }))
  )

/** Kills, and answers whether it is gone. */
const kill = (backing: Backing, killWithin: number): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    backing.kill()
    return RealTime.within(Deferred.await(backing.exited), killWithin)
  })

const acquireBacking = (options: LifeOptions) =>
  Effect.acquireRelease(options.spawn(options.name), (backing) =>
    Effect.gen(function*() {
      if (!backing.isGone() && !(yield* kill(backing, options.killWithin))) {
        backing.abandon()
        yield* Effect.logError(`${options.name}: ${stuckDetail(options.killWithin)}`)
      }
      backing.marks.close()
    }))

/** The part that is touched for every job: plain, and without a fiber of its own. */
const makeDesk = (
  backing: Backing,
  emit: (event: ExecutorEvent) => void,
  tell: (command: Command) => void,
  ended: () => void
) => {
  const postings = new Postings(backing.marks)
  let open = true
  let timer: NodeJS.Timeout | undefined
  let looking = false

  const look = (): void => {
    looking = false
    for (const attempt of postings.readMarks()) {
      if (postings.claim(attempt)) emit({ _tag: "Claimed", attempt })
    }
    lookLater()
  }
  const lookLater = (): void => {
    if (looking || !open || !postings.hasUnclaimed()) return
    looking = true
    // One timer all along: what it costs is the making.
    timer = timer === undefined ? setTimeout(look, lookEvery).unref() : timer.refresh()
  }

  const hear = (event: AttemptEvent): void => {
    if (!open) return
    if (event._tag === "Claimed" && !postings.claim(event.attempt)) return
    if ((event._tag === "Ended" || event._tag === "Unready") && !postings.ended(event.attempt)) return
    emit(event)
    if (event._tag !== "Ended") return
    ended()
    SharedGarbage.ended()
  }
  const run = (job: Job): void => {
    if (!open) return
    const mark = postings.post(job.attempt)
    tell({ _tag: "Run", job, mark })
    lookLater()
  }
  /** From here on nothing is heard or told; answers what had begun. */
  const close = (): ReadonlyArray<number> => {
    open = false
    clearTimeout(timer)
    return postings.started()
  }
  return { hear, run, close }
}

const listenForRefusal = (backing: Backing, file: string | undefined) => {
  const refused = Deferred.unsafeMake<NodeClusterError>(FiberId.none)
  backing.wire.listen(channelRefusal, (detail) => {
    Deferred.unsafeDone(
      refused,
      Effect.succeed(new NodeClusterError({ reason: "TasksAreProgram", file, detail: String(detail) }))
    )
  })
  return refused
}

/** How long it may live, in tasks, time and heap. */
const makeAge = (
  backing: Backing,
  { heapGrowth, millis, tasks, terminate }: Bounds,
  kill: (detail: string) => void
) => {
  const tired = Deferred.unsafeMake<string>(FiberId.none)
  const isTired = (why: string): void => Deferred.unsafeDone(tired, Effect.succeed(why))
  let done = 0
  let heap: Heap | undefined
  let least = Infinity
  const timer = millis < longest ? setTimeout(() => isTired(`after ${millis} ms`), millis).unref() : undefined
  backing.wire.listen(channelHeap, (told) => {
    heap = told as Heap // the other end of the channel is `HeapWatch`
    const { limit, used } = heap
    least = Math.min(least, used)
    if (used >= terminate * limit) return kill(heapDetail(heap, terminate))
    if (used - least > heapGrowth) isTired(`since its heap grew by ${megabytes(used - least)}`)
  })
  return {
    tired,
    heap: () => heap,
    ended: (): void => {
      if (++done === tasks) isTired(`after ${tasks} tasks`)
    },
    stop: (): void => clearTimeout(timer)
  }
}

/** What Node's timers can wait for. */
const longest = 2 ** 31

const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MB`

const heapDetail = ({ limit, process, used }: Heap, terminate: number): string =>
  `out of memory: its heap held ${megabytes(used)} of the ${
    megabytes(limit)
  } it may have, and it was ended before V8 ended it ` +
  `(\`executors: { terminate: ${terminate} }\`); give it more (${
    process === undefined
      ? "`resourceLimits: { maxOldGenerationSizeMb }`"
      : "`execArgv: [\"--max-old-space-size=<megabytes>\"]`"
  }), or let each task hold less at once`

/**
 * Lives. Fails if it does not come up; otherwise hands `onUp` the living and ends with how it ended.
 */
export const live = (
  options: LifeOptions,
  onUp: (life: Life) => Effect.Effect<void>
): Effect.Effect<LifeEnd, NodeClusterError> =>
  Effect.scoped(Effect.gen(function*() {
    const backing = yield* acquireBacking(options)
    const refused = listenForRefusal(backing, options.open.tasks)
    const rpc = yield* client(backing)
    yield* Effect.flatMap(options.serveDoor, (serve) =>
      Effect.flatMap(RpcWire.makeServer(backing.shares ? backing.wire : copying(backing.wire), channelDoor), serve))
      .pipe(Effect.forkScoped)

    const opened = yield* open(options, backing, rpc, refused)
    const tell = Commands.makeSender(backing.wire, backing.shares)
    const end = makeEnd(backing, options.killWithin)
    const age = makeAge(backing, options.bounds, end.kill)
    yield* Effect.addFinalizer(() =>
      Effect.sync(age.stop)
    )
    const desk = makeDesk(backing, options.emit, tell, age.ended)
    Events.listen(backing.wire, desk.hear)
    if (backing.shares) yield* passGarbage(backing)

    const closed = Deferred.unsafeMake<string>(FiberId.none)
    const closeServices = Effect.ignore(RealTime.within(Effect.ignore(rpc.Close()), options.grace))
    let down = false
    const sayDown = (detail: string, expected: boolean): void => {
      if (down) {
        return
      }
      down = true
      options.emit({ _tag: "Down", executor: options.name, started: desk.close(), detail, expected })
    }
    yield* Effect.addFinalizer(() =>
      Effect.gen(function*() {
        if (down) {
          return
        }
        yield* closeServices
        sayDown("the cluster closed it", true)
      })
    )

    options.emit({ _tag: "Up", executor: options.name, slots: options.slots, tasks: opened.tasks })
    yield* onUp({
      run: desk.run,
      interrupt: (attempt, reason, by) => tell({ _tag: "Interrupt", attempt, reason, by }),
      proceed: (attempt) => tell({ _tag: "Proceed", attempt }),
      end: end.end,
      close: (why) => Deferred.unsafeDone(closed, Effect.succeed(why)),
      profile: profiling(backing, rpc),
      heap: age.heap,
      tired: age.tired
    })

    const ended = yield* ending(backing, end, refused, closed)
    sayDown(ended.detail, ended.expected)
    if (yield* Deferred.isDone(closed)) yield* closeServices
    return ended
  }))

/** It sees the same memory: it collects when this thread does. */
const passGarbage = ({ wire }: Backing) =>
  Effect.acquireRelease(
    Effect.sync(() => SharedGarbage.follow((how) => wire.post(channelGarbage, how))),
    (stop) => Effect.sync(stop)
  )

const nothingOf = (problem: string): Profiled => ({ sampled: 0, idle: 0, problem, tree: undefined })

const profiling =
  (backing: Backing, rpc: Effect.Effect.Success<ReturnType<typeof client>>) => (millis: number, interval: number) =>
    rpc.Profile({ millis, interval }).pipe(
      Effect.catchAllCause(() => Effect.succeed(nothingOf("it could not be asked"))),
      Effect.raceFirst(Effect.map(Deferred.await(backing.exited), () => nothingOf("it ended meanwhile"))),
      Effect.raceFirst(Effect.as(
        RealTime.sleep(millis + busyFor),
        nothingOf("it computed without a pause, and could not look at itself: what runs for so long is not seen")
      ))
    )

/** Milliseconds that an executor may compute without a pause before, or at the end of, a profile. */
const busyFor = 15_000

/** Its tasks are loaded, or it is said why not. */
const open = (
  options: LifeOptions,
  backing: Backing,
  rpc: Effect.Effect.Success<ReturnType<typeof client>>,
  refused: Deferred.Deferred<NodeClusterError>
) =>
  rpc.Open({
    ...options.open,
    executor: options.name,
    share: backing.shares,
    marks: backing.marks.open
  }).pipe(
    Effect.catchTag("RpcClientError", (error) => Effect.fail(notStarted(options, error.message))),
    Effect.raceFirst(Effect.flatMap(Deferred.await(refused), Effect.fail)),
    Effect.raceFirst(
      Effect.flatMap(Deferred.await(backing.exited), (detail) => Effect.fail(diedOpening(options, detail)))
    ),
    Effect.raceFirst(Effect.zipRight(
      RealTime.sleep(options.startWithin),
      Effect.fail(notStarted(options, `it was not ready within ${options.startWithin} ms`))
    ))
  )

/** How it ends: gone, stuck, refused, or asked to close. */
const ending = (
  backing: Backing,
  end: ReturnType<typeof makeEnd>,
  refused: Deferred.Deferred<NodeClusterError>,
  closed: Deferred.Deferred<string>
): Effect.Effect<LifeEnd> =>
  Effect.raceFirst(
    Effect.raceFirst(
      Effect.map(
        Deferred.await(backing.exited),
        (detail): LifeEnd => ({ ...end.answer(detail), refused: undefined })
      ),
      Effect.map(Deferred.await(end.stuck), (): LifeEnd => ({ ...end.answer(undefined), refused: undefined }))
    ),
    Effect.raceFirst(
      Effect.map(
        Deferred.await(refused),
        (error): LifeEnd => ({ detail: error.message, expected: false, refused: error })
      ),
      Effect.map(Deferred.await(closed), (detail): LifeEnd => ({ detail, expected: true, refused: undefined }))
    )
  )

const stuckDetail = (killWithin: number): string =>
  `it is busy in native code and could not be ended within ${killWithin} ms, so it was abandoned`

/** Ending by force: at once, with a while for it to be gone. */
const makeEnd = (backing: Backing, killWithin: number) => {
  const stuck = Deferred.unsafeMake<void>(FiberId.none)
  let asked: string | undefined
  let fault: string | undefined
  const kill = (): void => {
    backing.kill()
    RealTime.after(killWithin, () => {
      if (backing.isGone()) return
      backing.abandon()
      Deferred.unsafeDone(stuck, Exit.void)
    }, false)
  }
  return {
    stuck,
    end: (why: string): void => {
      if (asked !== undefined || fault !== undefined) return
      asked = why
      kill()
    },
    /** For what runs on it, which is to blame. */
    kill: (detail: string): void => {
      if (asked !== undefined || fault !== undefined) return
      fault = detail
      kill()
    },
    /** With how it ended, or without that: it did not. */
    answer: (detail: string | undefined) =>
      asked === undefined
        ? { detail: fault ?? detail ?? stuckDetail(killWithin), expected: false }
        : {
          detail: detail === undefined ? `${asked}; ${stuckDetail(killWithin)}` : `ended by force: ${asked}`,
          expected: true
        }
  }
}

const notStarted = (options: LifeOptions, detail: string): NodeClusterError =>
  new NodeClusterError({ reason: "ExecutorNotStarted", file: options.open.tasks, executor: options.name, detail })

const diedOpening = (options: LifeOptions, detail: string): NodeClusterError =>
  new NodeClusterError({
    reason: options.open.tasks === undefined ? "ExecutorNotStarted" : "TasksNotLoaded",
    file: options.open.tasks,
    executor: options.name,
    detail: `the executor ended while it loaded its tasks: ${detail}`
  })
