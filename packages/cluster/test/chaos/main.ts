/**
 * The chaos suite: `npm run chaos -- --only kills,partition --seconds 60 --seed 1`, or `--list`. Tells what happens while
 * it happens, then one verdict for each scenario; ends with 1 where one does not hold. `--logs FOLDER` keeps what the
 * processes said; `--expiry SECONDS` is `storage.expiry`, for machines too busy to renew a lock every few seconds.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Effect, Exit } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { parseArgs } from "node:util"
import * as Postgres from "../fixtures/postgres.js"
import { bundle } from "../utils/programs.js"
import { all } from "./all.js"
import type { Verdict } from "./scenario.js"
import { run, verdictText } from "./scenario.js"

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const usage = `npm run chaos -- [options]

  --only A,B          only these scenarios
  --list              their names, and what each does
  --seconds N         how long each lasts (default: 60)
  --seed N            what happens when (default: another each time)
  --short             less of everything, as the tests run it
  --expiry SECONDS    after how long a lock in the database is taken over (default: 4)
  --logs FOLDER       keeps there what the processes said
  --help              this text`

const options = () => {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string" },
        seconds: { type: "string", default: "60" },
        seed: { type: "string", default: String(Date.now() % 1_000_000) },
        expiry: { type: "string", default: "4" },
        short: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
        logs: { type: "string" },
        help: { type: "boolean", short: "h", default: false }
      }
    })
    const odd = (["seconds", "seed", "expiry"] as const).find((name) => !(Number(values[name]) >= 0))
    if (odd !== undefined) throw new Error(`--${odd} takes a number, not ${values[odd]}`)
    return values
  } catch (error) {
    console.error(`chaos: ${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return process.exit(2)
  }
}

const values = options()

const named = values.only?.split(",").map((name) => name.trim())
const unknown = named?.filter((name) => !all.some((scenario) => scenario.name === name)) ?? []
const chosen = named === undefined ? all : all.filter((scenario) => named.includes(scenario.name))

/** All that was said, in files; without a folder, the end of it, where something is broken. */
const keep = (verdict: Verdict): void => {
  if (values.logs === undefined) {
    if (!verdict.holds) { for (const [name, log] of verdict.logs) say(`--- ${name}\n${log.slice(-3000)}`) }
    return
  }
  const folder = path.join(values.logs, verdict.name)
  mkdirSync(folder, { recursive: true })
  for (const [name, log] of verdict.logs) writeFileSync(path.join(folder, `${name}.log`), log)
}

const suite = Effect.gen(function*() {
  yield* Effect.promise(bundle)
  const verdicts: Array<Verdict> = []
  say(`seed ${values.seed}`)
  for (const scenario of chosen) {
    const settings = {
      short: values.short,
      seed: Number(values.seed),
      seconds: Number(values.seconds),
      expiry: Number(values.expiry),
      tell: say
    }
    const verdict = yield* run(scenario, settings)
    keep(verdict)
    say(verdictText(verdict))
    verdicts.push(verdict)
  }
  say("")
  for (const verdict of verdicts) say(verdictText(verdict))
  return verdicts.every((verdict) => verdict.holds)
})

if (values.help) say(usage)
else if (values.list) {
  for (const { name, title } of all) say(`${name.padEnd(12)} ${title}`)
} else if (unknown.length > 0) {
  say(`there is no scenario ${unknown.join(", ")}; there are ${all.map(({ name }) => name).join(", ")}`)
  process.exit(2)
} else {
  // Said by `process.exit`: the database's package sets `process.exitCode` to 0 when nothing is left to do.
  NodeRuntime.runMain(
    Effect.filterOrFail(suite, (holds) => holds, () => "not all hold").pipe(Effect.provide(Postgres.layer)),
    { teardown: (exit, done) => done(Exit.isSuccess(exit) ? 0 : 1) }
  )
}
