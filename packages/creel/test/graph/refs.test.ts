import { assert, describe, it } from "@effect/vitest"
import { Graph, Value } from "creel"
import { Data, Option } from "effect"

const f = (...args: Array<unknown>): unknown => args
const { ref } = Graph
const named = (...args: ReadonlyArray<unknown>) => [...Graph.needs(Graph.callOf(f, args))].sort()

describe("needs", () => {
  it("looks where the codec looks", () => {
    assert.deepStrictEqual(named(1, "x", null, undefined), [])
    assert.deepStrictEqual(named(ref("a"), 2, ref("b"), ref("a")), ["a", "b"])
    assert.deepStrictEqual(named([[[[[[ref("a")]]]]]], { x: { y: [ref("b")] } }), ["a", "b"])
    assert.deepStrictEqual(named(Object.assign(Object.create(null), { x: ref("a") })), ["a"])
    assert.deepStrictEqual(named(Data.struct({ x: ref("a") }), Data.array([ref("b")])), ["a", "b"])
    // Values, which are not looked into.
    assert.deepStrictEqual(named(new Map([[1, ref("a")]]), new Set([ref("b")]), Option.some(ref("c")), new Date(0)), [])
    const found: Array<string> = []
    const places = [ref("a"), [ref("b"), { x: Data.struct({ y: ref("c") }) }], Data.array([ref("d")])]
    Value.encodeArgs(places, (leaf) => Graph.isRef(leaf) ? found.push(leaf.key) - 1 : undefined)
    assert.deepStrictEqual(named(...places), found.sort())
  })

  it("stands circles, depth and width", () => {
    const circle: Array<unknown> = [ref("a")]
    circle.push(circle, { circle, b: ref("b") })
    assert.deepStrictEqual(named(circle), ["a", "b"])
    let deep: unknown = ref("deep")
    for (let i = 0; i < 100_000; i++) deep = [deep]
    assert.deepStrictEqual(named(deep), ["deep"])
    assert.strictEqual(named(Array.from({ length: 10_000 }, (_, i) => ref(`k${i % 5000}`))).length, 5000)
  })

  it("of other nodes", () => {
    assert.deepStrictEqual(Graph.needs(Graph.value(ref("a"))), [])
    assert.deepStrictEqual(Graph.needs(Graph.alias("a")), ["a"])
    const steps = [
      { key: "a", call: Graph.callOf(f, [ref("x")]) },
      { key: "b", call: Graph.callOf(f, [ref("a"), [ref("y"), ref("x")]]) }
    ]
    assert.deepStrictEqual([...Graph.needs({ _tag: "Fused", steps })].sort(), ["x", "y"])
  })
})

describe("mapRefs", () => {
  const to = (node: Graph.Node, f: (ref: Graph.Ref) => unknown): ReadonlyArray<unknown> => {
    const mapped = Graph.mapRefs(node, f)
    assert(mapped._tag === "Call")
    return mapped.args
  }

  it("replaces refs at any depth, and keeps what holds none", () => {
    const still = { deep: [1, 2, new Map()] }
    const node = Graph.callOf(f, [ref("a"), { x: [ref("b"), still], still }, still])
    const args = to(node, (ref) => ref.key.toUpperCase())
    assert.deepStrictEqual(args, ["A", { x: ["B", still], still }, still])
    assert.strictEqual(args[2], still)
    assert.strictEqual((args[1] as { still: unknown }).still, still)
    assert.deepStrictEqual(node.args[0], ref("a"))
    const plain = Graph.callOf(f, [1, still])
    assert.strictEqual(Graph.mapRefs(plain, () => assert.fail("there is none")), plain)
  })

  it("keeps circles, sharing, prototypes and holes", () => {
    const circle: Array<unknown> = [ref("a"), "x"]
    circle.push({ circle })
    const shared = [ref("b")]
    const holes = [ref("c"), , 3]
    const bare = Object.assign(Object.create(null), { x: ref("d") })
    const odd = JSON.parse("{\"__proto__\":1,\"y\":2}")
    odd.x = ref("e")
    const struct = Data.struct({ x: ref("f") })
    const args = to(Graph.callOf(f, [circle, shared, shared, holes, bare, odd, struct]), (ref) => `<${ref.key}>`) as any
    assert.strictEqual(args[0][0], "<a>")
    assert.strictEqual(args[0][2].circle, args[0])
    assert.strictEqual(args[1], args[2])
    assert.deepStrictEqual(args[1], ["<b>"])
    assert.isFalse(1 in args[3])
    assert.strictEqual(args[3].length, 3)
    assert.isNull(Object.getPrototypeOf(args[4]))
    assert.isTrue(Object.hasOwn(args[5], "__proto__"))
    assert.strictEqual(args[5].x, "<e>")
    assert.strictEqual(Object.getPrototypeOf(args[6]), Object.getPrototypeOf(struct))
    assert.strictEqual(args[6].x, "<f>")
  })

  it("stands depth", () => {
    let deep: unknown = ref("deep")
    for (let i = 0; i < 100_000; i++) deep = i % 2 === 0 ? [deep] : { deep }
    let args: unknown = to(Graph.callOf(f, [deep]), () => 42)[0]
    for (let i = 99_999; i >= 0; i--) args = i % 2 === 0 ? (args as [unknown])[0] : (args as { deep: unknown }).deep
    assert.strictEqual(args, 42)
  })

  it("leaves what fused nodes say among themselves", () => {
    const steps = [
      { key: "a", call: Graph.callOf(f, [ref("x")]) },
      { key: "b", call: Graph.callOf(f, [ref("a"), ref("y")]) }
    ]
    const mapped = Graph.mapRefs({ _tag: "Fused", steps }, (each) => ref(`${each.key}2`))
    assert.deepStrictEqual(mapped, {
      _tag: "Fused",
      steps: [
        { key: "a", call: Graph.callOf(f, [ref("x2")]) },
        { key: "b", call: Graph.callOf(f, [ref("a"), ref("y2")]) }
      ]
    })
  })

  it("of an alias is an alias, or a value", () => {
    assert.deepStrictEqual(Graph.mapRefs(Graph.alias("a"), () => ref("b")), Graph.alias("b"))
    assert.deepStrictEqual(Graph.mapRefs(Graph.alias("a"), () => 7), Graph.value(7))
  })
})
