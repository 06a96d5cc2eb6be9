import { assert, describe, it } from "@effect/vitest"
import { Graph } from "creel"
import { breadthFirst, node, peak } from "../utils/graphs.js"

const f = node("f")
const call = (...needs: ReadonlyArray<string>) => Graph.callOf(f, needs.map((key) => Graph.ref(key)))
const range = (n: number) => Array.from({ length: n }, (_, i) => i)

type Shape = readonly [nodes: Array<readonly [string, Graph.Node]>, outputs: ReadonlyArray<string>]

/** The same shuffle each time. */
const mixed = <A>(items: ReadonlyArray<A>): Array<A> => {
  const out = items.slice()
  let seed = 1
  for (let i = out.length - 1; i > 0; i--) {
    seed = (Math.imul(seed, 48271) >>> 0) % 2147483647
    const j = seed % (i + 1)
    ;[out[i], out[j]] = [out[j]!, out[i]!]
  }
  return out
}

const tree = (leaves: number, every: number): Shape => {
  const nodes: Array<readonly [string, Graph.Node]> = range(leaves).map((i) => [`0-${i}`, call()])
  let level = nodes.map(([key]) => key)
  for (let height = 1; level.length > 1; height++) {
    const above = range(Math.ceil(level.length / every)).map((i) => `${height}-${i}`)
    above.forEach((key, i) => nodes.push([key, call(...level.slice(i * every, (i + 1) * every))]))
    level = above
  }
  return [nodes, level]
}

const chains = (count: number, length: number): Shape => [
  [
    ...range(count).flatMap((i) =>
      range(length).map((j) => [`${i}-${j}`, j === 0 ? call() : call(`${i}-${j - 1}`)] as const)
    ),
    ["all", call(...range(count).map((i) => `${i}-${length - 1}`))]
  ],
  ["all"]
]

/** x -> m, neighbours added, then all of it in a tree. */
const neighbours = (count: number, order: (keys: ReadonlyArray<string>) => ReadonlyArray<string>): Shape => {
  const sums = range(count - 1).map((i) => `s${i}`)
  return [
    [
      ...range(count).map((i) => [`x${i}`, call()] as const),
      ...range(count).map((i) => [`m${i}`, call(`x${i}`)] as const),
      ...range(count - 1).map((i) => [`s${i}`, call(`m${i}`, `m${i + 1}`)] as const)
    ],
    order(sums)
  ]
}

const peaks = ([nodes, outputs]: Shape) => {
  const graph = Graph.fromIterable(nodes)
  const order = Graph.order(graph, outputs)
  assert.strictEqual(new Set(order).size, nodes.length)
  return { ours: peak(graph, outputs, order), breadth: peak(graph, outputs, breadthFirst(graph)) }
}

