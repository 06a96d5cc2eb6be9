/**
 * A directory that values are spilled to: one file for each, the bytes as they are behind a header that says how many and
 * which they are. Each life of a worker has a directory of its own, which goes when it ends; what processes that are no
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
import { NodeClusterError } from "./NodeClusterError.js"

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

/** Bytes that are hashed and written, or read, before others have their turn. */
const slice = 4 * 1024 * 1024

const magic = 0x4c455243 // "CREL"

/** Of SHA-1: nobody is to be kept from forging, disks only from forgetting. */
const digestBytes = 20

type Part = Uint8Array | ArrayBuffer | SharedArrayBuffer

const bytesOf = (part: Part): Uint8Array => part instanceof Uint8Array ? part : new Uint8Array(part)

/** Magic, how many parts, then for each its bytes and whether its memory is shared. The first part is the head. */
const header = (parts: ReadonlyArray<Part>): Buffer => {
  const out = Buffer.alloc(8 + 9 * parts.length)
  out.writeUInt32LE(magic, 0)
  out.writeUInt32LE(parts.length, 4)
  parts.forEach((part, i) => {
    out.writeBigUInt64LE(BigInt(part.byteLength), 8 + 9 * i)
    out.writeUInt8(isShared(part) ? 1 : 0, 16 + 9 * i)
  })
  return out
}

const isShared = (part: Part): boolean => typeof SharedArrayBuffer !== "undefined" && part instanceof SharedArrayBuffer

const write = async (file: string, payload: Payload): Promise<void> => {
  const parts = [payload.head, ...payload.buffers]
  const hash = createHash("sha1")
  const handle = await fs.open(file, "wx", 0o600)
  try {
    for (const part of [header(parts), ...parts]) {
      const bytes = bytesOf(part)
      for (let at = 0; at < bytes.byteLength; at += slice) {
        const some = bytes.subarray(at, at + slice)
        hash.update(some)
        await handle.writeFile(some)
      }
    }
    await handle.writeFile(hash.digest())
  } finally {
    await handle.close()
  }
}

class Torn extends Error {}

/** Reads so many bytes, into memory of their own. */
const take = async (
  handle: fs.FileHandle,
  hash: ReturnType<typeof createHash> | undefined,
  into: Uint8Array
): Promise<Uint8Array> => {
  for (let at = 0; at < into.byteLength;) {
    const { bytesRead } = await handle.read(into, at, Math.min(slice, into.byteLength - at))
    if (bytesRead === 0) throw new Torn("it ends early")
    hash?.update(into.subarray(at, at + bytesRead))
    at += bytesRead
  }
  return into
}

const read = async (file: string): Promise<Payload> => {
  const handle = await fs.open(file, "r")
  try {
    const { size } = await handle.stat()
    const hash = createHash("sha1")
    const start = Buffer.from((await take(handle, hash, new Uint8Array(8))).buffer)
    const count = start.readUInt32LE(4)
    if (start.readUInt32LE(0) !== magic || 8 + 9 * count + digestBytes > size) throw new Torn("it is no spilled value")
    const table = Buffer.from((await take(handle, hash, new Uint8Array(9 * count))).buffer)
    const lengths = Array.from({ length: count }, (_, i) => Number(table.readBigUInt64LE(9 * i)))
    // Before memory is asked for: a broken length must not ask for all there is.
    const all = lengths.reduce((sum, length) => sum + length, 8 + 9 * count + digestBytes)
    if (all !== size) throw new Torn(`it has ${size} bytes instead of ${all}`)
    const parts: Array<Uint8Array> = []
    for (const [i, length] of lengths.entries()) {
      const memory = table.readUInt8(9 * i + 8) === 1 ? new SharedArrayBuffer(length) : new ArrayBuffer(length)
      parts.push(await take(handle, hash, new Uint8Array(memory)))
    }
    const digest = await take(handle, undefined, new Uint8Array(digestBytes))
    if (!hash.digest().equals(digest)) throw new Torn("its checksum is another")
    const [head, ...buffers] = parts
    if (head === undefined) throw new Torn("it has no head")
    return { head, buffers: buffers.map((part) => part.buffer) }
  } finally {
    await handle.close()
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined

const full: ReadonlySet<string | undefined> = new Set(["ENOSPC", "EDQUOT", "EFBIG"])

const failed = (value: string) => (error: unknown): DiskError =>
  new DiskError({
    reason: error instanceof Torn ? "Corrupt" : full.has(codeOf(error)) ? "Full" : "Failed",
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
  const files = new Map<string, string>()
  let last = 0
  const fileOf = (value: string): string => files.get(value) ?? path.join(directory, "nothing")
  const erase = (file: string): void => void fs.rm(file, { force: true }).catch(() => {})
  return {
    write: (value, payload) =>
      Effect.suspend(() => {
        const file = path.join(directory, String(++last))
        return Effect.tryPromise({ try: () => write(file, payload), catch: failed(value) }).pipe(
          Effect.onExit((exit) =>
            Effect.sync(() => {
              if (exit._tag === "Success") files.set(value, file)
              else erase(file)
            })
          )
        )
      }),
    read: (value) => Effect.tryPromise({ try: () => read(fileOf(value)), catch: failed(value) }),
    remove: (value) => {
      const file = files.get(value)
      files.delete(value)
      if (file !== undefined) erase(file)
    }
  }
}
