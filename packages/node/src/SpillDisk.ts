/**
 * A directory that values are spilled to: one file for each, which is its `ValueImage`: so it can be sent to another node as
 * it stands, without being loaded. Each life of a worker has a directory of its own, which goes when it ends; what processes that are no
 * more left behind goes when the next one begins.
 *
 * @since 0.1.0
 */
import type { Payload } from "@creel/core/Payload"
import { type Disk, DiskError } from "creel/Store"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createHash } from "node:crypto"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { Readable } from "node:stream"
import { NodeClusterError } from "./NodeClusterError.js"
import * as ValueImage from "./ValueImage.js"

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** In which directory its own is made. Default: the system's, for temporary files. */
  readonly directory?: string | undefined
}

/** Machines that share the directory do not see each other's processes. */
const prefix = `creel-spill-${createHash("sha1").update(os.hostname()).digest("hex").slice(0, 8)}-`

/** Bytes that are written before others have their turn. */
const slice = 4 * 1024 * 1024

/** Bytes that are read ahead for somebody who is sent a value. */
const ahead = 512 * 1024

/** What was written: enough to say what there is without a look at it. */
interface Written {
  readonly file: string
  readonly bytes: number
  readonly digest: string
}

const write = async (file: string, payload: Payload): Promise<Written> => {
  const { bytes, digest, header, parts } = await ValueImage.make(payload)
  const handle = await fs.open(file, "wx", 0o600)
  try {
    for (const part of [header, ...parts]) {
      for (let at = 0; at < part.byteLength; at += slice) await handle.writeFile(part.subarray(at, at + slice))
    }
  } finally {
    await handle.close()
  }
  return { file, bytes, digest }
}

/** Of the header, at first: most need no more. */
const firstBytes = 4096

/** Straight into the memory in which the value stays. */
const read = async (file: string): Promise<Payload> => {
  const handle = await fs.open(file, "r")
  try {
    const { size } = await handle.stat()
    const reader = new ValueImage.Reader(size)
    while (!reader.done) {
      const { offset, space } = reader
      const into = space ?? Buffer.allocUnsafe(Math.min(Math.max(firstBytes, offset), size - offset))
      const { bytesRead } = await handle.read(into, 0, into.byteLength, offset)
      if (bytesRead === 0) throw new ValueImage.Torn("it ends early", offset)
      if (space === undefined) reader.push(into.subarray(0, bytesRead))
      else reader.took(bytesRead)
    }
    return reader.payload()
  } finally {
    await handle.close()
  }
}

/** From a file that others read too, and that is closed elsewhere. */
const streamOf = (handle: fs.FileHandle, from: number): Readable => {
  let at = from
  return new Readable({
    highWaterMark: ahead,
    read() {
      handle.read(Buffer.allocUnsafe(ahead), 0, ahead, at).then(
        ({ buffer, bytesRead }) => {
          at += bytesRead
          this.push(bytesRead === 0 ? null : buffer.subarray(0, bytesRead))
        },
        (error: Error) => this.destroy(error)
      )
    }
  })
}

/** A file that is open stays readable, though it is removed meanwhile. */
const source = ({ bytes, digest, file }: Written): Effect.Effect<ValueImage.Source, unknown, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.tryPromise({ try: () => fs.open(file, "r"), catch: (error) => error }),
      (handle) => Effect.promise(() => handle.close().catch(() => {}))
    ),
    (handle) => ({ bytes, digest, stream: (from) => streamOf(handle, from) })
  )

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined

const full: ReadonlySet<string | undefined> = new Set(["ENOSPC", "EDQUOT", "EFBIG"])

const failed = (value: string) => (error: unknown): DiskError =>
  new DiskError({
    reason: error instanceof ValueImage.Torn ? "Corrupt" : full.has(codeOf(error)) ? "Full" : "Failed",
    value,
    detail: error instanceof Error ? error.message : "it did not say why"
  })

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === "EPERM"
  }
}

/** What processes left that were killed: their directories, if they are this user's. */
const sweep = async (parent: string): Promise<void> => {
  for (const name of await fs.readdir(parent)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length).split("-", 1)[0]) : NaN
    if (!Number.isInteger(pid) || pid <= 0 || isAlive(pid)) continue
    const directory = path.join(parent, name)
    const { uid } = await fs.lstat(directory)
    if (process.getuid === undefined || uid === process.getuid()) {
      await fs.rm(directory, { recursive: true, force: true })
    }
  }
}

/**
 * A directory of its own, which goes with the scope. Fails when it cannot be made.
 *
 * @example
 * ```ts
 * import { SpillDisk } from "@creel/node"
 * import { Value } from "creel"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const disk = yield* SpillDisk.make({ directory: "/var/tmp" })
 *   yield* disk.write("key#0.1", Value.encode(new Float64Array(1_000_000)))
 *   return Value.decode(yield* disk.read("key#0.1"))
 * }).pipe(Effect.scoped)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): Effect.Effect<Disk, NodeClusterError, Scope.Scope> =>
  Effect.gen(function*() {
    const parent = path.resolve(options?.directory ?? os.tmpdir())
    yield* Effect.ignore(Effect.tryPromise(() => sweep(parent)))
    const directory = yield* Effect.acquireRelease(
      Effect.tryPromise({
        try: async () => {
          await fs.mkdir(parent, { recursive: true })
          return fs.mkdtemp(path.join(parent, `${prefix}${process.pid}-`))
        },
        catch: (error) =>
          new NodeClusterError({
            reason: "BadOption",
            detail: `values cannot be spilled to ${parent}: ${
              error instanceof Error ? error.message : "no reason given"
            }`,
            advice: "name a directory that this process may write to, or spill nothing"
          })
      }),
      (directory) => Effect.promise(() => fs.rm(directory, { recursive: true, force: true }).catch(() => {}))
    )
    return diskIn(directory)
  })

const diskIn = (directory: string): Disk => {
  // Names of values are users' words: files have numbers. A second write of a name is another file.
  const files = new Map<string, Written>()
  let last = 0
  const nothing: Written = { file: path.join(directory, "nothing"), bytes: 0, digest: "" }
  const find = (value: string): Written => files.get(value) ?? nothing
  const erase = (file: string): void => void fs.rm(file, { force: true }).catch(() => {})
  return {
    write: (value, payload) =>
      Effect.suspend(() => {
        const file = path.join(directory, String(++last))
        return Effect.tryPromise({ try: () => write(file, payload), catch: failed(value) }).pipe(
          Effect.onExit((exit) =>
            Effect.sync(() => {
              if (exit._tag === "Success") files.set(value, exit.value)
              else erase(file)
            })
          )
        )
      }),
    read: (value) => Effect.tryPromise({ try: () => read(find(value).file), catch: failed(value) }),
    source: (value) => Effect.mapError(Effect.suspend(() => source(find(value))), failed(value)),
    remove: (value) => {
      const written = files.get(value)
      files.delete(value)
      if (written !== undefined) erase(written.file)
    }
  }
}
