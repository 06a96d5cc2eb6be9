/**
 * What the command line asks for.
 */
import { parseArgs } from "node:util"
import { subjects, works } from "./Plan.js"

export interface Options {
  /** Names of works. None: all. */
  readonly only: ReadonlyArray<string>
  /** Names of subjects. None: all, or in a quick run those that are quick. */
  readonly subjects: ReadonlyArray<string>
  readonly quick: boolean
  readonly rounds: number | undefined
  readonly json: string | undefined
  readonly list: boolean
  readonly help: boolean
}

/** Something that the user has to put right: printed as it stands, and the exit code is 1. */
export class UsageError extends Error {}

export const help = `npm run bench -- [options]

  --quick             fewer tasks, works and subjects, each once: about two minutes
  --only NAME         only this work; may be given several times
  --subjects A,B      only these subjects
  --rounds N          how often everything is done, in turns (default: 3, quick: 1)
  --json FILE         writes all runs, medians, ratios and what the machine is
  --list              the names of works and subjects
`

const columns = (pairs: ReadonlyArray<readonly [string, string]>): string =>
  pairs.map(([name, what]) => `  ${name.padEnd(14)}  ${what}`).join("\n")

export const list = (): string =>
  `works\n${columns(works.map((each) => [each.name, each.what]))}\n\nsubjects\n${
    columns(subjects.map((each) => [each.name, each.what]))
  }\n`

const known = (kind: string, names: ReadonlyArray<string>, all: ReadonlyArray<string>): ReadonlyArray<string> => {
  for (const name of names) {
    if (!all.includes(name)) throw new UsageError(`there is no ${kind} called "${name}". There are: ${all.join(", ")}.`)
  }
  return names
}

const roundsOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const rounds = Number(text)
  if (!Number.isInteger(rounds) || rounds < 1) throw new UsageError(`--rounds takes a number from 1 on, not "${text}".`)
  return rounds
}

/** Throws `UsageError`. */
export const parse = (args: ReadonlyArray<string>): Options => {
  let values
  try {
    values = parseArgs({
      args: [...args],
      options: {
        only: { type: "string", multiple: true },
        subjects: { type: "string", multiple: true },
        rounds: { type: "string" },
        json: { type: "string" },
        quick: { type: "boolean" },
        list: { type: "boolean" },
        help: { type: "boolean" }
      }
    }).values
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${help}`)
  }
  const split = (given: ReadonlyArray<string> | undefined) => (given ?? []).flatMap((each) => each.split(","))
  return {
    only: known("work", split(values.only), works.map((each) => each.name)),
    subjects: known("subject", split(values.subjects), subjects.map((each) => each.name)),
    quick: values.quick ?? false,
    rounds: roundsOf(values.rounds),
    json: values.json,
    list: values.list ?? false,
    help: values.help ?? false
  }
}
