/**
 * The command line of Creel: nodes of a cluster, and questions to it. `creel --help` says what there is.
 *
 * @since 0.1.0
 */
import { isClusterError } from "@creel/cluster/ClusterError"
import type * as CliApp from "@effect/cli/CliApp"
import * as CliConfig from "@effect/cli/CliConfig"
import * as Command from "@effect/cli/Command"
import * as ValidationError from "@effect/cli/ValidationError"
import * as Cause from "effect/Cause"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import { exitCode, isCliError } from "./CliError.js"
import * as Changing from "./internal/commands/changing.js"
import * as Credentials from "./internal/commands/credentials.js"
import * as Looking from "./internal/commands/looking.js"
import { node } from "./internal/commands/node.js"
import * as Ending from "./internal/ending.js"
import * as Help from "./internal/help.js"
import { summaries } from "./internal/summaries.js"
import * as Output from "./Output.js"
import * as Render from "./Render.js"

const version = "0.1.0"

const topics: ReadonlyArray<Help.Topic> = [
  { command: node, name: "node", summary: summaries.node },
  { command: Looking.status, name: "status", summary: summaries.status },
  { command: Looking.workers, name: "workers", summary: summaries.workers },
  { command: Looking.tasks, name: "tasks", summary: summaries.tasks },
  { command: Looking.top, name: "top", summary: summaries.top },
  { command: Looking.memory, name: "memory", summary: summaries.memory },
  { command: Looking.explain, name: "explain", summary: summaries.explain },
  { command: Looking.story, name: "story", summary: summaries.story },
  { command: Changing.cancel, name: "cancel", summary: summaries.cancel },
  { command: Changing.retire, name: "retire", summary: summaries.retire },
  { command: Changing.restart, name: "restart", summary: summaries.restart },
  { command: Credentials.secret, name: "secret", summary: summaries.secret },
  { command: Credentials.certs, name: "certs", summary: summaries.certs }
]

const creel = Command.make("creel").pipe(
  Command.withSubcommands([
    node,
    Looking.status,
    Looking.workers,
    Looking.tasks,
    Looking.top,
    Looking.memory,
    Looking.explain,
    Looking.story,
    Changing.cancel,
    Changing.retire,
    Changing.restart,
    Credentials.secret,
    Credentials.certs
  ])
)

const parsed = Command.run(creel, { name: "Creel", version })

/** Help is of our own making; all else the parser does. */
const helpFor = (args: ReadonlyArray<string>, size: { readonly columns: number }, ink: Render.Ink) => {
  const [command, ...rest] = args
  const asked = rest.includes("--help") || rest.includes("-h")
  if (command === undefined || command === "--help" || command === "-h" || command === "help") {
    const about = topics.find(({ name }) => name === rest[0])
    return about === undefined ? Help.overview(topics, width(size), ink) : Help.topic(about, width(size), ink)
  }
  const about = topics.find(({ name }) => name === command)
  return asked && about !== undefined ? Help.topic(about, width(size), ink) : undefined
}

const width = ({ columns }: { readonly columns: number }): number => Math.min(100, Math.max(60, columns))

/** Its options are CREEL_ variables alone: nothing else of the environment means anything here. */
const config = Effect.withConfigProvider(ConfigProvider.fromEnv())

const said = (error: unknown): Effect.Effect<void, never, Output.Output> => {
  // What was typed wrong, the parser has said.
  if (ValidationError.isValidationError(error)) return Effect.void
  const message = isCliError(error)
    ? `${error.detail}. What to do: ${error.advice}.`
    : isClusterError(error)
    ? error.message
    : String(error)
  return Output.errorLines((ink) => Render.error(message, ink))
}

/** What died was not foreseen: all of it is shown. */
const failed = (cause: Cause.Cause<unknown>): Effect.Effect<number, never, Output.Output> =>
  Option.match(Cause.failureOption(cause), {
    onSome: (error) => Effect.as(said(error), exitCode(error)),
    onNone: () => Effect.as(Output.errorLines(() => [Cause.pretty(cause)]), 1)
  })

/** As shells say it: 130 for SIGINT, 143 for SIGTERM. */
const codeOf = (signal: "SIGINT" | "SIGTERM"): number => signal === "SIGINT" ? 130 : 143

/**
 * Runs what the arguments (`process.argv`) ask for, and gives the exit code. `signal` ends when the process is told to end:
 * then what runs is interrupted, a node hands over what it has, and the code is that of the signal, or 0 for a command that
 * runs until it is told to end.
 *
 * @since 0.1.0
 * @category running
 */
export const run = (
  args: ReadonlyArray<string>,
  options?: { readonly signal?: Effect.Effect<"SIGINT" | "SIGTERM"> | undefined }
): Effect.Effect<number, never, CliApp.CliApp.Environment | Output.Output> =>
  Effect.gen(function*() {
    const output = yield* Output.Output
    const help = helpFor(args.slice(2), output.size(), output.ink)
    if (help !== undefined) return yield* Effect.as(Output.lines(() => help), 0)
    const ending: Ending.Service = { isDone: false }
    const console = Output.asConsole(output, yield* Console.consoleWith(Effect.succeed))
    const fiber = yield* Effect.fork(
      parsed(args).pipe(
        Effect.provideService(Ending.Ending, ending),
        Effect.provide(CliConfig.layer({ showBuiltIns: false })),
        Logger.withMinimumLogLevel(LogLevel.Warning),
        Console.withConsole(console),
        config
      )
    )
    const told = yield* Effect.raceFirst(
      Effect.as(Fiber.await(fiber), Option.none()),
      Effect.asSome(options?.signal ?? Effect.never)
    )
    const exit = Option.isSome(told) ? yield* Fiber.interrupt(fiber) : yield* Fiber.await(fiber)
    if (Exit.isSuccess(exit)) return 0
    if (Option.isSome(told) && Cause.isInterruptedOnly(exit.cause)) return ending.isDone ? 0 : codeOf(told.value)
    return yield* failed(exit.cause)
  })
