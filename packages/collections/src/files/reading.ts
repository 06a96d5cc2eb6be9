/**
 * What a partition that is read where it is needed is: a source, plain data, and the task that makes a Stream of it inside
 * a pass. Its lines are there some thousand at a time, and are gone before the next come.
 *
 * @since 0.1.0
 */
import type * as Callable from "creel/Callable"
import * as Task from "creel/Task"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { BadLine, ReadError, ReadFailure } from "../bag/errors.js"
import * as Bytes from "./bytes.js"
import * as Lines from "./lines.js"

/** A partition that is yet to be read. */
export interface Source {
  readonly places: ReadonlyArray<Bytes.Place>
  readonly encoding: string
  /** What becomes of a line. */
  readonly as: "text" | "withPath" | "json"
}

type Failure = ReadError | BadLine

/** Lines that belong together, or nothing at the end. */
type PullLines = Effect.Effect<Array<string>, Option.Option<Failure>>

const end = Effect.fail(Option.none())

const splitterOf = (place: Bytes.Place, encoding: string): Effect.Effect<Lines.Splitter, ReadError> =>
  Effect.try({
    try: () => Lines.splitter(place._tag === "File" ? { ...place, encoding } : { start: 0, end: Infinity, encoding }),
    catch: () =>
      new ReadError({
        reason: "BadEncoding",
        path: Bytes.nameOf(place),
        detail: `there is no encoding called ${encoding}`
      })
  })

const pullLines = (place: Bytes.Place, encoding: string): Effect.Effect<PullLines, ReadError, Scope.Scope> =>
  Effect.gen(function*() {
    const splitter = yield* splitterOf(place, encoding)
    const bytes = Effect.mapError(yield* Bytes.open(place), Option.some)
    let some: Iterator<Array<string>> | undefined
    let ended = false
    const read: PullLines = Effect.flatMap(bytes, (bytes) => {
      if (bytes === undefined) ended = true
      else some = splitter.push(bytes)[Symbol.iterator]()
      return next
    })
    const next: PullLines = Effect.suspend(() => {
      const found = some?.next()
      if (found?.done === false) return Effect.succeed(found.value)
      some = undefined
      if (splitter.done) return end
      if (!ended) return read
      const last = splitter.end()
      return last.length > 0 ? Effect.succeed(last) : end
    })
    return next
  })

/** What becomes of some lines; `before` lines of the block came before them. */
type Convert = (lines: Array<string>, place: Bytes.Place, before: number) => Effect.Effect<Converted, Failure>

interface Converted {
  readonly values: ReadonlyArray<unknown>
  /** What the next line ends in: told after the values, which may have been all that was wanted. */
  readonly bad?: Effect.Effect<never, Failure>
}

const plain: Convert = (values) => Effect.succeed({ values })

/** What opening fails with is told by the first pull. */
const opened = (place: Bytes.Place, encoding: string): Effect.Effect<PullLines, never, Scope.Scope> =>
  Effect.catchAll(pullLines(place, encoding), (error) => Effect.succeed(Effect.fail(Option.some(error))))

const streamOf = (place: Bytes.Place, encoding: string, convert: Convert): Stream.Stream<unknown, Failure> =>
  Stream.fromPull(Effect.map(opened(place, encoding), (pull) => {
    if (convert === plain) return Effect.map(pull, Chunk.unsafeFromArray)
    let before = 0
    let bad: Effect.Effect<never, Option.Option<Failure>> | undefined
    const next = Effect.flatMap(pull, (lines) => {
      const converted = Effect.mapError(convert(lines, place, before), Option.some)
      before += lines.length
      return Effect.map(converted, (converted) => {
        bad = converted.bad && Effect.mapError(converted.bad, Option.some)
        return Chunk.unsafeFromArray(converted.values)
      })
    })
    return Effect.suspend(() => bad ?? next)
  }))

const count = (bytes: Uint8Array): number => {
  let lines = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++
  return lines
}

