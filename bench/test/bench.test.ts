/**
 * The parts of the bench that measure nothing: what is asked for, in which order, and what becomes of the runs.
 */
import { assert, describe, it } from "vitest"
import * as Counters from "../src/Counters.js"
import { figures } from "../src/Figure.js"
import * as Interval from "../src/Interval.js"
import * as Options from "../src/Options.js"
import * as Palindrome from "../src/Palindrome.js"
import * as Plan from "../src/Plan.js"
import * as Result from "../src/Result.js"
import { parse } from "../src/Sample.js"
import { show, table } from "../src/Table.js"
import * as Texts from "../src/Texts.js"

const run = (subject: string, figure: string, value: number, round = 1) => ({ subject, figure, value, round })

describe("options", () => {
  it("are read", () => {
    const options = Options.parse(["--quick", "--only", "map", "--only", "chain", "--subjects", "dask,piscina"])
    assert.deepStrictEqual(options.only, ["map", "chain"])
    assert.deepStrictEqual(options.subjects, ["dask", "piscina"])
    assert.isTrue(options.quick)
  })

  it("name what they do not know, and what there is", () => {
    assert.throws(() => Options.parse(["--only", "maps"]), /no work called "maps".*map, submit/)
    assert.throws(() => Options.parse(["--subjects", "dusk"]), /no subject called "dusk".*dask/)
    assert.throws(() => Options.parse(["--rounds", "0"]), /from 1 on/)
    assert.throws(() => Options.parse(["--fast"]), /--fast/)
  })
})

describe("the plan", () => {
  it("takes turns: every subject does a group before anyone does the next", () => {
    const steps = Plan.steps(Options.parse(["--only", "map", "--only", "floor", "--subjects", "dask,floor,piscina"]))
    assert.deepStrictEqual(
      steps.slice(0, 3).map(({ group, subject }) => `${subject.name} ${group}`),
      ["dask tasks", "piscina tasks", "floor floor"]
    )
    assert.deepStrictEqual([...new Set(steps.map(({ round }) => round))], [1, 2, 3])
  })

  it("has for each work its figures, and for each figure its work", () => {
    const works = new Set(Plan.works.map((each) => each.name))
    assert.deepStrictEqual([...new Set(figures.map((each) => each.work))].sort(), [...works].sort())
    const subjects = Plan.subjects.map((each) => each.name)
    for (const { aims } of figures) for (const aim of aims) assert.include(subjects, aim.subject)
  })

  it("says what a quick run skips", () => {
    assert.include(Plan.unnamed(Options.parse(["--quick"])), "million")
    assert.deepStrictEqual(Plan.unnamed(Options.parse(["--quick", "--only", "million"])), [])
    assert.deepStrictEqual(Plan.skipped(Options.parse(["--quick", "--only", "million"])), [["dask", "million"]])
    assert.deepStrictEqual([Plan.skipped(Options.parse([])), Plan.unnamed(Options.parse([]))], [[], []])
  })
})

describe("texts", () => {
  const all = new TextEncoder().encode("To be, or\nnot to be\n\n  that IS\tit\nno end")

  it("are cut where lines end, and nothing is lost", () => {
    for (let count = 1; count <= 12; count++) {
      const parts = Texts.parts(all, count)
      assert.lengthOf(parts, count)
      assert.deepStrictEqual(parts.flatMap((part) => [...part]), [...all])
      let at = 0
      for (const part of parts) {
        at += part.length
        assert.isTrue(at === 0 || at === all.length || all[at - 1] === 10, `${count} parts, one ends at ${at}`)
      }
    }
    assert.isAbove(Texts.parts(all, 2)[1]!.length, 0)
  })

  it("have words between white space, as Python has them", () => {
    assert.deepStrictEqual(Texts.words("  that IS\tit, "), ["that", "IS", "it,"])
    assert.deepStrictEqual(Texts.words(" "), [])
  })

  it("are told by how often their most frequent words are there", () => {
    assert.strictEqual(Texts.topOf([1, 10, 2, 9], 2), 19)
    assert.strictEqual(Texts.topOf([3], 10), 3)
  })
})

describe("the word count", () => {
  it("is beside Dask's, with an aim", () => {
    const steps = Plan.steps(Options.parse(["--only", "wordcount", "--quick"]))
    assert.deepStrictEqual(steps.map(({ subject }) => subject.name), ["creel-threads", "dask"])
    const rows = Result.rows([run("creel-threads", "wordcount", 50), run("dask", "wordcount", 8)])
    assert.isTrue(rows[0]!.aim!.met)
    assert.isFalse(Result.rows([run("creel-threads", "wordcount", 50), run("dask", "wordcount", 11)])[0]!.aim!.met)
  })
})

describe("rows", () => {
  const rows = Result.rows([
    run("creel-threads", "roundtrip", 0.3),
    run("creel-threads", "roundtrip", 0.1, 2),
    run("creel-threads", "roundtrip", 0.2, 3),
    run("dask", "roundtrip", 10),
    run("piscina", "roundtrip", 0.1),
    run("tinypool", "roundtrip", 0.4),
    run("creel-threads", "map", 3000),
    run("tinypool", "map", 1500)
  ])
  const [creel, , , , mapped] = rows

  it("are medians, set against Dask and against the best pool", () => {
    assert.strictEqual(creel!.median, 0.2)
    assert.closeTo(creel!.overDask!, 50, 1e-9)
    assert.closeTo(creel!.overPool!, 0.5, 1e-9)
    assert.isTrue(creel!.aim!.met)
    assert.strictEqual(mapped!.overPool, 2)
    assert.isUndefined(mapped!.aim!.met, "Dask is not there to tell")
  })

  it("miss an aim where one of its conditions fails", () => {
    const slow = Result.rows([run("creel-threads", "roundtrip", 0.4), run("dask", "roundtrip", 100)])
    assert.isFalse(slow[0]!.aim!.met, "250 times Dask, but more than 0.35 ms")
  })

  it("make the table", () => {
    const lines = table(rows).split("\n")
    assert.match(
      lines[2]!,
      /^roundtrip +creel-threads +0\.200 +ms +100 % +50\.0 × +0\.500 × +≥ 30 × Dask, ≤ 0\.35 ms +yes$/
    )
  })
})

