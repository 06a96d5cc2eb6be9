import * as Payload from "@creel/core/Payload"
import { SpillDisk, ValueImage } from "@creel/node"
import { assert, describe, it } from "@effect/vitest"
import { Store, Value } from "creel"
import { Effect, Exit, Scope } from "effect"
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { turn } from "./utils/turn.js"

const directory = () => mkdtempSync(path.join(os.tmpdir(), "creel-test-"))

/** The files below a directory, one directory deep. */
const files = (parent: string): ReadonlyArray<string> =>
  readdirSync(parent).flatMap((life) =>
    readdirSync(path.join(parent, life)).map((file) => path.join(parent, life, file))
  )

const xs = Float64Array.from({ length: 1_000_000 }, (_, n) => n)

/** One value on a disk of its own, and the file it is in. */
const spilled = Effect.gen(function*() {
  const parent = directory()
  const disk = yield* SpillDisk.make({ directory: parent })
  yield* disk.write("a#0.1", Value.encode({ xs, name: "a" }, { share: true }))
  return { disk, parent, file: files(parent)[0]! }
})

describe("a disk to spill to", () => {
  it.scopedLive("reads what was written, byte by byte, shared memory as shared memory", () =>
    Effect.gen(function*() {
      const { disk } = yield* spilled
      const payload = yield* disk.read("a#0.1")
      assert.isTrue(Payload.buffers(payload)[0] instanceof SharedArrayBuffer)
      assert.deepStrictEqual(Value.decode(payload), { xs, name: "a" })
    }))

  it.scopedLive("says Corrupt of a file with other bytes, wherever they are, and of a shorter one", () =>
    Effect.gen(function*() {
      const { disk, file } = yield* spilled
      const whole = readFileSync(file)
      for (const at of [0, 5, 9, 17, 60, 4_000_000, whole.length - 1]) {
        const broken = Buffer.from(whole)
        broken[at]! ^= 1
        writeFileSync(file, broken)
        assert.strictEqual((yield* Effect.flip(disk.read("a#0.1"))).reason, "Corrupt", `byte ${at}`)
      }
      for (const length of [0, 7, 20, 1_000_000, whole.length - 1]) {
        writeFileSync(file, whole)
        truncateSync(file, length)
        assert.strictEqual((yield* Effect.flip(disk.read("a#0.1"))).reason, "Corrupt", `${length} bytes`)
      }
      writeFileSync(file, whole)
      assert.deepStrictEqual(Value.decode(yield* disk.read("a#0.1")), { xs, name: "a" })
    }))

  it.scopedLive("fails of what was removed, or never written", () =>
    Effect.gen(function*() {
      const { disk } = yield* spilled
      disk.remove("a#0.1")
      assert.strictEqual((yield* Effect.flip(disk.read("a#0.1"))).reason, "Failed")
      assert.strictEqual((yield* Effect.flip(disk.read("b#0.2"))).reason, "Failed")
    }))

  it.scopedLive("gives what it has as it stands, from any byte on, though it is removed meanwhile", () =>
    Effect.gen(function*() {
      const { disk, parent } = yield* spilled
      const { bytes, digest, stream } = yield* disk.source!("a#0.1")
      const payload = yield* disk.read("a#0.1")
      assert.strictEqual((yield* Effect.promise(() => ValueImage.make(payload))).digest, digest)
      disk.remove("a#0.1")
      while (files(parent).length > 0) yield* turn
      const reader = new ValueImage.Reader(bytes)
      yield* Effect.promise(async () => {
        for await (const some of stream(0)) {
          reader.push(some)
          if (reader.offset > 3_000_000) break
        }
        for await (const some of stream(reader.offset)) reader.push(some)
      })
      assert.deepStrictEqual(Value.decode(reader.payload()), { xs, name: "a" })
      assert.strictEqual((yield* Effect.flip(disk.source!("a#0.1"))).reason, "Failed")
    }))

  it.live("leaves nothing behind when its scope closes, whatever was in it", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { parent } = yield* Scope.extend(spilled, scope)
      assert.strictEqual(files(parent).length, 1)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(readdirSync(parent), [])
    }))

  it.scopedLive("clears away what killed processes left, and nothing of those that live", () =>
    Effect.gen(function*() {
      const parent = directory()
      const pid = Number(execFileSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" }))
      yield* Effect.scoped(SpillDisk.make({ directory: parent }))
      // What its directories are called is its own business; a name is taken from one it made.
      const mine = yield* SpillDisk.make({ directory: parent })
      const name = readdirSync(parent)[0]!
      const dead = path.join(parent, name.replace(`-${process.pid}-`, `-${pid}-`))
      mkdirSync(dead)
      writeFileSync(path.join(dead, "1"), "left behind")
      yield* mine.write("a#0.1", Value.encode(1))
      yield* SpillDisk.make({ directory: parent })
      assert.isFalse(existsSync(dead))
      assert.strictEqual(Value.decode(yield* mine.read("a#0.1")), 1)
    }))

  it.scopedLive("what a store has in memory, and what of it is shared, comes and goes with it", () =>
    Effect.gen(function*() {
      const store = Store.make(yield* SpillDisk.make({ directory: directory() }))
      const counts = () => [store.bytes(), store.sharedBytes(), store.size()]
      const shared = Value.encode(xs, { share: true })
      const copied = Value.encode(xs)
      store.put("a#0.1", shared)
      store.put("b#0.2", copied)
      store.put("b#0.2", copied)
      const both = [Payload.bytes(shared) + Payload.bytes(copied), xs.byteLength, 2]
      assert.deepStrictEqual(counts(), both)
      yield* store.spill("a#0.1")
      assert.deepStrictEqual(counts(), [Payload.bytes(copied), 0, 2])
      yield* store.load("a#0.1")
      assert.deepStrictEqual(counts(), both)
      store.drop("b#0.2")
      assert.deepStrictEqual(counts(), [Payload.bytes(shared), xs.byteLength, 1])
      yield* store.spill("a#0.1")
      store.drop("a#0.1")
      assert.deepStrictEqual(counts(), [0, 0, 0])
    }))

  it.effect("a directory that cannot be is a typed error that names it", () =>
    Effect.gen(function*() {
      const file = path.join(directory(), "file")
      writeFileSync(file, "")
      const error = yield* Effect.flip(Effect.scoped(SpillDisk.make({ directory: path.join(file, "below") })))
      assert.strictEqual(error.reason, "BadOption")
      assert.include(error.message, file)
    }))
})
