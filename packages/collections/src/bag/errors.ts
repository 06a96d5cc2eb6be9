/**
 * What can go wrong where bags are read and written.
 *
 * @since 0.1.0
 */
import type * as PlatformError from "@effect/platform/Error"
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category schemas
 */
export const FileReason = Schema.Literal(
  "NoFileSystem",
  "NoMatch",
  "NotFound",
  "NotAFile",
  "Denied",
  "BadEncoding",
  "BadData",
  "Http",
  "Io"
)

/**
 * @since 0.1.0
 * @category models
 */
export type FileReason = typeof FileReason.Type

const advice: { readonly [K in FileReason]: string } = {
  NoFileSystem:
    "provide NodeContext.layer to the layer of the cluster: `Effect.provide(cluster), Effect.provide(NodeContext.layer)`, " +
    "or `Layer.provide(NodeContext.layer)` in a worker's entry",
  NoMatch: "look at the pattern; a relative one begins where the workers run, not where the program's file is",
  NotFound: "look at the path; a relative one begins where the workers run, and each worker must see the file",
  NotAFile: "name the files in it: `logs/*.txt`",
  Denied: "let the user that the workers run as read and write it",
  BadEncoding: "name one that TextDecoder knows: utf-8, latin1, utf-16le, shift_jis",
  BadData: "look whether it is what its name says, and whole; `gzip: false` reads it as it is",
  Http: "look at the address, and whether the workers reach it",
  Io: "look at the disk, and retry"
}

const where = (worker: string | undefined): string => worker === undefined ? "" : ` on worker ${worker}`

const fields = {
  reason: FileReason,
  /** The path, the pattern or the address. */
  path: Schema.String,
  worker: Schema.optional(Schema.String),
  detail: Schema.String
}

/**
 * Something could not be read.
 *
 * @since 0.1.0
 * @category errors
 */
export class ReadError extends Schema.TaggedError<ReadError>("@creel/collections/ReadError")("ReadError", fields) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `${this.path} was not read${where(this.worker)}: ${this.reason}, ${this.detail}. What to do: ${
      advice[this.reason]
    }`
  }
}

/**
 * Something could not be written.
 *
 * @since 0.1.0
 * @category errors
 */
export class WriteError extends Schema.TaggedError<WriteError>("@creel/collections/WriteError")("WriteError", fields) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `${this.path} was not written${where(this.worker)}: ${this.reason}, ${this.detail}. What to do: ${
      advice[this.reason]
    }`
  }
}

/**
 * A line that is no JSON, or is not what the Schema says.
 *
 * @since 0.1.0
 * @category errors
 */
export class BadLine extends Schema.TaggedError<BadLine>("@creel/collections/BadLine")("BadLine", {
  path: Schema.String,
  /** Its number in the file, from 1. */
  line: Schema.Number,
  /** Its first 200 characters. */
  text: Schema.String,
  detail: Schema.String
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `${this.path}:${this.line}: ${this.detail}: ${this.text}. ` +
      "What to do: correct the line, or read with Bag.textFiles and decide for yourself what becomes of bad ones"
  }
}

/**
 * Whatever reading fails with.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ReadFailure = Schema.Union(ReadError, BadLine)

const reasons: { readonly [K in PlatformError.SystemErrorReason]?: FileReason } = {
  NotFound: "NotFound",
  PermissionDenied: "Denied"
}

/**
 * What both say.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileFailure {
  readonly reason: FileReason
  readonly path: string
  readonly worker: string | undefined
  readonly detail: string
}

/**
 * What `ReadError` and `WriteError` say of a failure of the platform.
 *
 * @since 0.1.0
 * @category utils
 */
export const ofPlatform = (
  path: string,
  worker: string | undefined,
  error: PlatformError.PlatformError
): FileFailure => ({
  reason: error._tag === "SystemError" ? reasons[error.reason] ?? "Io" : "Io",
  path,
  worker,
  detail: error.message
})
