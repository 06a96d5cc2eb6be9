/**
 * The executor's end of the conversation: opens its body (what runs the tasks) once, does what it is told in order, and
 * lets its events gather while the last batch is on its way. What runs inside is the body's business.
 */
import * as RpcClient from "@effect/rpc/RpcClient"
import * as RpcServer from "@effect/rpc/RpcServer"
import type { ExecutorEvent, Job } from "creel/Executor"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Mailbox from "effect/Mailbox"
import * as Scope from "effect/Scope"
import type { AttemptEvent, Command, OpenOptions } from "../ExecutorRpcs.js"
import { ExecutorRpcs, NodeRpcs } from "../ExecutorRpcs.js"
import type { NodeClusterError } from "../NodeClusterError.js"
import { consume } from "./consume.js"
import * as Inside from "./inside.js"
import * as Marks from "./marks.js"
import * as RpcWire from "./rpcWire.js"
import type { Wire } from "./wire.js"
import { channelExecutor, channelNode, channelRefusal, owned } from "./wire.js"

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

interface Opened {
  readonly body: Body
  readonly marksOf: Map<number, number>
}

const makeHandlers = (wire: Wire, open: OpenBody, scope: Scope.CloseableScope) =>
  ExecutorRpcs.toLayer(Effect.gen(function*() {
    const events = yield* Mailbox.make<AttemptEvent>()
    let opened: Opened | undefined

    const onOpen = Effect.fnUntraced(function*(options: OpenOptions) {
      const setMark = Marks.marker(options.marks)
      const marksOf = new Map<number, number>()
      const mark = (attempt: number): void => setMark(marksOf.get(attempt) ?? -1)
      const body = yield* open(options, (event) => {
        if (event._tag === "Up" || event._tag === "Down") return
        if (event._tag === "Claimed") mark(event.attempt)
        if (event._tag === "Ended" || event._tag === "Unready") marksOf.delete(event.attempt)
        events.unsafeOffer(event)
      }, mark)
      opened = { body, marksOf }
      const node = yield* RpcClient.make(NodeRpcs, { disableTracing: true })
      const commands = yield* node.Commands(undefined, { asMailbox: true, streamBufferSize: 1 << 16 })
      yield* Effect.forkIn(consume(commands, obey), scope)
      return { tasks: body.tasks }
    })

    const obey = (command: Command): void => {
      if (opened === undefined) return
      if (command._tag === "Interrupt") return opened.body.interrupt(command.attempt, command.reason, command.by)
      if (command._tag === "Proceed") return opened.body.proceed(command.attempt)
      opened.marksOf.set(command.job.attempt, command.mark)
      opened.body.run(ownedJob(command.job))
    }

    return {
      Open: (options: OpenOptions) =>
        onOpen(options).pipe(
          Effect.provideServiceEffect(RpcClient.Protocol, RpcWire.makeClient(wire, channelNode, { acks: false })),
          Scope.extend(scope)
        ),
      Events: () => Effect.succeed(events),
      Close: () => Scope.close(scope, Exit.void)
    }
  }))

const ownedJob = (job: Job): Job => ({
  ...job,
  args: owned(job.args),
  inputs: job.inputs.map((input) => ({ value: input.value, payload: input.payload && owned(input.payload) }))
})

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
