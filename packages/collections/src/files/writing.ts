/**
 * The end of a pass that writes a file. It owns how a partition becomes a file that is whole or not there: it is written
 * under a name of the attempt's own, beside the file, and renamed when all is in it. An attempt that ends otherwise takes
 * its own file away, and two attempts at once do not meet.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Task from "creel/Task"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { ofPlatform, WriteError } from "../bag/errors.js"
import type { End } from "../passes/run.js"
import * as Bytes from "./bytes.js"

export interface Target {
  readonly path: string
  readonly gzip: boolean
  readonly as: "text" | "json"
}

/** Characters that wait to be written. */
const waitMax = 65_536

type Write = (bytes: Uint8Array) => Effect.Effect<void, WriteError>

/** Takes bytes, and is closed. */
interface Outlet {
  readonly write: Write
  readonly close: Effect.Effect<void, WriteError>
}

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** What comes out of the compression is written by a fiber of its own; if that fails, so does what waits for it. */
const gzipped = (
  write: Write,
  failed: (error: unknown) => WriteError
): Effect.Effect<Outlet, never, Scope.Scope> =>
  Effect.gen(function*() {
    const compression = new CompressionStream("gzip") as ReadableWritablePair<Uint8Array, Uint8Array>
    const writer = compression.writable.getWriter()
    const reader = compression.readable.getReader()
    const written = yield* Deferred.make<void, WriteError>()
    const pump: Effect.Effect<void, WriteError> = Effect.flatMap(
      Effect.tryPromise({ try: () => reader.read(), catch: failed }),
      ({ done, value }) => done ? Effect.void : Effect.zipRight(write(value), pump)
    )
    yield* Effect.forkScoped(Effect.intoDeferred(pump, written))
    const orPumpFails = (promise: () => Promise<void>) =>
      Effect.raceFirst(
        Effect.tryPromise({ try: promise, catch: failed }),
        Effect.zipRight(Deferred.await(written), Effect.never)
      )
    return {
      write: (bytes) => orPumpFails(() => writer.write(bytes)),
      close: Effect.zipRight(orPumpFails(() => writer.close()), Deferred.await(written))
    }
  })

const partsOf = (path: string): { readonly directory: string; readonly name: string } => {
  const at = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1
  return { directory: path.slice(0, at), name: path.slice(at) }
}

/** A file that is being written. */
const opened = (
  fs: FileSystem.FileSystem,
  target: Target,
  here: string | undefined,
  attempt: string
): Effect.Effect<
  { readonly outlet: Outlet; readonly commit: Effect.Effect<void, WriteError> },
  WriteError,
  Scope.Scope
> =>
  Effect.gen(function*() {
    const failed = (error: Parameters<typeof ofPlatform>[2]) => new WriteError(ofPlatform(target.path, here, error))
    const { directory, name } = partsOf(target.path)
    if (directory !== "") yield* Effect.mapError(fs.makeDirectory(directory, { recursive: true }), failed)
    const temporary = `${directory}.${name}.${attempt.replace(/[^\w.-]/g, "-")}.tmp`
    // Gone already where it was renamed.
    yield* Effect.addFinalizer(() => Effect.ignore(fs.remove(temporary, { force: true })))
    const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
    const file = yield* Effect.mapError(Scope.extend(fs.open(temporary, { flag: "w" }), scope), failed)
    const write: Write = (bytes) => Effect.mapError(file.writeAll(bytes), failed)
    const outlet = target.gzip
      ? yield* gzipped(write, (error) =>
        error instanceof WriteError
          ? error
          : new WriteError({ reason: "Io", path: target.path, worker: here, detail: messageOf(error) }))
      : { write, close: Effect.void }
    // Some systems rename no file that is open.
    const commit = Effect.zipRight(
      Scope.close(scope, Exit.void),
      Effect.mapError(fs.rename(temporary, target.path), failed)
    )
    return { outlet, commit }
  })

const lineOf = (target: Target): (x: unknown) => string | undefined =>
  target.as === "text" ? (x) => String(x) : (x) => JSON.stringify(x)

/** Takes elements, a line each; gives the path, as a partition of one. */
const endOf = (
  target: Target,
  here: string | undefined,
  outlet: Outlet,
  commit: Effect.Effect<void, WriteError>
): End => {
  const encoder = new TextEncoder()
  const toLine = lineOf(target)
  let text = ""
  const flush = Effect.suspend(() => {
    if (text === "") return Effect.void
    const bytes = encoder.encode(text)
    text = ""
    return outlet.write(bytes)
  })
  const noLine = (x: unknown) =>
    new WriteError({ reason: "BadData", path: target.path, worker: here, detail: `there is no JSON of ${String(x)}` })
  return {
    _tag: "Run",
    run: (x) => {
      const line = toLine(x)
      if (line === undefined) return Effect.fail(noLine(x))
      text += `${line}\n`
      return text.length < waitMax ? Exit.void : flush
    },
    result: () => Effect.as(Effect.zipRight(Effect.zipRight(flush, outlet.close), commit), [target.path])
  }
}

const end = (target: Target): Effect.Effect<End, WriteError, Scope.Scope | Task.Current> =>
  Effect.gen(function*() {
    const fs = yield* Bytes.fileSystem(target.path, (failure) => new WriteError(failure))
    const { attempt, worker } = yield* Task.Current
    const { commit, outlet } = yield* opened(fs, target, worker, attempt)
    return endOf(target, worker, outlet, commit)
  })

/** The task by whose name files are written at the end of a pass. What it answers crosses nowhere. */
export const write: Task.Task<[target: Target], ReadonlyArray<string>, WriteError> = Task.make(
  "creel/bag/write",
  end as unknown as (
    target: Target
  ) => Effect.Effect<ReadonlyArray<string>, WriteError, Scope.Scope | Task.Current>,
  { error: WriteError }
)
