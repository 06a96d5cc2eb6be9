// Style as a test. An exception is a comment, `// house: <reason>`, on the line or above it.
import ts from "typescript"
import { assert, describe, it } from "vitest"
import { all, excused, files, parse, read } from "./source.mjs"

const maxFileLines = 450
const maxFunctionLines = 80

const lineOf = (source, position) => source.getLineAndCharacterOfPosition(position).line + 1

/** What users read in a public module should never be too much: there, comments and blank lines do not count. */
const isPublic = (file) => /^packages\/[^/]+\/src\/[^/]+$/.test(file)

const withoutDocs = (file) =>
  read(file).replace(/\/\*[\s\S]*?\*\//g, "").split("\n").filter((line) => !/^\s*(?:\/\/.*)?$/.test(line)).length

const longFunctions = (file) => {
  const source = parse(file)
  const found = []
  const visit = (node) => {
    if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined) {
      const start = lineOf(source, node.getStart())
      const lines = lineOf(source, node.end) - start + 1
      if (lines > maxFunctionLines && !excused(source.text, start)) found.push(`${file}:${start} has ${lines} lines`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** Calls and constructions by what they are written as: `Date.now`, `setTimeout`, `new Date`. */
const calls = (file, banned) => {
  const source = parse(file)
  const found = []
  const visit = (node) => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const called = node.expression.getText(source)
      const written = ts.isNewExpression(node) ? `new ${called}${node.arguments?.length ? "(…)" : "()"}` : called
      const line = lineOf(source, node.getStart())
      if (banned.includes(written) && !excused(source.text, line)) found.push(`${file}:${line} calls ${written}`)
    } else if (node.kind === ts.SyntaxKind.AwaitKeyword || node.kind === ts.SyntaxKind.AsyncKeyword) {
      if (banned.includes("async")) found.push(`${file}:${lineOf(source, node.getStart())} waits`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const clocks = ["Date.now", "new Date()", "performance.now", "process.hrtime", "process.hrtime.bigint"]
const dice = ["Math.random", "crypto.randomUUID", "crypto.getRandomValues"]
const waits = ["setTimeout", "setInterval", "Effect.sleep"]
const turns = ["setImmediate", "queueMicrotask"]

describe.each(all)("the sources of $short", (each) => {
  const sources = files(`${each.dir}/src`)
  const tests = files(`${each.dir}/test`)

  it(`have at most ${maxFileLines} lines a file`, () => {
    const long = [...sources, ...tests]
      .filter((file) => !/\/\/ house: \S+/.test(read(file).slice(0, 4000)))
      .map((file) => ({ file, lines: isPublic(file) ? withoutDocs(file) : read(file).trimEnd().split("\n").length }))
      .filter(({ lines }) => lines > maxFileLines)
      .map(({ file, lines }) => `${file} has ${lines} lines`)
    assert.deepStrictEqual(long, [])
  })

  it(`have at most ${maxFunctionLines} lines a function`, () => {
    assert.deepStrictEqual(sources.flatMap(longFunctions), [])
  })

  it("open by saying what they own", () => {
    assert.deepStrictEqual(
      sources.filter((file) => !/^(#!.*\n)?\/(\*\*|\/)/.test(read(file))).map((file) => `${file} has no header`),
      []
    )
  })

  it("say in each public module since when it exists", () => {
    assert.deepStrictEqual(
      sources.filter((file) => isPublic(file) && !/@since/.test(read(file))),
      []
    )
  })

  it("wait in no test by the wall clock", () => {
    // a sleep is the test clock's where a file adjusts it; the chaos suite breaks things for so and so long
    const found = tests.filter((file) => !file.includes("/test/chaos/")).flatMap((file) =>
      calls(file, read(file).includes("TestClock") ? waits.filter((name) => name !== "Effect.sleep") : waits)
    )
    assert.deepStrictEqual(found, [])
  })

  it("leave no test switched off, and none alone", () => {
    const found = tests.flatMap((file) =>
      read(file).split("\n").flatMap((text, index) =>
        /\b(?:it|test|describe)(?:\.\w+)*\.(?:only|skip|todo|fails)\b/.test(text) && !excused(read(file), index + 1)
          ? [`${file}:${index + 1} ${text.trim()}`]
          : []
      )
    )
    assert.deepStrictEqual(found, [])
  })
})

describe("core", () => {
  it("reads no clock, rolls no dice and waits for nothing", () => {
    const banned = [...clocks, ...dice, ...waits, ...turns, "async"]
    assert.deepStrictEqual(files("packages/core/src").flatMap((file) => calls(file, banned)), [])
  })
})

describe("testkit", () => {
  it("takes time and chance from its seed", () => {
    const simulated = files("packages/testkit/src").filter((file) => !file.includes("/bin/"))
    assert.deepStrictEqual(simulated.flatMap((file) => calls(file, [...clocks, ...dice, ...waits, ...turns])), [])
  })
})
