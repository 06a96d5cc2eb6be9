/** The calls of a shuffle, evaluated here: what each of them is given, and how many there are. */
import { call, structure } from "@creel/collections/delayed/delayed"
import * as Buckets from "@creel/collections/shuffle/buckets"
import { firstDigit, naming, shuffle } from "@creel/collections/shuffle/graph"
import { assert, describe, it } from "@effect/vitest"
import { type Client, Collection, Graph, Task } from "creel"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as fc from "fast-check"

const first = Task.sync("first", (items: ReadonlyArray<number>, digit: Buckets.Digit) => {
  const groups = new Buckets.Groups<number, number>()
  for (const item of items) groups.add(item, item)
  return Buckets.split(groups, digit)
})

const last = Task.sync(
  "last",
  (buckets: ReadonlyArray<Buckets.Packed>) => Buckets.merge<number, number>(buckets).entries()
)

const unref = (value: unknown, values: ReadonlyMap<string, unknown>): unknown =>
  Graph.isRef(value)
    ? values.get(value.key)
    : Array.isArray(value)
    ? value.map((item) => unref(item, values))
    : value

/** Elements in what a call is given: bytes are opened. */
const elementsIn = (value: unknown): number =>
  value instanceof Uint8Array
    ? 0
    : Array.isArray(value) && value[0] instanceof Uint8Array
    ? (Buckets.unpack(value) as Buckets.Bucket<number, number>).items.length
    : Array.isArray(value)
    ? value.reduce((sum: number, item) => sum + elementsIn(item), 0)
    : 0

interface Evaluated {
  readonly outputs: ReadonlyArray<ReadonlyArray<readonly [number, ReadonlyArray<number>]>>
  readonly calls: ReadonlyArray<{ readonly task: string; readonly needs: number; readonly elements: number }>
}

const evaluate = (
  partitions: ReadonlyArray<ReadonlyArray<number>>,
  outputs: number,
  maxBranch: number
): Effect.Effect<Evaluated> => {
  const sizes = { inputs: partitions.length, outputs, maxBranch }
  const digit = firstDigit(sizes)
  const buckets = shuffle(naming("shuffle", "shuffle"), sizes, partitions.map((items) => call(first, [items, digit])))
  const all = structure(buckets.map((of) => call(last, [of])))
  return Effect.map(
    // Nothing in it asks the client.
    all[Collection.TypeId].build as Exclude<Effect.Effect<Collection.Built>, Client.Client | Scope.Scope>,
    ({ graph, outputs: [output] }) => {
      const values = new Map<string, unknown>()
      const calls: Array<Evaluated["calls"][number]> = []
      const value = (key: string): unknown => {
        if (values.has(key)) return values.get(key)
        const node = graph.nodes.get(key)!
        assert(node._tag === "Call")
        const needs = Graph.needs(node)
        for (const need of needs) value(need)
        const args = node.args.map((arg) => unref(arg, values))
        const task = node.task
        const made = Task.isTask(task) ? task.runSync(args) : (task as (...args: Array<unknown>) => unknown)(...args)
        if (Task.isTask(task)) calls.push({ task: task.name, needs: needs.length, elements: elementsIn(args[0]) })
        values.set(key, made)
        return made
      }
      return { outputs: value(output!) as Evaluated["outputs"], calls }
    }
  )
}

const run = <A>(effect: Effect.Effect<A>): A => Effect.runSync(effect)

describe("a shuffle", () => {
  it("is what grouping is", () => {
    fc.assert(fc.property(
      fc.array(fc.array(fc.integer({ min: 0, max: 30 })), { maxLength: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 2, max: 5 }),
      (partitions, outputs, maxBranch) => {
        const plain = new Map<number, Array<number>>()
        for (const item of partitions.flat()) plain.set(item, [...plain.get(item) ?? [], item])
        const found = run(evaluate(partitions, outputs, maxBranch)).outputs
        assert.strictEqual(found.length, outputs)
        const byKey = (a: readonly [number, unknown], b: readonly [number, unknown]) => a[0] - b[0]
        assert.deepStrictEqual([...found.flat()].sort(byKey), Array.from(plain).sort(byKey))
      }
    ))
  })

  it("gives no task but a pick more than its share, and none more inputs than the branch", () => {
    const of = 64
    const each = 100
    const partitions = Array.from({ length: of }, (_, p) => Array.from({ length: each }, (_, n) => p * each + n))
    const { calls, outputs } = run(evaluate(partitions, of, 8))
    assert.strictEqual(outputs.flat().length, of * each)
    for (const call of calls) {
      assert.isTrue(call.needs <= 8, `${call.task}: ${call.needs}`)
      // The share is `each`; hashes do not spread evenly.
      assert.isTrue(call.elements <= each * 2, `${call.task}: ${call.elements}`)
    }
    // 2 steps: 64 splits, 64 splits again, 64 results, and twice 512 picks.
    assert.strictEqual(calls.length, 3 * of + 2 * of * 8)
  })

  it("grows like n log n", () => {
    const calls = (n: number) => run(evaluate(Array.from({ length: n }, (_, p) => [p]), n, 4)).calls.length
    for (const [n, steps] of [[4, 1], [16, 2], [64, 3], [256, 4]] as const) {
      assert.strictEqual(calls(n), n + steps * n * (4 + 1))
    }
  })

  it("with one key has one group, and the others are empty", () => {
    const { outputs } = run(evaluate(Array.from({ length: 9 }, () => [7, 7]), 9, 3))
    const found = outputs.filter((of) => of.length > 0)
    assert.strictEqual(found.length, 1)
    assert.deepStrictEqual(found[0], [[7, Array.from({ length: 18 }, () => 7)]])
  })
})
