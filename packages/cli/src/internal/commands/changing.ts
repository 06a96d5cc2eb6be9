/** The commands that change what others run: for operators. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type * as Door from "creel/Door"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as os from "node:os"
import { CliError } from "../../CliError.js"
import * as Output from "../../Output.js"
import * as Render from "../../Render.js"
import { asking } from "../lazily.js"
import * as Given from "../options.js"
import { summaries } from "../summaries.js"

const common = { ...Given.cluster, within: Given.within, json: Given.json }

const noWorker = (worker: string): CliError =>
  new CliError({
    reason: "Unknown",
    detail: `there is no worker ${worker}`,
    advice: "see `creel workers` for those there are"
  })

const notRetired = (worker: string, at: Door.Retiring): CliError =>
  at.state === "stuck"
    ? new CliError({
      reason: "NotDone",
      detail: `${worker} stays: ${at.stuck} values are only there, and no other worker can take them`,
      advice: "bring another worker, or room on those there are, and try again"
    })
    : new CliError({
      reason: "NotDone",
      detail: `${worker} stays: in this time, ${at.tasks} tasks did not end and ${at.copying} values were not copied`,
      advice: "give it more time (--timeout), or see `creel story` of it"
    })

const timeout = Given.duration(
  "timeout",
  "CREEL_RETIRE_TIMEOUT",
  "10 minutes",
  "How long it may take to hand over what it has. Then it stays after all. Default: 10m"
)

export const retire = Command.make(
  "retire",
  { ...common, timeout, worker: Given.workerArg },
  (options) =>
    Effect.gen(function*() {
      const Asked = yield* asking
      const { ask } = yield* Asked.make(options, "operator")
      const { worker } = options
      let last: Door.Retiring = { state: "busy", tasks: 0, copying: 0, stuck: 0 }
      const asked = ask.retire(worker).pipe(
        Effect.tap((at) => Effect.sync(() => last = at)),
        Effect.repeat({ schedule: Schedule.spaced("200 millis"), until: (at) => at.state !== "busy" }),
        // Whoever stops waiting, or gives up, leaves it as it was.
        Effect.onInterrupt(() => Effect.ignore(Effect.timeout(ask.retire(worker, true), "2 seconds"))),
        Effect.timeoutFail({ duration: options.timeout, onTimeout: () => notRetired(worker, last) })
      )
      yield* Asked.answered(asked)
      const at = last
      if (at.state === "unknown") return yield* noWorker(worker)
      if (at.state === "stuck") return yield* notRetired(worker, at)
      yield* options.json ? Output.json({ worker, ...at }) : Output.lines((ink) => Render.retired(worker, at, ink))
    }).pipe(Effect.scoped)
).pipe(
  Command.withDescription(summaries.retire)
)

const keys = Given.keyArg.pipe(Args.atLeast(1))

const reason = Options.text("reason").pipe(
  Options.withDefault("cancelled by an operator"),
  Options.withDescription("Why: whoever waits for it is told.")
)

const by = (): string => `${os.userInfo().username}@${os.hostname()}`

const notRunning = (key: string, found: Door.Explanation): CliError =>
  found.state === "Unknown"
    ? new CliError({
      reason: "Unknown",
      detail: `nothing is known of ${key}`,
      advice: "give a key as the program prints it (future.key)"
    })
    : new CliError({ reason: "NotDone", detail: found.summary, advice: "nothing: it has ended already" })

export const cancel = Command.make("cancel", { ...common, reason, keys }, (options) =>
  Effect.gen(function*() {
    const Asked = yield* asking
    const { ask } = yield* Asked.make(options, "operator")
    const cancelled = yield* Asked.answered(ask.cancel(options.keys, { by: by(), reason: options.reason }))
    yield* options.json ? Output.json({ cancelled }) : Output.lines((ink) => Render.cancelled(cancelled, ink))
    const not = options.keys.find((key) => !cancelled.includes(key))
    if (not !== undefined) return yield* notRunning(not, yield* Asked.answered(ask.explain(not)))
  }).pipe(Effect.scoped)).pipe(
    Command.withDescription(summaries.cancel)
  )

export const restart = Command.make("restart", common, (options) =>
  Effect.gen(function*() {
    const Asked = yield* asking
    const { ask, namespace, placement } = yield* Asked.make(options, "operator")
    const before = yield* placement.locate(namespace)
    yield* Asked.answered(ask.restartScheduler(by()))
    let scheduler = before
    const look = Effect.tap(placement.locate(namespace), (at) => Effect.sync(() => scheduler = at))
    yield* Effect.repeat(look, {
      schedule: Schedule.spaced("200 millis"),
      until: ({ incarnation }) => incarnation > before.incarnation
    })
    yield* options.json ? Output.json({ scheduler }) : Output.lines((ink) => Render.restarted(scheduler, ink))
  }).pipe(Effect.scoped)).pipe(
    Command.withDescription(summaries.restart)
  )
