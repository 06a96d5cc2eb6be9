/** Files that are read and written, and what is wrong with them in a sentence. */
import * as Effect from "effect/Effect"
import * as fs from "node:fs/promises"
import { CliError } from "../CliError.js"

const why = (error: unknown): string =>
  error instanceof Error ? error.message.replace(/^(\w+): ([^,]+),.*$/, "$2 ($1)") : String(error)

const badFile = (detail: string, advice: string, cause: unknown): CliError =>
  new CliError({ reason: "BadFile", detail, advice, cause })

export const read = (file: string): Effect.Effect<string, CliError> =>
  Effect.tryPromise({
    try: () => fs.readFile(file, "utf8"),
    catch: (error) => badFile(`${file} cannot be read: ${why(error)}`, "give the path of a file that is there", error)
  })

export const makeDirectory = (directory: string): Effect.Effect<void, CliError> =>
  Effect.tryPromise({
    try: () => fs.mkdir(directory, { recursive: true, mode: 0o700 }),
    catch: (error) =>
      badFile(`${directory} cannot be made: ${why(error)}`, "give a directory that may be written to", error)
  })

/** `secret`: for nobody but its owner, from its first byte on. What is there already is never written over. */
export const writeNew = (
  file: string,
  text: string,
  options: { readonly secret: boolean }
): Effect.Effect<void, CliError> =>
  Effect.tryPromise({
    try: () => fs.writeFile(file, text, { flag: "wx", mode: options.secret ? 0o600 : 0o644 }),
    catch: (error) =>
      badFile(
        `${file} cannot be written: ${why(error)}`,
        "give another directory, or move away what is there: nothing is written over",
        error
      )
  })

export const exists = (file: string): Effect.Effect<boolean> =>
  Effect.promise(() => fs.access(file).then(() => true, () => false))
