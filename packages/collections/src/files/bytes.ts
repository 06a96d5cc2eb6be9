/**
 * Where bytes come from: blocks of files, compressed files, addresses. It owns opening, reading and closing them; what the
 * bytes mean is `lines`' and `reading`'s business.
 *
 * All of it is asked of services (`FileSystem`, `HttpClient`) that are looked for, not required: a cluster that reads no
 * files needs none.
 *
 * @since 0.1.0
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Task from "creel/Task"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as errors from "../bag/errors.js"
import { firstByte } from "./lines.js"

/**
 * What stands somewhere to be read: plain data.
 *
 * @since 0.1.0
 * @category models
 */
export type Place =
  | {
    readonly _tag: "File"
    readonly path: string
    /** The block: bytes `[start, end)`. */
    readonly start: number
    readonly end: number
    readonly gzip: boolean
    /** When it was written, in milliseconds, and its size: another file of the name is another place. */
    readonly version: string
  }
  | { readonly _tag: "Url"; readonly url: string; readonly gzip: boolean }

/**
 * The next bytes, or `undefined` at the end. They may be overwritten when the next are asked for.
 *
 * @since 0.1.0
 * @category models
 */
export type Pull = Effect.Effect<Uint8Array | undefined, errors.ReadError>

/** Bytes read from a file at once. */
const readMax = 1 << 20

/** Past a block's end only the end of a line is looked for. */
const pastMax = 1 << 16

/**
 * The worker that runs this.
 *
 * @since 0.1.0
 * @category getters
 */
export const worker: Effect.Effect<string | undefined> = Effect.map(
  Effect.serviceOption(Task.Current),
  Option.match({ onNone: () => undefined, onSome: (current) => current.worker })
)

/**
 * The worker's file system, or what to do where there is none.
 *
 * @since 0.1.0
 * @category getters
 */
export const fileSystem = <E>(
  path: string,
  failure: (failure: errors.FileFailure) => E
): Effect.Effect<FileSystem.FileSystem, E> =>
  Effect.flatMap(
    Effect.serviceOption(FileSystem.FileSystem),
    Option.match({
      onNone: () =>
        Effect.flatMap(worker, (worker) =>
          Effect.fail(failure({
            reason: "NoFileSystem",
            path,
            worker,
            detail: "the context of its tasks has no FileSystem"
          }))),
      onSome: Effect.succeed
    })
  )

/**
 * @since 0.1.0
 * @category constructors
 */
export const readError = (failure: errors.FileFailure): errors.ReadError => new errors.ReadError(failure)

const pullFile = (
  place: Extract<Place, { readonly _tag: "File" }>
): Effect.Effect<Pull, errors.ReadError, Scope.Scope> =>
  Effect.gen(function*() {
    const fs = yield* fileSystem(place.path, readError)
    const here = yield* worker
    const failed = (error: Parameters<typeof errors.ofPlatform>[2]) =>
      readError(errors.ofPlatform(place.path, here, error))
    const file = yield* Effect.mapError(fs.open(place.path), failed)
    let position = firstByte(place.start)
    yield* file.seek(position, "start")
    const buffer = new Uint8Array(Math.max(pastMax, Math.min(readMax, place.end - position)))
    return Effect.suspend(() => {
      const left = place.end - position
      const wanted = left > 0 ? Math.min(left, buffer.length) : pastMax
      const into = wanted < buffer.length ? buffer.subarray(0, wanted) : buffer
      return Effect.mapBoth(file.read(into), {
        onFailure: failed,
        onSuccess: (size) => {
          const count = Number(size)
          position += count
          return count === 0 ? undefined : count < into.length ? into.subarray(0, count) : into
        }
      })
    })
  })

const responseError = (url: string, worker: string | undefined) => (error: HttpClientError.HttpClientError) =>
  readError({ reason: "Http", path: url, worker, detail: error.message })

const streamUrl = (url: string): Stream.Stream<Uint8Array, errors.ReadError> =>
  Stream.unwrap(Effect.gen(function*() {
    const here = yield* worker
    const given = yield* Effect.serviceOption(HttpClient.HttpClient)
    const got = HttpClientResponse.stream(
      Effect.flatMap(HttpClient.HttpClient, (client) => HttpClient.filterStatusOk(client).get(url))
    )
    return Stream.mapError(
      Option.isSome(given)
        ? Stream.provideService(got, HttpClient.HttpClient, given.value)
        : Stream.provideLayer(got, FetchHttpClient.layer),
      responseError(url, here)
    )
  }))

const streamFile = (path: string): Stream.Stream<Uint8Array, errors.ReadError> =>
  Stream.unwrap(Effect.gen(function*() {
    const fs = yield* fileSystem(path, readError)
    const here = yield* worker
    return Stream.mapError(fs.stream(path, { chunkSize: pastMax }), (error) =>
      readError(errors.ofPlatform(path, here, error)))
  }))

const gunzip = (
  path: string,
  bytes: Stream.Stream<Uint8Array, errors.ReadError>
): Stream.Stream<Uint8Array, errors.ReadError> =>
  Stream.unwrap(Effect.gen(function*() {
    const here = yield* worker
    // What made the bytes end is not what comes out at the other end: it is kept.
    let cause: errors.ReadError | undefined
    const readable = yield* Stream.toReadableStreamEffect(Stream.tapError(bytes, (error) =>
      Effect.sync(() => {
        cause = error
      })))
    return Stream.fromReadableStream<Uint8Array, errors.ReadError>({
      evaluate: () =>
        readable.pipeThrough(new DecompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>),
      onError: (error) =>
        cause ?? readError({
          reason: "BadData",
          path,
          worker: here,
          detail: `as gzip it ends in an error: ${error instanceof Error ? error.message : String(error)}`
        })
    })
  }))

const pullStream = (
  stream: Stream.Stream<Uint8Array, errors.ReadError>
): Effect.Effect<Pull, never, Scope.Scope> =>
  Effect.map(Stream.toPull(Stream.rechunk(stream, 1)), (pull) =>
    Effect.matchEffect(pull, {
      onFailure: Option.match({ onNone: () => Effect.succeed(undefined), onSome: Effect.fail }),
      onSuccess: (chunk) => Effect.succeed(Array.from(chunk)[0])
    }))

/**
 * What it is called in errors, and as a path beside its lines.
 *
 * @since 0.1.0
 * @category getters
 */
export const nameOf = (place: Place): string => place._tag === "File" ? place.path : place.url

/**
 * Opens it; closed with the scope.
 *
 * @since 0.1.0
 * @category constructors
 */
export const open = (place: Place): Effect.Effect<Pull, errors.ReadError, Scope.Scope> => {
  if (place._tag === "File" && !place.gzip) return pullFile(place)
  const raw = place._tag === "File" ? streamFile(place.path) : streamUrl(place.url)
  return pullStream(place.gzip ? gunzip(nameOf(place), raw) : raw)
}
