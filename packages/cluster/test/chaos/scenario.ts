/**
 * A scenario: what is done to a cluster, what was seen, and the verdict. Owned here: how long things may take, how what
 * happens is told, and what clients that count must have counted.
 */
import { Cause, Effect, Exit, Option } from "effect"
import type { Scope } from "effect"
import * as Postgres from "../fixtures/postgres.js"
import * as Crew from "./crew.js"

export interface Settings {
  /** A short version of it, for the tests. */
  readonly short: boolean
  readonly seed: number
  /** How long a scenario that goes on for a while does so. Seconds. */
  readonly seconds: number
  /** `storage.expiry` of all. Seconds. */
  readonly expiry: number
  readonly tell: (line: string) => void
}

export interface Stage extends Settings {
  readonly crew: Crew.Crew
  readonly postgres: Postgres.Service
  readonly database: string
  readonly lot: (below: number) => number
  /** What is to be in the verdict. */
  readonly fact: (name: string, value: number | string) => void
  /** What must not be. */
  readonly fault: (what: string) => void
  readonly expect: (holds: boolean, what: string) => void
}

export interface Scenario {
  readonly name: string
  readonly title: string
  /** Said where this machine cannot do it. */
  readonly missing?: () => string | undefined
  readonly run: (stage: Stage) => Effect.Effect<void, unknown, Scope.Scope>
  /** It may take so long, in seconds. */
  readonly within: number
  /** What all its processes are told. */
  readonly options?: Readonly<Record<string, unknown>>
}

export interface Verdict {
  readonly name: string
  readonly holds: boolean
  readonly skipped: string | undefined
  readonly facts: ReadonlyMap<string, number | string>
  readonly faults: ReadonlyArray<string>
  readonly seconds: number
  /** What the processes said besides. */
  readonly logs: ReadonlyMap<string, string>
}

/** The same numbers for the same seed. */
const lots = (seed: number) => {
  let state = seed >>> 0
  return (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

/** So often it has been asked for a database here. */
let databases = 0

export const run = (
  scenario: Scenario,
  settings: Settings
): Effect.Effect<Verdict, never, Postgres.Postgres> =>
  Effect.gen(function*() {
    const began = performance.now()
    const facts = new Map<string, number | string>()
    const faults: Array<string> = []
    const skipped = scenario.missing?.()
    const logs = new Map<string, string>()
    const at = () => `${scenario.name} ${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s`
    const tell = (line: string) => settings.tell(`${at()}  ${line}`)
    const play = Effect.scoped(Effect.gen(function*() {
      const postgres = yield* Postgres.Postgres
      const database = yield* postgres.database(`chaos_${++databases}_${scenario.name.replace(/\W/g, "_")}`)
      const crew = yield* Crew.make({ database, expiry: settings.expiry, ...scenario.options })
      const expect = (holds: boolean, what: string) => {
        if (!holds) faults.push(what)
      }
      const stage: Stage = {
        ...settings,
        tell,
        crew,
        postgres,
        database,
        lot: lots(settings.seed),
        fact: (name, value) => void facts.set(name, value),
        fault: (what) => void faults.push(what),
        expect
      }
      const ended = yield* Effect.exit(Effect.timeoutOption(scenario.run(stage), `${scenario.within} seconds`))
      if (Exit.isFailure(ended)) faults.push(Cause.pretty(ended.cause).slice(0, 2000))
      else if (Option.isNone(ended.value)) faults.push(`it was not over after ${scenario.within} s`)
      facts.set("takeovers", Math.max(0, crew.incarnation() - 1))
      for (const member of crew.all) {
        const words = member.words.slice(-4).map((word) => `@${JSON.stringify(word)}\n`).join("")
        logs.set(member.name, `${member.log()}${words}${member.gone() ? "gone" : "alive"}\n`)
      }
    }))
    if (skipped === undefined) {
      tell(scenario.title)
      yield* play
    }
    const seconds = (performance.now() - began) / 1000
    return { name: scenario.name, holds: faults.length === 0, skipped, facts, faults, seconds, logs }
  })

export const verdictText = (verdict: Verdict): string => {
  if (verdict.skipped !== undefined) return `${verdict.name}: SKIPPED, ${verdict.skipped}`
  const facts = [...verdict.facts].map(([name, value]) => `${name} ${value}`).join(", ")
  const head = `${verdict.name}: ${verdict.holds ? "HOLDS" : "BROKEN"} (${verdict.seconds.toFixed(0)} s): ${facts}`
  return [head, ...verdict.faults.map((fault) => `    ! ${fault}`)].join("\n")
}

/** So many nodes, all ready. */
export const nodes = (stage: Stage, count: number, more: Readonly<Record<string, unknown>> = {}) =>
  Effect.gen(function*() {
    const all = yield* Effect.all(Array.from({ length: count }, () => stage.crew.node(more)))
    yield* Effect.all(all.map((node) => node.word("ready")), { concurrency: "unbounded" })
    stage.tell(`${count} nodes are ready`)
    return all
  })

/** Tells of a client that computes graphs how far it is, and what it waits for, for as long as the scope. */
export const following = (stage: Stage, client: Crew.Member) =>
  Effect.forkScoped(Effect.forever(Effect.gen(function*() {
    const word = yield* Effect.race(client.next("progress"), client.next("waiting"))
    const ran = stage.crew.notes("ran").length
    stage.tell(
      word.what === "progress"
        ? `${client.name}: round ${String(word.round)}, ${String(word.count)} answers, ${ran} carried out`
        : `${client.name} has waited ${String(word.seconds)} s for ${String(word.of)}, ${String(word.key)}; ` +
          `${ran} carried out: ${String(word.why)}`
    )
  })))

/** What a client has counted, when it is done: all there, each right, each once. */
export const counted = (stage: Stage, client: Crew.Member, of?: string): Effect.Effect<void> =>
  Effect.gen(function*() {
    yield* client.word("done")
    const rounds = client.words.filter((word) => word.what === "round")
    const total = (key: string) => rounds.reduce((sum, round) => sum + Number(round[key]), 0)
    const { expect, fact } = stage
    const name = (what: string) => of === undefined ? what : `${what} of ${of}`
    fact(name("rounds"), rounds.length)
    fact(name("tasks"), total("tasks"))
    fact(name("wrong"), total("wrong"))
    fact(name("missing"), total("missing"))
    fact(name("delivered twice"), total("twice"))
    expect(rounds.length > 0, `${client.name} has no round`)
    for (const key of ["wrong", "missing", "twice"]) {
      expect(
        total(key) === 0,
        `${client.name}: ${total(key)} ${key}: ${JSON.stringify(rounds.flatMap((one) => one.examples))}`
      )
    }
  })

/** Attempts that were carried out for nothing. */
export const reruns = (stage: Stage): void => {
  const ran = stage.crew.notes("ran")
  stage.fact("carried out", ran.length)
  stage.fact("of these again", ran.length - new Set(ran).size)
}