/** How many lines a file has before a block: looked up only to say where a bad line is. */
const linesBefore = (place: Bytes.Place): Effect.Effect<number, ReadError> =>
  place._tag === "Url" || place.start === 0 ? Effect.succeed(0) : Effect.scoped(Effect.gen(function*() {
    const stop = Lines.firstByte(place.start)
    const pull = yield* Bytes.open({ ...place, start: 0, end: stop })
    let lines = 0
    for (let at = 0;;) {
      const bytes = yield* pull
      if (bytes === undefined) return lines
      if (at + bytes.length > stop) {
        const last = bytes.indexOf(10, Math.max(0, stop - at))
        if (last >= 0) return lines + count(bytes.subarray(0, last + 1))
      }
      lines += count(bytes)
      at += bytes.length
    }
  }))

const badLine = (
  place: Bytes.Place,
  before: number,
  text: string,
  detail: string
): Effect.Effect<never, Failure> =>
  Effect.flatMap(linesBefore(place), (earlier) =>
    Effect.fail(
      new BadLine({ path: Bytes.nameOf(place), line: earlier + before + 1, text: text.slice(0, 200), detail })
    ))

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

const isBlank = (line: string): boolean => line.trim() === ""

/** Plain code: it runs for every line. */
const convertSync = (decode: ((json: unknown) => unknown) | undefined): Convert => (lines, place, before) => {
  const values: Array<unknown> = []
  let at = 0
  try {
    for (; at < lines.length; at++) {
      const line = lines[at]!
      if (isBlank(line)) continue
      const json: unknown = JSON.parse(line)
      values.push(decode === undefined ? json : decode(json))
    }
    return Effect.succeed({ values })
  } catch (error) {
    return Effect.succeed({ values, bad: badLine(place, before + at, lines[at]!, messageOf(error)) })
  }
}

/** For a decoder that is an Effect: one line after the other. */
const convertRun = (decode: (json: unknown) => Effect.Effect<unknown, unknown>): Convert => (lines, place, before) =>
  Effect.gen(function*() {
    const values: Array<unknown> = []
    for (const [at, line] of lines.entries()) {
      if (isBlank(line)) continue
      const value = yield* Effect.either(
        Effect.flatMap(Effect.try({ try: (): unknown => JSON.parse(line), catch: (error) => error }), decode)
      )
      if (Either.isLeft(value)) return { values, bad: badLine(place, before + at, line, messageOf(value.left)) }
      values.push(value.right)
    }
    return { values }
  })

const convertWithPath: Convert = (lines, place) => {
  const name = Bytes.nameOf(place)
  return Effect.succeed({ values: lines.map((line) => [line, name]) })
}

const convertOf = (source: Source, decoder: Callable.Wire | undefined): Effect.Effect<Convert, never, Task.Known> => {
  if (source.as === "text") return Effect.succeed(plain)
  if (source.as === "withPath") return Effect.succeed(convertWithPath)
  if (decoder === undefined) return Effect.succeed(convertSync(undefined))
  return Effect.map(Task.Known, (known) => {
    const { run, sync } = known.resolve<[unknown], unknown, unknown>(decoder)
    return sync === undefined ? convertRun(run) : convertSync(sync)
  })
}

/** The elements of a partition, in order: a chunk is what was read at once. */
export const stream = (
  source: Source,
  decoder?: Callable.Wire
): Effect.Effect<Stream.Stream<unknown, Failure>, never, Task.Known> =>
  Effect.map(convertOf(source, decoder), (convert) => {
    const of = (place: Bytes.Place) => streamOf(place, source.encoding, convert)
    const [first, ...more] = source.places
    if (first === undefined) return Stream.empty
    return more.reduce((before, place) => Stream.concat(before, Stream.suspend(() => of(place))), of(first))
  })

/**
 * The task by whose name sources stand in a pass. It answers a Stream, which crosses nowhere: a pass calls it, and drains
 * what it is given. To those who build passes it is what it stands for: a partition.
 */
export const read: Task.Task<[source: Source, decoder?: Callable.Wire], ReadonlyArray<unknown>, Failure> = Task.make(
  "creel/bag/read",
  stream as unknown as (
    source: Source,
    decoder?: Callable.Wire
  ) => Effect.Effect<ReadonlyArray<unknown>, Failure, Task.Known>,
  { error: ReadFailure, pure: true }
)