describe("order holds little", () => {
  it("in trees", () => {
    assert.deepStrictEqual(peaks(tree(1024, 2)), { ours: 12, breadth: 1025 })
    const { breadth, ours } = peaks(tree(4096, 8))
    assert.isAtMost(ours, 4 * 8 + 1)
    assert.strictEqual(breadth, 4097)
    assert.isAtMost(peaks([mixed(tree(1024, 2)[0]), tree(1024, 2)[1]]).ours, 12)
  })

  it("in chains side by side", () => {
    const { breadth, ours } = peaks(chains(100, 20))
    // The end of each chain has to be held, and one more.
    assert.strictEqual(ours, 101)
    assert.strictEqual(breadth, 101)
    // Where each ends in an output that goes away at once, one is held.
    const [nodes] = chains(100, 20)
    const free = nodes.filter(([key]) => key !== "all")
    assert.deepStrictEqual(peaks([free, []]), { ours: 2, breadth: 101 })
  })

  it("in maps whose neighbours are added up", () => {
    const [nodes, sums] = neighbours(100, (keys) => keys)
    // The sums have to be held, and a neighbour or two.
    assert.isAtMost(peaks([[...nodes, ["all", call(...sums)]], ["all"]]).ours, 102)
    // Sums that go away at once: two neighbours, and what comes of them.
    assert.isAtMost(peaks([nodes, []]).ours, 4)
    assert.strictEqual(peaks([nodes, []]).breadth, 101)
    const [level, top] = tree(99, 2)
    const above = level.map(([key, each]) =>
      key.startsWith("0-") ? [key, call(`s${key.slice(2)}`)] as const : [key, each] as const
    )
    const reduced = peaks([[...nodes, ...above], top])
    assert.isAtMost(reduced.ours, 12)
    assert.isAtLeast(reduced.breadth, 99)
  })

  it("in whatever order neighbours are named", () => {
    const [nodes, sums] = neighbours(200, mixed)
    assert.isAtMost(peaks([[...mixed(nodes), ["all", call(...sums)]], ["all"]]).ours, 205)
    // Sums that go away at once, met in no order that means anything.
    assert.isAtMost(peaks([mixed(nodes), []]).ours, 6)
  })

  it("where two reductions stand on the same inputs", () => {
    const [one, top] = tree(64, 4)
    const [other, bottom] = tree(64, 4)
    const over = (nodes: typeof one, name: string) =>
      nodes.map(([key, node]): readonly [string, Graph.Node] => [
        `${name}${key}`,
        key.startsWith("0-") ? call(`x${key}`) : call(...Graph.needs(node).map((need) => `${name}${need}`))
      ])
    const { breadth, ours } = peaks([
      [...range(64).map((i) => [`x0-${i}`, call()] as const), ...over(one, "mean"), ...over(other, "most")],
      [`mean${top[0]}`, `most${bottom[0]}`]
    ])
    assert.isAtMost(ours, 24)
    assert.isAtLeast(breadth, 128)
  })

  it("of what is shared by all, and loaded by each", () => {
    // A model goes into every chain: no chain is begun before the one at hand is done.
    const shape: Shape = [
      [
        ["model", call()],
        ...range(50).flatMap((i) => [
          [`load${i}`, call()] as const,
          [`a${i}`, call("model", `load${i}`)] as const,
          [`b${i}`, call(`a${i}`, "model")] as const
        ])
      ],
      range(50).map((i) => `b${i}`)
    ]
    assert.isAtMost(peaks(shape).ours, 50 + 3)
    const [nodes] = shape
    assert.isAtMost(peaks([nodes, []]).ours, 4)
  })
})

describe("order", () => {
  it("begins with what needs most room", () => {
    const [nodes] = tree(8, 2)
    const graph = Graph.fromIterable([["small", call()], ...nodes, ["all", call("small", "3-0")]])
    assert.strictEqual(Graph.order(graph, ["all"]).at(-2), "small")
  })

  it("does what lets go of something at once", () => {
    const graph = Graph.fromIterable([
      ["x", call()],
      ["y", call("x")],
      ["z", call("x")],
      ["small", call("y")],
      ["all", call("z", "small", "y")]
    ])
    assert.deepStrictEqual(Graph.order(graph, ["all"]), ["x", "z", "y", "small", "all"])
  })

  it("gains nothing by what is held to the end anyway", () => {
    const graph = Graph.fromIterable([
      ["x", call()],
      ["y", call("x")],
      ["p", call()],
      ["q", call()],
      ["z", call("p", "q")],
      ["all", call("y", "z")]
    ])
    assert.deepStrictEqual(Graph.order(graph, ["x", "all"]), ["x", "p", "q", "z", "y", "all"])
    assert.deepStrictEqual(Graph.order(graph, ["all"]), ["p", "q", "z", "x", "y", "all"])
  })

  it("has a place for everything: what nobody asked for, what is missing, what goes in circles", () => {
    const graph = Graph.fromIterable([
      ["circle", call("other", "before")],
      ["other", call("circle")],
      ["before", call()],
      ["aside", call("nowhere")],
      ["wanted", call()]
    ])
    assert.deepStrictEqual(Graph.order(graph, ["wanted", "nobody"]), ["wanted", "aside", "before", "circle", "other"])
    assert.deepStrictEqual(Graph.order(["wanted"])(graph)[0], "wanted")
    assert.deepStrictEqual(Graph.order(Graph.fromIterable([]), []), [])
  })

  it("takes what is large and deep", () => {
    const deep = Graph.fromIterable(
      range(100_000).map((i) => [`x${i}`, i === 0 ? call() : call(`x${i - 1}`, `x${i >> 1}`)] as const).reverse()
    )
    assert.deepStrictEqual(Graph.order(deep, ["x99999"])[50_000], "x50000")
    const wide = Graph.fromIterable([
      ...range(200_000).map((i) => [`x${i}`, call()] as const),
      ["all", Graph.callOf(f, range(200_000).map((i) => Graph.ref(`x${i}`)))]
    ])
    assert.strictEqual(Graph.order(wide, ["all"]).at(-1), "all")
  })
})
