#!/usr/bin/env node
/**
 * The simulator from the command line: `simulate --seeds N --from S`, or `--seed X --trace` to see one run.
 *
 * @since 0.1.0
 */
import * as Simulation from "../Simulation.js"

interface Options {
  seeds: number
  from: number
  seed: number | undefined
  trace: boolean
  workers: number | undefined
  clients: number | undefined
  steps: number | undefined
  faults: boolean
  storm: true | undefined
  keepGoing: boolean
}

const usage = `simulate [--seeds N] [--from S] [--seed X] [--trace] [--workers N] [--clients N] [--steps N]
         [--no-faults] [--storm] [--keep-going]

  --seeds N      how many seeds to run (200)
  --from S       the first of them (1)
  --seed X       this one only
  --trace        print every event and command
  --steps N      how many things users do
  --storm        every kind of fault in every run, and hardly any memory
  --keep-going   collect all failing seeds instead of stopping at the first`

const write = (text: string): void => void process.stdout.write(text)

const number = (name: string, text: string | undefined): number => {
  const value = Number(text)
  if (text === undefined || !Number.isFinite(value)) {
    process.stderr.write(`${name} takes a number, not ${text ?? "nothing"}\n${usage}\n`)
    process.exit(2)
  }
  return value
}

const parse = (args: ReadonlyArray<string>): Options => {
  const options: Options = {
    seeds: 200,
    from: 1,
    seed: undefined,
    trace: false,
    workers: undefined,
    clients: undefined,
    steps: undefined,
    faults: true,
    storm: undefined,
    keepGoing: false
  }
  for (let i = 0; i < args.length; i++) {
    const name = args[i] ?? ""
    if (
      name === "--seeds" || name === "--from" || name === "--seed" || name === "--workers" || name === "--clients" ||
      name === "--steps"
    ) {
      options[name.slice(2) as "seeds"] = number(name, args[++i])
    } else if (name === "--trace") options.trace = true
    else if (name === "--no-faults") options.faults = false
    else if (name === "--storm") options.storm = true
    else if (name === "--keep-going") options.keepGoing = true
    else {
      write(`${usage}\n`)
      process.exit(name === "--help" || name === "-h" ? 0 : 2)
    }
  }
  return options
}

const options = parse(process.argv.slice(2))
const { clients, faults, steps, storm, workers } = options
const common = { workers, clients, steps, faults, storm }
const seeds = options.seed === undefined
  ? Array.from({ length: options.seeds }, (_, i) => options.from + i)
  : [options.seed]
const tally = Simulation.tally()
const failures: Array<Simulation.Failure> = []
const began = Date.now()
let done = 0

for (const seed of seeds) {
  const result = Simulation.run({ ...common, seed, trace: options.trace ? (line) => write(`${line}\n`) : undefined })
  Simulation.count(tally, result)
  done++
  if (result._tag === "Failure") {
    failures.push(result)
    if (!options.keepGoing || failures.length <= 1) write(`\n${Simulation.format(result)}\n`)
    else write(`seed ${seed}, ${result.phase} phase: ${result.message.split("\n")[0]}\n`)
    if (!options.keepGoing) break
  }
  if (done % 20 === 0 && process.stdout.isTTY) {
    write(`\r${done}/${seeds.length} seeds, ${tally.events} events, ${failures.length} failed `)
  }
}
if (process.stdout.isTTY && seeds.length > 1) write("\n")
write(`${Simulation.summary(tally, Date.now() - began)}\n`)
if (failures.length > 0) {
  const byRule = new Map<string, Array<number>>()
  for (const failure of failures) byRule.set(failure.rule, [...byRule.get(failure.rule) ?? [], failure.seed])
  for (const [rule, which] of byRule) {
    write(`  ${which.length} × ${rule}: seeds ${which.slice(0, 8).join(" ")}${which.length > 8 ? " …" : ""}\n`)
  }
}
// Some things are rare: only a long run that never saw one says that it is not tested.
const missed = seeds.length >= 1000 && options.faults ? Simulation.neverFired(tally) : []
process.exitCode = failures.length > 0 || missed.length > 0 ? 1 : 0
