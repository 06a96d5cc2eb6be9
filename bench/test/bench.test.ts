/**
 * The parts of the bench that measure nothing: what is asked for, in which order, and what becomes of the runs.
 */
import { assert, describe, it } from "vitest"
import { figures } from "../src/Figure.js"
import * as Options from "../src/Options.js"
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
