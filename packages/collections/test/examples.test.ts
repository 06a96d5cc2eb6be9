import * as collections from "@creel/collections"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Client, Collection, LocalCluster, TaskGroup } from "creel"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { type Example, examplesIn, examplesOn } from "./utils/examples.js"

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const examples = [...examplesOn(path.join(root, "README.md")), ...examplesIn(path.join(root, "src"))]

const isCollection = (u: unknown): u is Collection.Collection<unknown, unknown> =>
  typeof u === "object" && u !== null && Collection.TypeId in u

const isStream = (u: unknown): u is Stream.Stream<unknown, unknown> =>
  typeof u === "object" && u !== null && Stream.StreamTypeId in u

const run = (value: unknown): Effect.Effect<unknown, unknown, any> => {
  if (isCollection(value)) return Effect.flatten(Client.compute(value))
  if (isStream(value)) return Effect.map(Stream.runCollect(value), Chunk.toArray)
  return Effect.isEffect(value) ? value as Effect.Effect<unknown, unknown> : Effect.succeed(value)
}

const same = (actual: unknown, expected: unknown): void => {
  if (!Equal.equals(actual, expected)) assert.deepStrictEqual(actual, expected)
}

/** What an example may use: see `utils/examples`. */
const tasksOf = (module: Readonly<Record<string, unknown>>): TaskGroup.TaskGroup<never> => {
  const own = TaskGroup.fromModule(module) as TaskGroup.TaskGroup<never>
  const { Bag } = collections as { readonly Bag?: { readonly tasks?: TaskGroup.TaskGroup<never> } }
  return Bag?.tasks === undefined ? own : Bag.tasks.merge(own)
}

/** Modules have to be files; beside the package's own, so that they resolve what it resolves. */
const load = (example: Example, n: number): Effect.Effect<Readonly<Record<string, unknown>>> =>
  Effect.promise(() => {
    const file = path.join(root, ".tmp", "examples", `${n}-${example.name}.ts`)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, example.module)
    return import(/* @vite-ignore */ file)
  })

/** Relative paths are the example's own. */
const elsewhere = Effect.acquireRelease(
  Effect.sync(() => {
    const [back, dir] = [process.cwd(), fs.mkdtempSync(path.join(os.tmpdir(), "creel-example-"))]
    process.chdir(dir)
    return { back, dir }
  }),
  ({ back, dir }) =>
    Effect.sync(() => {
      process.chdir(back)
      fs.rmSync(dir, { recursive: true })
    })
)

describe.sequential("examples", () => {
  examples.forEach((example, n) => {
    it.scopedLive(example.name, () =>
      Effect.gen(function*() {
        assert.isNotEmpty(example.checks, "an example says what it gives: const sum = ... // 6")
        const module = yield* load(example, n)
        const expectations = module["expectations"] as ReadonlyArray<() => unknown>
        yield* elsewhere
        yield* Effect.forEach(example.checks, ({ fails, name }, i) =>
          Effect.map(Effect.exit(Effect.scoped(run(module[name]))), (exit) =>
            same(
              fails
                ? Exit.isFailure(exit) && exit.cause._tag === "Fail" ? exit.cause.error : exit
                : Exit.isSuccess(exit)
                ? exit.value
                : exit,
              expectations[i]!()
            ))).pipe(
            Effect.provide(LocalCluster.layer({ tasks: tasksOf(module), workers: 2 })),
            Effect.provide(NodeContext.layer)
          )
      }) as Effect.Effect<void>)
  })

  it("are all the package's", () => {
    assert.isAbove(examples.length, 5)
  })
})
