/**
 * `npm run bench`: every subject does the same works, in turns, each time in a fresh process; then one table.
 */
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import * as Runtime from "@effect/platform/Runtime"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { readFileSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import * as path from "node:path"

import * as Machine from "./Machine.js"
import * as Options from "./Options.js"
import * as Plan from "./Plan.js"
import * as Process from "./Process.js"
import * as Python from "./Python.js"
import * as Result from "./Result.js"
import type { Run } from "./Sample.js"
import { table } from "./Table.js"
import * as Texts from "./Texts.js"

const started = performance.now()

/** Progress, where it does not mix with the table. */
const say = (line: string): void => {
  const seconds = Math.round((performance.now() - started) / 1000)
  process.stderr.write(`[${String(seconds).padStart(4)} s] ${line}\n`)
}

interface LeftOut {
  readonly subject: string
  readonly why: string
}

const npmVersions = (): Record<string, string> => {
  const require = createRequire(import.meta.url)
  const find = (name: string): string | undefined =>
    (require.resolve.paths(name) ?? []).map((folder) => path.join(folder, name, "package.json")).find((file) => {
      try {
        return readFileSync(file, "utf8") !== ""
      } catch {
        return false
      }
    })
  const names = ["creel", "effect", "@effect/rpc", "piscina", "tinypool", "poolifier", "workerpool"]
  return Object.fromEntries(names.flatMap((name) => {
    const file = find(name)
    return file === undefined ? [] : [[name, (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version]]
  }))
}

/** The interpreters of the subjects in Python; a subject without one is left out. */
const pythons = (options: Options.Options) =>
  Effect.gen(function*() {
    const found: Record<string, Python.Found> = {}
    const leftOut: Array<LeftOut> = []
    const wanted = new Set(Plan.steps(options).map(({ subject }) => subject))
    for (const { language, name } of wanted) {
      if (language !== "python") continue
      const module = name === "dask" ? "distributed" : name
      const python = yield* Python.find(module, say)
      if (Option.isSome(python)) found[name] = python.value
      else {
        const why = `neither pip in bench/.venv nor the system's python3 gives the module "${module}"`
        leftOut.push({ subject: name, why })
        say(`${name} is left out: ${why}`)
      }
    }
    return { found, leftOut }
  })

/** What has been measured so far. */
interface Measured {
  readonly runs: Array<Run>
  readonly failed: Array<LeftOut>
}

const measure = (
  options: Options.Options,
  found: Readonly<Record<string, Python.Found>>,
  { failed, runs }: Measured
) =>
  Effect.gen(function*() {
    const steps = Plan.steps(options).filter(({ subject }) => subject.language === "node" || subject.name in found)
    const counts = Plan.counts(options)
    const texts = steps.some(({ group }) => group === "bag") ? yield* Texts.make(counts["wordcount"]!) : Texts.none
    for (const [index, { group, round, subject, works }] of steps.entries()) {
      const names = works.map((each) => each.name)
      const what = group === names[0] ? group : `${group} (${names.join(" ")})`
      say(`${index + 1}/${steps.length}  round ${round}  ${subject.name.padEnd(13)}  ${what}`)
      const order = {
        subject: subject.name,
        group,
        works: names,
        counts,
        variants: !options.quick,
        warmup: options.quick ? 500 : 3000,
        // Dask is slow where all others are done at once
        repeats: subject.language === "python" && (group === "tasks" || group === "bag") ? 1 : 3,
        texts,
        startedAt: Date.now()
      }
      const samples = yield* Effect.either(
        Process.run(order, found[subject.name]?.python, options.quick ? 180 : 1200)
      )
      if (samples._tag === "Right") {
        runs.push(...samples.right.map((sample) => ({ ...sample, subject: sample.subject ?? subject.name, round })))
      } else {
        failed.push({ subject: `${subject.name}, ${group}, round ${round}`, why: samples.left.why })
        say(`${subject.name} failed at ${group}: ${samples.left.why}`)
      }
    }
  }).pipe(Effect.scoped)

const tell = (
  options: Options.Options,
  machine: Machine.Machine,
  leftOut: ReadonlyArray<LeftOut>,
  { failed, runs }: Measured
): void => {
  const rows = Result.rows(runs)
  process.stdout.write(`${Machine.describe(machine)}\n\n${table(rows)}\n`)
  const skipped = Plan.skipped(options).map(([subject, group]) => `${group} on ${subject}`)
  if (skipped.length > 0) process.stdout.write(`\nskipped, for the run is quick: ${skipped.join(", ")}\n`)
  const unnamed = Plan.unnamed(options)
  if (unnamed.length > 0) process.stdout.write(`\nleft out of a quick run, unless by --only: ${unnamed.join(", ")}\n`)
  for (const { subject, why } of leftOut) process.stdout.write(`\n${subject} is left out: ${why}\n`)
  for (const { subject, why } of failed) process.stdout.write(`\nfailed: ${subject}: ${why}\n`)
  if (options.json !== undefined) {
    const seconds = Math.round((performance.now() - started) / 1000)
    const { json, ...choice } = options
    writeFileSync(json!, `${JSON.stringify({ machine, choice, seconds, leftOut, failed, rows, runs }, null, 1)}\n`)
  }
}

const bench = (options: Options.Options) =>
  Effect.gen(function*() {
    const { found, leftOut } = yield* pythons(options)
    const versions = { ...npmVersions() }
    for (const [name, { version }] of Object.entries(found)) versions[name] = version
    const machine = Machine.machine(versions)
    if (Plan.steps(options).length === 0) {
      return yield* Effect.die(new Options.UsageError("none of these subjects does any of these works, see --list."))
    }
    if (machine.load > machine.cores / 4) say("the machine is busy with something else: ratios will be rough")
    const measured: Measured = { runs: [], failed: [] }
    const report = () => tell(options, machine, leftOut, measured)
    // What took so long is not lost with the rest.
    yield* Effect.onInterrupt(measure(options, found, measured), () => Effect.sync(report))
    report()
    if (measured.failed.length > 0) process.exitCode = 1
  })

const program = Effect.suspend(() => {
  const options = Options.parse(process.argv.slice(2))
  if (options.help) return Effect.sync(() => process.stdout.write(Options.help))
  if (options.list) return Effect.sync(() => process.stdout.write(Options.list()))
  return bench(options)
}).pipe(
  Effect.catchAllDefect((defect) =>
    defect instanceof Options.UsageError
      ? Effect.sync(() => {
        process.stderr.write(`bench: ${defect.message}\n`)
        process.exitCode = 1
      })
      : Effect.die(defect)
  )
)

program.pipe(
  Effect.provide(NodeContext.layer),
  NodeRuntime.runMain({
    // stopped by a signal is not done
    teardown: (exit, onExit) =>
      Exit.isFailure(exit) && Cause.isInterruptedOnly(exit.cause) ? onExit(130) : Runtime.defaultTeardown(exit, onExit)
  })
)
