/**
 * Bags of what stands in files and at addresses. The workers read it, in blocks, when the bag is computed.
 *
 * Paths are the workers': relative ones begin where the workers run, and each worker must see the files. Files are read
 * through the `FileSystem` of Effect's platform that a worker's tasks find in their context: threads and processes have
 * Node's; a `LocalCluster` has what was provided to it.
 *
 * @since 0.1.0
 */
import * as Task from "creel/Task"
import * as Schema from "effect/Schema"
import type { BadLine, ReadError } from "./errors.js"
import type { Bag } from "./model.js"
import * as internal from "./sourceBuild.js"

/**
 * How files are cut into partitions and read.
 *
 * @since 0.1.0
 * @category models
 */
export interface FilesOptions {
  /** Bytes of a file in one partition, about: files are cut where lines end. Default: 16 MiB. */
  readonly blockSize?: number | undefined
  /** Whole files, so many in one partition; goes over `blockSize`. */
  readonly filesPerPartition?: number | undefined
  /** Whether the files are gzip. Such a file cannot be cut. Default: those whose name ends in `.gz`. */
  readonly gzip?: boolean | undefined
  /**
   * As `TextDecoder` calls it. In `utf-16le`, `utf-16be` and `iso-2022-jp` a file cannot be cut. Bytes that are none of it become
   * U+FFFD. Default: `utf-8`.
   */
  readonly encoding?: string | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface TextFilesOptions extends FilesOptions {
  /** Each element is `[line, path]`, instead of the line. Default: false. */
  readonly includePath?: boolean | undefined
}

const blockSizeDefault = 16 * 1024 * 1024

const requestOf = (
  paths: string | Iterable<string>,
  options: FilesOptions | undefined,
  as: "text" | "withPath" | "json"
) => ({
  patterns: typeof paths === "string" ? [paths] : Array.from(paths),
  blockSize: Math.max(1, Math.floor(options?.blockSize ?? blockSizeDefault)),
  filesPerPartition: options?.filesPerPartition === undefined
    ? undefined
    : Math.max(1, Math.floor(options.filesPerPartition)),
  gzip: options?.gzip,
  encoding: options?.encoding ?? "utf-8",
  as
})

/**
 * The lines of text files, in the order of the paths given, and for a pattern in the order of what it matches. A pattern may
 * have `*`, `?`, `[a-z]` and `{a,b}` in it, and `**` for any number of directories.
 *
 * A line ends with `\n` or `\r\n`, which are not part of it; what stands after the last one is a line too, unless it is empty.
 * Large files are cut into blocks (`blockSize`), each line in exactly one. A block is read as its lines are asked for, and is
 * never held whole. Which files there are is looked up by a worker when the bag is first computed, and then known.
 *
 * Fails with `ReadError`: nothing matches, a file is gone, is not gzip.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 * import { FileSystem } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * const written = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.writeFileString("poem.txt", "so much\ndepends\n")) // undefined
 *
 * const lines = Bag.textFiles("*.txt") // ["so much", "depends"]
 * const words = lines.pipe(Bag.map((line) => line.split(" ").length)) // [2, 1]
 * const places = Bag.textFiles("poem.txt", { includePath: true }).pipe(Bag.pluck(1)) // ["poem.txt", "poem.txt"]
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const textFiles: {
  (
    paths: string | Iterable<string>,
    options: TextFilesOptions & { readonly includePath: true }
  ): Bag<[line: string, path: string], ReadError>
  (paths: string | Iterable<string>, options?: TextFilesOptions & { readonly includePath?: false | undefined }): Bag<
    string,
    ReadError
  >
} = (paths: string | Iterable<string>, options?: TextFilesOptions): Bag<any, ReadError> =>
  internal.ofFiles("text-files", requestOf(paths, options, options?.includePath === true ? "withPath" : "text"))

/**
 * @since 0.1.0
 * @category models
 */
export interface JsonLinesOptions<A> extends FilesOptions {
  /** A task that makes of what the JSON of a line says what it is: see `decoder`. Default: it is `unknown`. */
  readonly decoder?: Task.Contract<[json: unknown], A, any> | undefined
}

/**
 * The values in files with one JSON value a line; empty lines are none. Files are found, cut and read as those of
 * `textFiles`.
 *
 * A line that is not JSON, or is not what the `decoder` takes, is a `BadLine` that names file and line.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 * import { FileSystem } from "@effect/platform"
 * import { Effect, Schema } from "effect"
 *
 * export const User = Bag.decoder("User", Schema.Struct({ name: Schema.String, born: Schema.DateFromString }))
 *
 * const written = Effect.flatMap(FileSystem.FileSystem, (fs) =>
 *   fs.writeFileString("users.jsonl", `{"name":"Ada","born":"1815-12-10"}\n{"name":"Alan"}\n`)) // undefined
 *
 * const names = Bag.jsonLines<{ readonly name: string }>("users.jsonl").pipe(Bag.pluck("name")) // ["Ada", "Alan"]
 * const years = Bag.jsonLines("users.jsonl", { decoder: User }).pipe(
 *   Bag.map((user) => user.born.getFullYear()),
 *   Bag.take(1)
 * ) // [1815]
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const jsonLines = <A = unknown>(
  paths: string | Iterable<string>,
  options?: JsonLinesOptions<A>
): Bag<A, ReadError | BadLine> => internal.ofFiles("json-lines", requestOf(paths, options, "json"), options?.decoder)

/**
 * A task for `jsonLines` that reads JSON by a Schema. Like every task it must be among those of the workers; the values it
 * makes cross by the Schema too.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 * import { Schema } from "effect"
 *
 * // tasks.ts: imported by the program and by every worker
 * export const Point = Bag.decoder("Point", Schema.Struct({ x: Schema.NumberFromString, y: Schema.Number }))
 *
 * const points = Bag.make<ReadonlyArray<unknown>>({ x: "1", y: 2 }).pipe(Bag.map(Point)) // [{ x: 1, y: 2 }]
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const decoder = <A, I>(name: string, schema: Schema.Schema<A, I>): Task.Task<[json: unknown], A> => {
  const decode = Schema.decodeUnknownSync(schema)
  // What crosses is the Schema's affair, which the types cannot see while A is anything.
  return Task.sync(name, decode as (json: unknown) => unknown, {
    success: schema as Schema.Schema<unknown, any>
  }) as Task.Task<[json: unknown], any>
}

/**
 * The lines at addresses, each address one partition, read by a worker as they arrive. They are asked for with the
 * `HttpClient` that the worker's tasks find in their context, else with `fetch`.
 *
 * Fails with `ReadError`, also for an answer other than 2xx.
 *
 * @example
 * ```ts
 * import { Bag } from "@creel/collections"
 *
 * const lines = Bag.fromUrl("data:text/plain,so%20much%0Adepends") // ["so much", "depends"]
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromUrl = (
  urls: string | URL | Iterable<string | URL>,
  options?: Pick<FilesOptions, "gzip" | "encoding">
): Bag<string, ReadError> => {
  const all = typeof urls === "string" || urls instanceof URL ? [urls] : Array.from(urls)
  return internal.ofSources(
    "url",
    all.map((url) => ({
      places: [{
        _tag: "Url",
        url: String(url),
        gzip: options?.gzip ?? /\.gz$/i.test(new URL(url).pathname)
      }],
      encoding: options?.encoding ?? "utf-8",
      as: "text"
    }))
  )
}
