import { Picture } from "@creel/collections"
import { assert, describe, it } from "@effect/vitest"
import { Graph, Task } from "creel"
import * as fc from "fast-check"
import * as Xml from "./utils/xml.js"

const tasks = new Map<string, Task.Contract.Any>()

const call = (name: string, ...args: ReadonlyArray<unknown>): Graph.Call => {
  const task = tasks.get(name) ?? Task.sync(name, (...xs: ReadonlyArray<unknown>) => xs)
  tasks.set(name, task)
  return Graph.callOf(task, args)
}

const ref = (key: string) => Graph.ref<unknown, never>(key)

const graphOf = (nodes: ReadonlyArray<readonly [string, Graph.Node]>): Graph.Graph => Graph.fromIterable(nodes)

/** `n` partitions, each read, parsed and counted; sums of four in a tree. */
const tree = (n: number): Graph.Graph => {
  const nodes: Array<[string, Graph.Node]> = []
  let row = Array.from({ length: n }, (_, i) => {
    nodes.push([`read-${i}`, call("read", i)], [`parse-${i}`, call("parse", ref(`read-${i}`))])
    return `parse-${i}`
  })
  for (let level = 0; row.length > 1; level++) {
    row = Array.from({ length: Math.ceil(row.length / 4) }, (_, i) => {
      nodes.push([`sum-${level}.${i}`, call("sum", row.slice(4 * i, 4 * i + 4).map(ref))])
      return `sum-${level}.${i}`
    })
  }
  return graphOf(nodes)
}

interface Told {
  readonly boxes: ReadonlyArray<
    { readonly title: string; readonly lines: ReadonlyArray<string>; readonly double: boolean }
  >
  readonly arrows: ReadonlyArray<string>
}

const toldBy = (svg: string): Told => {
  const groups = Xml.all(Xml.parse(svg), "g").filter((group) => group.children[0]?.name === "title")
  const isArrow = (group: Xml.Element) => group.children.some((child) => child.attributes.class === "edge")
  return {
    boxes: groups.filter((group) => !isArrow(group)).map((group) => ({
      title: group.children[0]!.text,
      lines: group.children.filter((child) => child.name === "text").map((child) => child.text),
      double: group.children.some((child) => child.attributes.class?.startsWith("ring ") === true)
    })),
    arrows: groups.filter(isArrow).map((group) => group.children[0]!.text)
  }
}

