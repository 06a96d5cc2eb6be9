// The bag finds what the loop finds, in made-up text and in lines of any form.
import { Bag } from "@creel/collections"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Client, LocalCluster, TaskGroup } from "creel"
import { Effect, Layer } from "effect"
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Count from "../count.js"
import { words } from "../tasks.js"
import * as Zipf from "../zipf.js"

const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "creel-wordcount-test-"))),
  (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
)

const cluster = LocalCluster.layer({ tasks: TaskGroup.make(words).merge(Bag.tasks), workers: 2 }).pipe(
  Layer.provideMerge(NodeFileSystem.layer)
)

const both = (files: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const counts = yield* yield* Client.compute(Count.bag(files))
    const loop = yield* Effect.promise(() => Count.loop(files))
    return [Count.found(counts, 100), Count.found(loop, 100)] as const
  }).pipe(Effect.provide(cluster))

describe("the words", () => {
  it.scoped("of made-up text are the same by the bag and by the loop", () =>
    Effect.gen(function*() {
      const files = Zipf.write(yield* directory, 200_000, 3)
      const [bag, loop] = yield* both(files)
      assert.deepStrictEqual(bag, loop)
      assert.isAbove(bag.different, 1000)
      assert.isAbove(bag.top[0]![1], bag.top[9]![1])
    }))

  it.scoped("of lines of any form are what they are", () =>
    Effect.gen(function*() {
      const file = path.join(yield* directory, "a.txt")
      writeFileSync(file, "To be, or\r\n\r\nnot to be -- that\nTHAT")
      const [bag, loop] = yield* both([file])
      assert.deepStrictEqual(bag.top, [["be", 2], ["that", 2], ["to", 2], ["not", 1], ["or", 1]])
      assert.deepStrictEqual(loop, bag)
      assert.strictEqual(bag.words, 8)
    }))
})

describe("made-up text", () => {
  it.scoped("is as long as was asked for, in whole lines, and the same each time", () =>
    Effect.gen(function*() {
      const made = Zipf.write(path.join(yield* directory, "one"), 100_000, 3)
      const again = Zipf.write(path.join(yield* directory, "two"), 100_000, 3)
      assert.lengthOf(made, 3)
      const size = made.reduce((sum, file) => sum + statSync(file).size, 0)
      assert.isAtLeast(size, 100_000)
      assert.isBelow(size, 101_000)
      for (let n = 0; n < 3; n++) {
        const text = readFileSync(made[n]!, "utf8")
        assert.isTrue(text.endsWith("\n"))
        assert.strictEqual(readFileSync(again[n]!, "utf8"), text)
      }
    }))
})