describe("the interval of a median", () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, index) => index + 1)

  it("is that of the sign test", () => {
    // what tables of the binomial distribution say: 1 - 2 / 2^6, 10 choose 0 to 1, 20 choose 0 to 5
    assert.isUndefined(Interval.ofMedian(upTo(5)))
    assert.deepStrictEqual(Interval.ofMedian(upTo(6)), [1, 6])
    assert.deepStrictEqual(Interval.ofMedian(upTo(10)), [2, 9])
    assert.deepStrictEqual(Interval.ofMedian(upTo(20)), [6, 15])
    assert.deepStrictEqual(Interval.ofMedian(upTo(20).reverse(), 0.99), [4, 17])
  })

  it("hardly heeds values that are far off", () => {
    assert.deepStrictEqual(Interval.ofMedian([...upTo(19), 1e9]), [6, 15])
  })

  it("covers the median as often as it says", () => {
    // a generator of small numbers that everybody has: the same cases each time
    let seed = 7
    const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647
    let covered = 0
    for (let n = 0; n < 2000; n++) {
      const [from, to] = Interval.ofMedian(Array.from({ length: 21 }, () => random() ** 3))!
      if (from <= 0.125 && 0.125 <= to) covered++
    }
    assert.isAbove(covered / 2000, 0.94)
    assert.isBelow(covered / 2000, 0.99)
  })
})

describe("a turn that reads the same backwards", () => {
  it("takes an even drift out", () => {
    const drift = (cost: number, at: number) => ({ clock: cost * (100 + 10 * at) })
    const more = Palindrome.more([drift(1, 0), drift(1, 3)], [drift(1.05, 1), drift(1.05, 2)])
    assert.closeTo(more.clock!, 0.05, 1e-12)
  })

  it("says nothing of what one block could not measure", () => {
    const blocks = [{ clock: 1, cycles: 2 }, { clock: 3, cycles: undefined }]
    assert.deepStrictEqual(Palindrome.mean(blocks), { clock: 2, cycles: undefined })
    assert.deepStrictEqual(Palindrome.more(blocks, [{ clock: 3, cycles: 2 }]), { clock: 0.5, cycles: undefined })
  })
})

describe("what perf counts", () => {
  it("is read by thread", () => {
    const said = [
      "Events enabled",
      "node-71,1000,,cycles,100,100.00,,",
      "node-71,3000,,instructions:u,100,100.00,3.00,insn per cycle",
      "my-thread-72,10,,cycles,100,100.00,,",
      "node-73,<not counted>,,instructions:u,0,0.00,,"
    ].join("\n")
    assert.deepStrictEqual(Counters.read(said, 71), {
      thread: { cycles: 1000, instructions: 3000 },
      all: { cycles: 1010, instructions: 3000 }
    })
  })

  it("may be nothing", () => {
    const nothing = { cycles: undefined, instructions: undefined }
    assert.deepStrictEqual(Counters.read("", 71), { thread: nothing, all: nothing })
    assert.deepStrictEqual(Counters.read("node-71,<not supported>,,cycles,0,0.00,,", 71).thread, nothing)
  })
})

describe("shares", () => {
  const rowOf = (values: ReadonlyArray<number>) =>
    Result.rows(values.map((value, n) => run("creel-threads", "dashboard-viewer-cycles", value, n)))[0]!

  it("are told with where their median is", () => {
    const row = rowOf([1, 2, 3, 3, 4, 4.5, -2])
    assert.deepStrictEqual(row.interval, [-2, 4.5])
    assert.match(table([row]), /3\.00 +% +-2\.00 … 4\.50 +≤ 5 % +yes$/)
  })

  it("are open where an aim lies within", () => {
    assert.match(table([rowOf([1, 2, 3, 4, 5, 6, 7])]), /yes\?$/)
    assert.match(table([rowOf([4, 5.5, 6, 6, 6, 7, 7])]), /NO\?$/)
    assert.match(table([rowOf([5.5, 5.5, 6, 6, 6, 7, 7])]), /NO$/)
    assert.match(table([rowOf([1, 9])]), /yes$/)
  })
})

it("the median of an even number is between the middle two", () => {
  assert.strictEqual(Result.median([4, 1, 3, 2]), 2.5)
})

it("numbers have three digits that count", () => {
  assert.deepStrictEqual([0.01234, 1.5, 99.94, 100.4, 12_345.6].map(show), ["0.0123", "1.50", "99.9", "100", "12,346"])
})

it("samples are told from what libraries print", () => {
  assert.isUndefined(parse("{\"level\":\"info\"}"))
  assert.isUndefined(parse("{\"figure\":\"map\",\"value\":null}"))
  assert.strictEqual(parse("{\"figure\":\"map\",\"value\":3}")?.value, 3)
})
