/**
 * Where the commands print: two streams, of which the first may be a terminal. Commands write lines or JSON by this alone,
 * so that what they print can be caught.
 *
 * @since 0.1.0
 */
import type * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { stripVTControlCharacters } from "node:util"
import * as Inks from "./internal/ink.js"
import type { Ink, Lines } from "./Render.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Whether a person may be looking: pictures are drawn over each other only there. */
  readonly isTerminal: boolean
  readonly ink: Ink
  readonly size: () => { readonly rows: number; readonly columns: number }
  readonly write: (text: string) => Effect.Effect<void>
  readonly writeError: (text: string) => Effect.Effect<void>
}

/**
 * @since 0.1.0
 * @category tags
 */
export class Output extends Context.Tag("@creel/cli/Output")<Output, Service>() {}

const text = (lines: Lines): string => lines.map((line) => `${line}\n`).join("")

/**
 * @since 0.1.0
 * @category printing
 */
export const lines = (make: (ink: Ink) => Lines): Effect.Effect<void, never, Output> =>
  Effect.flatMap(Output, (output) => output.write(text(make(output.ink))))

/**
 * @since 0.1.0
 * @category printing
 */
export const errorLines = (make: (ink: Ink) => Lines): Effect.Effect<void, never, Output> =>
  Effect.flatMap(Output, (output) => output.writeError(text(make(output.ink))))

/**
 * Data, for programs: on one line with `compact`, else laid out. What is absent is left out.
 *
 * @since 0.1.0
 * @category printing
 */
export const json = (
  data: unknown,
  options?: { readonly compact?: boolean | undefined }
): Effect.Effect<void, never, Output> =>
  Effect.flatMap(Output, (output) => output.write(`${JSON.stringify(data, null, options?.compact ? 0 : 2)}\n`))

const written = (stream: NodeJS.WriteStream, text: string): Effect.Effect<void> =>
  Effect.async((resume) => {
    // A reader who has seen enough (`creel workers | head -1`) is no error.
    stream.write(text, () => resume(Effect.void))
  })

/** See https://no-color.org: any value but none at all. */
const wantsNoColour = (): boolean => {
  const { NO_COLOR, TERM } = process.env
  return (NO_COLOR !== undefined && NO_COLOR !== "") || TERM === "dumb"
}

/**
 * The streams of this process. Colour is for terminals, and for those only that want it: not where `NO_COLOR` is set.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Output> = Layer.sync(Output, () => {
  const { stderr, stdout } = process
  const isTerminal = stdout.isTTY === true
  return {
    isTerminal,
    ink: isTerminal && !wantsNoColour() ? Inks.colours : Inks.plain,
    size: () => ({ rows: stdout.rows ?? 24, columns: stdout.columns ?? 80 }),
    write: (text) => written(stdout, text),
    writeError: (text) => written(stderr, text)
  }
})

/**
 * The console of Effect, written to the output: without marks where there is no colour.
 *
 * @since 0.1.0
 * @category printing
 */
export const asConsole = (output: Service, console: Console.Console): Console.Console => {
  const plain = output.ink === Inks.plain
  const said = (values: ReadonlyArray<unknown>): string => {
    const text = values.map(String).join(" ")
    return `${plain ? stripVTControlCharacters(text) : text}\n`
  }
  return {
    ...console,
    log: (...values) => output.write(said(values)),
    error: (...values) => output.writeError(said(values))
  }
}
