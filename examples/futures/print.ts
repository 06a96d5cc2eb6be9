// How the lesson looks: headings, what is being shown, the code of it, what came out. Plain text where there is no
// terminal or where NO_COLOR is set; FORCE_COLOR wins over the first of these.
import { Console, Duration, Effect } from "effect"

const environment = process.env
const forced = (environment["FORCE_COLOR"] ?? "") !== "" && environment["FORCE_COLOR"] !== "0"
const colored = (environment["NO_COLOR"] ?? "") === "" && (forced || process.stdout.isTTY === true)

const paint = (code: string) => (text: string) => colored ? `\u001b[${code}m${text}\u001b[0m` : text
export const bold = paint("1")
export const dim = paint("2")
export const accent = paint("1;36")
export const good = paint("32")
export const warm = paint("33")

const margin = "  "

/** The number and the name of a step. */
export const heading = (number: number, title: string) =>
  Console.log(`\n${accent(`${String(number).padStart(2)}  ${title}`)}`)

/** A sentence about what is shown. */
export const say = (text: string) => Console.log(`${margin}  ${text}`)

/** The line of this step that matters; a test holds it to be a line of the step's file. */
export const code = (line: string) => Console.log(`${margin}  ${dim(`› ${line}`)}`)

/** What came out. */
export const out = (text: unknown) => Console.log(`${margin}    ${String(text)}`)

const seconds = (millis: number) => millis < 9950 ? `${(millis / 1000).toFixed(1)} s` : `${Math.round(millis / 1000)} s`

/** Prints how long it took. */
export const timed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(
    Effect.timed(effect),
    ([duration, value]) => Effect.as(out(dim(`after ${seconds(Duration.toMillis(duration))}`)), value)
  )

export const bytes = (n: number) =>
  n < 1024 ? `${n} B` : n < 1024 ** 2 ? `${(n / 1024).toFixed(1)} KiB` : `${(n / 1024 ** 2).toFixed(1)} MiB`

/** A lesson that shows something wrong must not end well. */
export const expect = (sentence: string, holds: boolean) =>
  holds ? Effect.void : Effect.dieMessage(`this is not what the lesson says: ${sentence}`)

export const title = (speedup: number) =>
  Console.log(
    `\n${margin}${bold("Creel: the async futures interface")}` +
      (speedup === 1
        ? dim("  with the notebook's durations; npm start -- --fast is quicker")
        : dim(`  ${speedup} times faster`))
  )

/** Where a progress bar is drawn: the terminal, or lines as far in as `out`'s. */
export const screen = process.stdout.isTTY === true
  ? process.stdout
  : { write: (text: string) => process.stdout.write(`${margin}    ${text}`) }
