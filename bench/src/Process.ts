/**
 * Runs a child process and collects its samples. It ends with the scope, and what it started with it.
 */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { fileURLToPath } from "node:url"
import type { Order, Sample } from "./Sample.js"
import { parse } from "./Sample.js"

export class ChildFailed extends Data.TaggedError("ChildFailed")<{ readonly why: string }> {}

const script = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

const command = (order: Order, python: string | undefined): Command.Command =>
  python === undefined
    ? Command.make(
      process.execPath,
      "--expose-gc",
      "--max-old-space-size=8192",
      script("child.js"),
      JSON.stringify(order)
    )
    : Command.make(python, script("../python/child.py"), JSON.stringify(order))

const lastLines = (text: string): string => text.trim().split("\n").slice(-12).join("\n")

/** Asks it to end, with all that it started; one that does not is ended. */
const end = (child: CommandExecutor.Process) =>
  Effect.if(child.isRunning, {
    onTrue: () =>
      child.kill("SIGTERM").pipe(
        Effect.interruptible,
        Effect.timeout("5 seconds"),
        Effect.orElse(() => child.kill("SIGKILL"))
      ),
    onFalse: () => Effect.void
  }).pipe(Effect.ignore)

/** Fails when the child does, takes longer than `limit` seconds, or says nothing. */
export const run = (order: Order, python: string | undefined, limit: number) =>
  Effect.gen(function*() {
    const child = yield* Command.start(command(order, python))
    yield* Effect.addFinalizer(() => end(child))
    const samples: Array<Sample> = []
    let said = ""
    const [, , code] = yield* Effect.all([
      child.stdout.pipe(
        Stream.decodeText(),
        Stream.splitLines,
        Stream.runForEach((line) =>
          Effect.sync(() => {
            const sample = parse(line)
            if (sample !== undefined) samples.push(sample)
          })
        )
      ),
      child.stderr.pipe(
        Stream.decodeText(),
        Stream.runForEach((text) =>
          Effect.sync(() => {
            said = (said + text).slice(-20_000)
          })
        )
      ),
      child.exitCode
    ], { concurrency: "unbounded" })
    if (code !== 0) return yield* new ChildFailed({ why: `exit code ${code}\n${lastLines(said)}` })
    if (samples.length === 0) return yield* new ChildFailed({ why: `it measured nothing\n${lastLines(said)}` })
    return samples
  }).pipe(
    Effect.scoped,
    Effect.timeoutFail({
      duration: `${limit} seconds`,
      onTimeout: () => new ChildFailed({ why: `it took longer than ${limit} seconds` })
    }),
    Effect.catchAll((error) =>
      error._tag === "ChildFailed" ? Effect.fail(error) : Effect.fail(new ChildFailed({ why: error.message }))
    ),
    // Some ways in which a process cannot be started are thrown.
    Effect.catchAllDefect((defect) => Effect.fail(new ChildFailed({ why: String(defect) })))
  )
