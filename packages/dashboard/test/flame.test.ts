import { assert, describe, it } from "@effect/vitest"
import { Flame } from "../src/fold/flame.js"
import type { CallTree } from "../src/fold/glance.js"

const tree: CallTree = {
  names: ["", "hash", "digest", "node:crypto", "mine", "/app/tasks.js", "parse"],
  // all, no task, hash, mine, digest, parse
  parents: [-1, 0, 0, 2, 3, 0],
  titles: [0, 0, 1, 4, 2, 6],
  files: [0, 0, 0, 5, 3, 0],
  lines: [0, 0, 0, 12, 7, 0],
  selfs: [0, 500, 10, 30, 60, 50]
}

describe("a flame graph", () => {
  const flame = new Flame(tree)

  it("has the longest first, within its caller, and what belongs to no task last", () => {
    const boxes = flame.boxes(0, 0)
    const round = (n: number) => Math.round(n * 650)
    assert.deepStrictEqual(
      [...boxes].sort((a, b) => a.depth - b.depth || a.left - b.left).map(({ depth, left, node, width }) =>
        `${depth} ${flame.title(node)} ${round(left)}+${round(width)}`
      ),
      ["0 all 0+650", "1 hash 0+100", "1 parse 100+50", "1 no task 150+500", "2 mine 0+90", "3 digest 0+60"]
    )
    assert.deepStrictEqual(flame.boxes(0, 0.2).map(({ node }) => flame.title(node)), ["all", "no task"])
  })

  it("zoomed, has the callers above and nothing beside", () => {
    const seen = flame.boxes(3, 0).map(({ depth, node, width }) => `${depth} ${flame.title(node)} ${width.toFixed(2)}`)
    assert.deepStrictEqual(seen, ["0 all 1.00", "1 hash 1.00", "2 mine 1.00", "3 digest 0.67"])
  })

  it("says of a call where it is, and for which task", () => {
    assert.deepStrictEqual([flame.place(3), flame.task(4), flame.task(1)], ["/app/tasks.js:12", "hash", ""])
    assert.deepStrictEqual([flame.isForeign(4), flame.isForeign(3), flame.isForeign(2)], [true, false, false])
  })

  it("is searched by name and place; what is found twice on one path counts once", () => {
    assert.deepStrictEqual([...flame.search("app/tasks").found], [3])
    const { found, share } = flame.search("s")
    assert.deepStrictEqual(
      [...found],
      [1, 2, 3, 4, 5].filter((node) => /s/.test(flame.title(node) + flame.place(node)))
    )
    assert.strictEqual(share, 1)
    assert.strictEqual(flame.search("digest").share.toFixed(3), (60 / 650).toFixed(3))
    assert.strictEqual(flame.search("").found.size, 0)
  })

  it("is walked through", () => {
    assert.deepStrictEqual([flame.next(0, "down"), flame.next(2, "right"), flame.next(2, "left")], [2, 5, 2])
    assert.deepStrictEqual([flame.next(4, "up"), flame.next(0, "up"), flame.next(4, "down")], [3, 0, 4])
  })

  it("of nothing is nothing", () => {
    const none = new Flame({ names: [""], parents: [-1], titles: [0], files: [0], lines: [0], selfs: [0] })
    assert.deepStrictEqual(none.boxes(0, 0.1), [{ node: 0, depth: 0, left: 0, width: 1 }])
    assert.strictEqual(none.whole, 0)
  })
})
