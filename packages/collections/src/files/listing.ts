/**
 * Which files there are, and how they are cut into partitions. It is a task: files are looked for where they are read.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Task from "creel/Task"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ofPlatform, ReadError } from "../bag/errors.js"
import * as Bytes from "./bytes.js"
import * as Glob from "./glob.js"
import * as Lines from "./lines.js"
import type { Source } from "./reading.js"

export interface Request {
  readonly patterns: ReadonlyArray<string>
  readonly blockSize: number
  readonly filesPerPartition: number | undefined
  /** Absent: by the file's name. */
  readonly gzip: boolean | undefined
  readonly encoding: string
  readonly as: Source["as"]
}

interface Found {
  readonly path: string
  readonly info: FileSystem.File.Info
}

const failed = (path: string, worker: string | undefined) => (error: Parameters<typeof ofPlatform>[2]): ReadError =>
  new ReadError(ofPlatform(path, worker, error))

/** What one worker sees. */
class Looking {
  constructor(private readonly fs: FileSystem.FileSystem, private readonly worker: string | undefined) {}

  /** Nothing, where there is nothing of the name. */
  private info(path: string): Effect.Effect<Option.Option<FileSystem.File.Info>, ReadError> {
    return Effect.matchEffect(this.fs.stat(path), {
      onSuccess: Effect.succeedSome,
      onFailure: (error) =>
        error._tag === "SystemError" && error.reason === "NotFound"
          ? Effect.succeedNone
          : Effect.fail(failed(path, this.worker)(error))
    })
  }

  private namesIn(directory: string): Effect.Effect<ReadonlyArray<string>, ReadError> {
    const path = directory === "" ? "." : directory
    return Effect.mapError(this.fs.readDirectory(path), failed(path, this.worker))
  }

  /** All files under `at` that match the names from `from` on. */
  private under(
    at: string,
    names: Glob.Glob["names"],
    from: number
  ): Effect.Effect<ReadonlyArray<Found>, ReadError> {
    const name = names[from]
    if (name === undefined) return Effect.succeed([])
    if (name === "**") return this.anywhere(at, names, from)
    if (typeof name === "string") return this.entered(at + name, names, from + 1)
    return Effect.flatMap(
      this.namesIn(at),
      (there) => this.all(there.filter((one) => name.test(one)).map((one) => this.entered(at + one, names, from + 1)))
    )
  }

  /** No directory, or one more and again. A `**` at the end means every file there is. */
  private anywhere(
    at: string,
    names: Glob.Glob["names"],
    from: number
  ): Effect.Effect<ReadonlyArray<Found>, ReadError> {
    const isLast = from === names.length - 1
    return Effect.flatMap(this.namesIn(at), (there) =>
      this.all([
        this.under(at, names, from + 1),
        ...there.filter((one) => !one.startsWith(".")).map((one) =>
          Effect.flatMap(this.info(at + one), (info) => {
            if (Option.isNone(info)) return Effect.succeed([])
            if (info.value.type === "Directory") return this.anywhere(`${at}${one}/`, names, from)
            return Effect.succeed(isLast ? [{ path: at + one, info: info.value }] : [])
          })
        )
      ]))
  }

  private entered(
    path: string,
    names: Glob.Glob["names"],
    next: number
  ): Effect.Effect<ReadonlyArray<Found>, ReadError> {
    return Effect.flatMap(this.info(path), (info) => {
      if (Option.isNone(info)) return Effect.succeed([])
      if (next < names.length) {
        return info.value.type === "Directory" ? this.under(`${path}/`, names, next) : Effect.succeed([])
      }
      return Effect.succeed(info.value.type === "Directory" ? [] : [{ path, info: info.value }])
    })
  }

  private all(
    looks: ReadonlyArray<Effect.Effect<ReadonlyArray<Found>, ReadError>>
  ): Effect.Effect<ReadonlyArray<Found>, ReadError> {
    return Effect.map(Effect.all(looks, { concurrency: 16 }), (found) => found.flat())
  }

  private fail(path: string, reason: ReadError["reason"], detail: string): ReadError {
    return new ReadError({ reason, path, worker: this.worker, detail })
  }

  private file(path: string): Effect.Effect<ReadonlyArray<Found>, ReadError> {
    return Effect.flatMap(this.info(path), (info) => {
      if (Option.isNone(info)) return this.fail(path, "NotFound", "there is no such file")
      if (info.value.type === "Directory") return this.fail(path, "NotAFile", "it is a directory")
      return Effect.succeed([{ path, info: info.value }])
    })
  }

  /** In the order of their paths, each once. */
  matching(pattern: string): Effect.Effect<ReadonlyArray<Found>, ReadError> {
    if (!Glob.isGlob(pattern)) return this.file(pattern)
    const looks = Glob.parse(pattern).map((glob) => this.under(glob.root, glob.names, 0))
    return Effect.flatMap(this.all(looks), (found) => {
      const byPath = new Map(found.map((one) => [one.path, one]))
      if (byPath.size === 0) return this.fail(pattern, "NoMatch", "no file matches")
      const paths = Array.from(byPath.keys()).sort()
      return Effect.succeed(paths.map((path) => byPath.get(path)!))
    })
  }
}

const versionOf = (info: FileSystem.File.Info): string =>
  `${Number(info.size)}-${Option.match(info.mtime, { onNone: () => "", onSome: (time) => time.getTime() })}`

const isGzip = (path: string): boolean => /\.gz$/i.test(path)

const placesOf = (request: Request, splittable: boolean, { info, path }: Found): ReadonlyArray<Bytes.Place> => {
  const gzip = request.gzip ?? isGzip(path)
  const whole = gzip || !splittable || request.filesPerPartition !== undefined
  const blocks = whole ? [{ start: 0, end: Infinity }] : Lines.blocks(Number(info.size), request.blockSize)
  return blocks.map((block) => ({ _tag: "File", path, ...block, gzip, version: versionOf(info) }))
}

const grouped = <A>(all: ReadonlyArray<A>, size: number): ReadonlyArray<ReadonlyArray<A>> =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size))

const splittableOf = (encoding: string): Effect.Effect<boolean, ReadError> =>
  Effect.try({
    try: () => Lines.isSplittable(encoding),
    catch: () =>
      new ReadError({ reason: "BadEncoding", path: encoding, detail: `there is no encoding called ${encoding}` })
  })

/** One source for each partition. */
export const sources = (request: Request): Effect.Effect<ReadonlyArray<Source>, ReadError> =>
  Effect.gen(function*() {
    const splittable = yield* splittableOf(request.encoding)
    const fs = yield* Bytes.fileSystem(request.patterns.join(", "), Bytes.readError)
    const looking = new Looking(fs, yield* Bytes.worker)
    const found = yield* Effect.forEach(request.patterns, (pattern) => looking.matching(pattern))
    const places = found.flat().flatMap((one) => placesOf(request, splittable, one))
    return grouped(places, request.filesPerPartition ?? 1).map((places) => ({
      places,
      encoding: request.encoding,
      as: request.as
    }))
  })

export const list: Task.Task<[request: Request], ReadonlyArray<Source>, ReadError> = Task.make(
  "creel/bag/list",
  sources,
  { error: ReadError }
)