const dotNodes = (dot: string): number => dot.match(/^ {2}n\d+ \[label=/gm)?.length ?? 0
const dotEdges = (dot: string): number => dot.match(/^ {2}n\d+ -> n\d+/gm)?.length ?? 0

const edges = (graph: Graph.Graph): number =>
  [...graph.nodes.values()].reduce((sum, node) => sum + Graph.needs(node).length, 0)

/** Any graph without circles: each node needs some of those before it. */
const arbitrary = fc.array(
  fc.record({
    name: fc.constantFrom("load", "clean", "join", "score"),
    needs: fc.uniqueArray(fc.nat(50), { maxLength: 3 }),
    value: fc.boolean()
  }),
  { maxLength: 60 }
).map((specs) =>
  graphOf(specs.map(({ name, needs, value }, i) => {
    const refs = [...new Set(needs.map((need) => need % Math.max(1, i)))].filter((need) => need < i)
    return [`k${i}`, value ? Graph.value(i) : call(name, { deep: refs.map((need) => ref(`k${need}`)) })]
  }))
)

describe("a small graph", () => {
  it("has a box for each node and an arrow for each need, in all three languages", () => {
    fc.assert(
      fc.property(arbitrary, (graph) => {
        const { arrows, boxes } = toldBy(Picture.draw(graph))
        assert.deepStrictEqual(boxes.map((box) => box.title.split("\n")[0]), [...graph.nodes.keys()])
        assert.strictEqual(arrows.length, edges(graph))
        const dot = Picture.draw(graph, { format: "dot" })
        assert.deepStrictEqual([dotNodes(dot), dotEdges(dot)], [graph.nodes.size, edges(graph)])
        const mermaid = Picture.draw(graph, { format: "mermaid" })
        assert.strictEqual(mermaid.match(/^ {2}n\d+[([]/gm)?.length ?? 0, graph.nodes.size)
        assert.strictEqual(mermaid.match(/-->/g)?.length ?? 0, edges(graph))
      }),
      { numRuns: 60 }
    )
  })

  it("says what is called with what, and the names that people chose", () => {
    const graph = graphOf([
      ["inc-3f2a9c01", call("inc", 1)],
      ["total", call("add", ref("inc-3f2a9c01"), "a text", [1, 2])],
      ["limits", Graph.value({ high: 3 })]
    ])
    assert.deepStrictEqual(toldBy(Picture.draw(graph)).boxes.map((box) => box.lines), [
      ["inc(1)"],
      ["add(·, \"a text\", [1, 2])", "total"],
      ["{…}", "limits"]
    ])
  })

  it("draws outputs twice: those nobody needs, or those that are named", () => {
    const graph = tree(4)
    const double = (svg: string) => toldBy(svg).boxes.filter((box) => box.double).map((box) => box.title.split("\n")[0])
    assert.deepStrictEqual(double(Picture.draw(graph)), ["sum-0.0"])
    assert.deepStrictEqual(double(Picture.draw(graph, { outputs: ["read-2", "sum-0.0"] })), ["read-2", "sum-0.0"])
    assert.strictEqual(Picture.draw(graph, { format: "dot", outputs: ["read-2"] }).match(/peripheries=2/g)?.length, 1)
  })

  it("shows the steps of what runs as one", () => {
    const steps = ["read", "inc", "inc", "sum"].map((name, i) => ({ key: `s${i}`, call: call(name) }))
    const { boxes } = toldBy(Picture.draw(graphOf([["s3", { _tag: "Fused", steps }]])))
    assert.deepStrictEqual(boxes[0]!.lines, ["read", "inc ×2", "sum", "s3"])
  })

  it("draws what is broken: a key that is not there, a circle, a node that needs itself", () => {
    const missing = toldBy(Picture.draw(graphOf([["x", call("f", ref("nowhere"))]])))
    assert.deepStrictEqual(missing.boxes[1]!.lines, ["nowhere", "is not in the graph"])
    const circle = graphOf([["a", call("f", ref("b"))], ["b", call("g", ref("a"))], ["c", call("h", ref("c"))]])
    assert.deepStrictEqual(toldBy(Picture.draw(circle)).arrows.slice().sort(), ["f → g", "g → f", "h → h"])
    assert.isAbove(toldBy(Picture.draw(circle, { maxNodes: 1 })).boxes.length, 0)
    assert.strictEqual(toldBy(Picture.draw(circle, { color: "order" })).boxes.length, 3)
  })

  it("of nothing is a picture, too", () => {
    assert.include(Picture.draw(graphOf([])), "nothing to do")
  })

  it("is the same each time, and stands within its frame, whichever way the data flow", () => {
    fc.assert(
      fc.property(arbitrary, fc.constantFrom("right" as const, "down" as const, "up" as const), (graph, direction) => {
        const svg = Picture.draw(graph, { direction })
        assert.strictEqual(Picture.draw(graph, { direction }), svg)
        const root = Xml.parse(svg)
        const { height, width } = root.attributes
        for (const rect of Xml.all(root, "rect")) {
          const { height: h, width: w, x = "0", y = "0" } = rect.attributes
          assert.isAtLeast(+x, 0)
          assert.isAtMost(+x + +w!, +width!)
          assert.isAtMost(+y + +h!, +height!)
          assert.isFalse([x, y, w, h].some((n) => Number.isNaN(+n!)))
        }
      }),
      { numRuns: 40 }
    )
  })

  it("lets no two boxes overlap", () => {
    fc.assert(
      fc.property(arbitrary, fc.constantFrom("right" as const, "down" as const, "up" as const), (graph, direction) => {
        const svg = Xml.parse(Picture.draw(graph, { direction }))
        const boxes = Xml.all(svg, "g").filter((group) => group.children[0]?.name === "title").flatMap((group) =>
          group.children.filter((child) => child.attributes.class?.startsWith("box ") === true)
        ).map(({ attributes: a }) => ({ x: +a.x!, y: +a.y!, right: +a.x! + +a.width!, bottom: +a.y! + +a.height! }))
        boxes.forEach((a, i) =>
          boxes.slice(i + 1).forEach((b) =>
            assert.isTrue(
              a.right <= b.x + 0.2 || b.right <= a.x + 0.2 || a.bottom <= b.y + 0.2 || b.bottom <= a.y + 0.2
            )
          )
        )
      }),
      { numRuns: 40 }
    )
  })
})

describe("hostile names", () => {
  const hostile = fc.oneof(
    fc.fullUnicodeString({ maxLength: 20 }),
    fc.string16bits({ maxLength: 10 }),
    fc.constantFrom(
      "\"]; evil [\"",
      "</title><script>",
      "]]>",
      "--&gt;",
      "a\\",
      "\n\nend",
      "%%{init: {}}%%",
      "`x`",
      "\u0000",
      "#quot;"
    )
  )

  it("end no string, open no tag and start no line", () => {
    fc.assert(
      fc.property(fc.uniqueArray(hostile, { minLength: 1, maxLength: 6 }), (names) => {
        const graph = graphOf(names.map((name, i) => [
          name,
          i % 2 === 0 ? call(name === "" ? "empty" : name, name, ref(names[0]!)) : Graph.value(name)
        ]))
        for (const maxNodes of [150, 1]) {
          toldBy(Picture.draw(graph, { maxNodes }))
          const dot = Picture.draw(graph, { format: "dot", maxNodes })
          // Without what stands in quotes, nothing but the grammar is left.
          assert.match(
            dot.replace(/"(?:[^"\\\n]|\\[^\n])*"/g, "\"\""),
            /^digraph creel \{\n(?: {2}\w+(?: -> \w+)?(?: \[(?:\w+=(?:""|[\w.]+) ?)*\])?\n)*\}\n$/
          )
          assert.match(
            Picture.draw(graph, { format: "mermaid", maxNodes }),
            /^flowchart LR\n(?: {2}(?:n\d+[([]+"(?:[\w\s./?,·×…\u{80}-\u{10ffff}]|#\d+;|<br\/>)*"[)\]]+:::\w+|n\d+ -->(?:\|"×[\d,]+"\|)? n\d+|classDef [^\n]+)\n)*$/u
          )
        }
      }),
      { numRuns: 200 }
    )
  })

  it("are shown as they are", () => {
    const name = "</text><script>\"'&"
    assert.deepStrictEqual(toldBy(Picture.draw(graphOf([["k", call(name)]]))).boxes[0]!.lines, [name, "k"])
  })
})

describe("a large graph", () => {
  const counts = (told: Told): number =>
    told.boxes.reduce((sum, box) => sum + Number(/^([\d,]+) × /.exec(box.title)?.[1]?.replaceAll(",", "") ?? 1), 0)

  const arrowCounts = (told: Told): number =>
    told.arrows.reduce((sum, text) => sum + Number(/ ×([\d,]+)$/.exec(text)?.[1]?.replaceAll(",", "") ?? 1), 0) +
    told.boxes.reduce(
      (sum, box) => sum + Number(/^([\d,]+) needs between them$/m.exec(box.title)?.[1]?.replaceAll(",", "") ?? 0),
      0
    )

  it("is shown in few boxes, which count all nodes and all needs", () => {
    fc.assert(
      fc.property(arbitrary, fc.integer({ min: 1, max: 12 }), (graph, maxNodes) => {
        const told = toldBy(Picture.draw(graph, { maxNodes }))
        assert.isAtMost(told.boxes.length, Math.max(maxNodes, 0))
        assert.strictEqual(counts(told), graph.nodes.size)
        assert.strictEqual(arrowCounts(told), edges(graph))
      }),
      { numRuns: 100 }
    )
  })

  it("keeps stages of one name apart, and neighbours that differ", () => {
    const told = toldBy(Picture.draw(tree(256)))
    assert.deepStrictEqual(told.boxes.map((box) => box.lines), [
      ["read", "×256"],
      ["parse", "×256"],
      ["sum", "×64"],
      ["sum", "×16"],
      ["sum", "×4"],
      ["sum([·])", "sum-3.0"]
    ])
    assert.deepStrictEqual(told.arrows, [
      "read → parse ×256",
      "parse → sum ×256",
      "sum → sum ×64",
      "sum → sum ×16",
      "sum → sum([·]) ×4"
    ])
  })

  it("of a hundred thousand nodes is a small picture", () => {
    const graph = tree(43_000)
    assert.isAbove(graph.nodes.size, 100_000)
    const svg = Picture.draw(graph)
    assert.isBelow(svg.length, 60_000)
    const told = toldBy(svg)
    assert.isAtMost(told.boxes.length, 30)
    assert.strictEqual(counts(told), graph.nodes.size)
  })

  it("of one long loop is one box", () => {
    const loop = graphOf(
      Array.from({ length: 10_000 }, (_, i) => [`step-${i}`, call("step", i === 0 ? 0 : ref(`step-${i - 1}`))])
    )
    assert.deepStrictEqual(toldBy(Picture.draw(loop)).boxes.map((box) => box.lines), [
      ["step", "×9,999"],
      ["step", "step-9999"]
    ])
  })
})

describe("a run", () => {
  const seen = (state: Picture.State, started?: number, ended?: number, worker?: string): Picture.Seen => ({
    state,
    started,
    ended,
    worker
  })

  const classes = (svg: string): ReadonlyArray<string> =>
    Xml.all(Xml.parse(svg), "g").filter((group) => group.children[0]?.name === "title").flatMap((group) =>
      group.children.filter((child) => child.attributes.class?.startsWith("box ") === true).map((child) =>
        child.attributes.class!.slice(4)
      )
    )

  const graph = graphOf([
    ["a", call("f")],
    ["b", call("g", ref("a"))],
    ["c", call("h", ref("b"))],
    ["d", call("i", ref("c"))]
  ])

  const run: Picture.Run = {
    tasks: new Map([
      ["a", seen("done", 1000, 1010, "worker-0")],
      ["b", seen("done", 1010, 3510, "worker-1")],
      ["c", seen("running", 3510)]
    ])
  }

  it("colours by state; what is not known of waits", () => {
    const svg = Picture.draw(graph, { run })
    assert.deepStrictEqual(classes(svg), ["done", "done", "running", "waiting"])
    assert.deepStrictEqual(toldBy(svg).boxes[1]!.title.split("\n").slice(0, 4), [
      "b",
      "done",
      "ran for 2.50 s",
      "on worker-1"
    ])
  })

  it("colours by time, and says how long", () => {
    const svg = Picture.draw(graph, { run, color: "time" })
    assert.deepStrictEqual(classes(svg), ["s0", "s7", "plain", "plain"])
    assert.deepStrictEqual(toldBy(svg).boxes.map((box) => box.lines.at(-1)), ["10 ms", "2.50 s", "c", "d"])
  })

  it("colours by order, without a run", () => {
    const svg = Picture.draw(graph, { color: "order" })
    assert.deepStrictEqual(toldBy(svg).boxes.map((box) => box.lines.at(-1)), ["#1", "#2", "#3", "#4"])
    assert.deepStrictEqual(new Set(classes(svg)).size, 4)
  })

  it("of a large graph shows how far each group is", () => {
    const graph = tree(64)
    const tasks = new Map(
      Array.from({ length: 64 }, (_, i) => [`read-${i}`, seen(i < 16 ? "done" : i < 20 ? "running" : "queued", 0, 100)])
    )
    const svg = Picture.draw(graph, { run: { tasks }, maxNodes: 10 })
    const bars = Xml.all(Xml.parse(svg), "rect").filter((rect) => rect.attributes.class?.startsWith("bar-") === true)
    const widths = bars.slice(0, 3).map((bar) => [bar.attributes.class, +bar.attributes.width!] as const)
    assert.deepStrictEqual(widths.map(([name]) => name), ["bar-done", "bar-running", "bar-queued"])
    const whole = widths.reduce((sum, [, width]) => sum + width, 0)
    assert.closeTo(widths[0]![1] / whole, 16 / 64, 0.01)
    assert.include(toldBy(svg).boxes[0]!.title, "16 done, 4 running, 44 queued")
  })
})
