/** The commands that look and change nothing. */
import type { ClusterError } from "@creel/cluster/ClusterError"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type * as Door from "creel/Door"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { CliError } from "../../CliError.js"
import * as Output from "../../Output.js"
import * as Render from "../../Render.js"
import type { Asking } from "../asking.js"
import * as Ending from "../ending.js"
import * as Lazily from "../lazily.js"
import * as Given from "../options.js"
import { summaries } from "../summaries.js"

type Options_ = Given.ClusterOptions & { readonly within: Duration.Duration }

/** Asks as an observer, and prints: lines for people, or data. */
const look = <O extends Options_ & { readonly json: boolean }, A>(
  options: O,
  ask: (asking: Asking) => Effect.Effect<A, CliError | ClusterError, Scope.Scope>,
  lines: (answer: A, ink: Render.Ink) => Render.Lines
): Effect.Effect<void, CliError | ClusterError, Output.Output> =>
  Effect.gen(function*() {
    const Asked = yield* Lazily.asking
    const asking = yield* Asked.make(options, "observer")
    const answer = yield* Asked.answered(ask(asking))
    yield* options.json ? Output.json(answer) : Output.lines((ink) => lines(answer, ink))
  }).pipe(Effect.scoped)

const common = { ...Given.cluster, within: Given.within, json: Given.json }

const statusOf = ({ ask, namespace, placement }: Asking): Effect.Effect<Render.Status, ClusterError> =>
  Effect.all({
    scheduler: placement.locate(namespace),
    members: placement.members(namespace),
    workers: ask.workers,
    progress: ask.progress(undefined),
    memory: Effect.map(ask.memory(false), (memory) => memory.workers)
  }, { concurrency: "unbounded" })

export const status = Command.make("status", common, (options) => look(options, statusOf, Render.status)).pipe(
  Command.withDescription(summaries.status)
)

export const workers = Command.make(
  "workers",
  common,
  (options) => look(options, ({ ask }) => ask.workers, Render.workers)
).pipe(
  Command.withDescription(summaries.status)
)

export const tasks = Command.make(
  "tasks",
  common,
  (options) => look(options, ({ ask }) => ask.progress(undefined), Render.tasks)
).pipe(
  Command.withDescription(summaries.status)
)

export const memory = Command.make(
  "memory",
  common,
  (options) => look(options, ({ ask }) => ask.memory(true), Render.memory)
).pipe(
  Command.withDescription(summaries.status)
)

const unknown = (subject: string): CliError =>
  new CliError({
    reason: "Unknown",
    detail: `nothing is known of ${subject}: it was never there, or is forgotten`,
    advice:
      "give a key as the program prints it (future.key), or a worker of `creel workers`; what nobody wants is forgotten"
  })

/** People know workers by name, the journal knows them by id. */
const named = (workers: ReadonlyArray<Door.WorkerView>, subject: string): string =>
  workers.find((worker) => worker.name === subject)?.id ?? subject

const mermaid = Options.boolean("mermaid").pipe(
  Options.withDescription("As a sequence diagram in Mermaid, for Markdown.")
)

export const story = Command.make("story", { ...common, subject: Given.subjectArg, mermaid }, (options) =>
  look(
    options,
    ({ ask }) =>
      Effect.gen(function*() {
        const lines = yield* ask.story(named(yield* ask.workers, options.subject))
        if (lines.length === 0) return yield* unknown(options.subject)
        return options.mermaid ? (yield* Lazily.diagram).ofStory(lines, { title: options.subject }) : lines
      }),
    (story, ink) => typeof story === "string" ? story.split("\n") : Render.story(options.subject, story, ink)
  )).pipe(Command.withDescription(summaries.story))

export const explain = Command.make("explain", { ...common, subject: Given.keyArg }, (options) =>
  look(
    options,
    ({ ask }) =>
      Effect.filterOrFail(ask.explain(options.subject), ({ state }) =>
        state !== "Unknown", () =>
        unknown(options.subject)),
    Render.explanation
  )).pipe(
    Command.withDescription(summaries.explain)
  )

const every = Given.duration("every", "CREEL_EVERY", "1 second", "How often it looks. Default: 1s")

const times = Options.integer("times").pipe(
  Options.withAlias("n"),
  Options.optional,
  Options.withDescription("How many times it looks, and then ends.")
)

/** Another page of the terminal, without a cursor; the one before comes back at the end. */
const page = (output: Output.Service) =>
  Effect.acquireRelease(output.write("\u001b[?1049h\u001b[?25l"), () => output.write("\u001b[?25h\u001b[?1049l"))

export const top = Command.make("top", { ...common, every, times }, (options) =>
  Effect.gen(function*() {
    const output = yield* Output.Output
    const Asked = yield* Lazily.asking
    const asking = yield* Asked.make(options, "observer")
    const drawn = output.isTerminal && !options.json
    yield* Ending.interruptedIsDone
    let pictures = 0
    if (drawn) yield* page(output)
    const show = (view: Render.Status) => {
      if (options.json) return Output.json(view, { compact: true })
      const lines = Render.top(view, output.ink)
      if (drawn) return output.write(Render.frame(lines, output.size()))
      return Output.lines(() => pictures++ === 0 ? lines : ["", ...lines])
    }
    const recurs = Option.match(options.times, {
      onNone: () => Schedule.forever,
      onSome: (times) => Schedule.recurs(Math.max(0, times - 1))
    })
    yield* Asked.answered(Effect.flatMap(statusOf(asking), show)).pipe(
      Effect.repeat(Schedule.intersect(recurs, Schedule.spaced(options.every)))
    )
  }).pipe(Effect.scoped)).pipe(
    Command.withDescription(summaries.top)
  )
