import * as Glob from "@creel/collections/files/glob"
import { assert, describe, it } from "@effect/vitest"

const matches = (pattern: string, name: string): boolean => {
  const matcher = Glob.nameMatcher(pattern)
  return typeof matcher === "string" ? matcher === name : matcher.test(name)
}

describe("glob", () => {
  it.each([
    ["*.txt", "a.txt", true],
    ["*.txt", ".txt", false],
    ["*.txt", "a.txt.gz", false],
    ["?.txt", "a.txt", true],
    ["?.txt", "ab.txt", false],
    ["[a-c]x", "bx", true],
    ["[!a-c]x", "bx", false],
    ["[!a-c]x", "dx", true],
    ["[]x", "[]x", true],
    ["a+b(c).txt", "a+b(c).txt", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    [".*", ".hidden", true],
    ["*é?", "caféx", true],
    ["?", "😀", true]
  ])("%s and %s: %s", (pattern, name, answer) => {
    assert.strictEqual(matches(pattern, name), answer)
  })

  it("braces are several patterns", () => {
    assert.deepStrictEqual(Glob.braces("a{b,c{d,e}}f{,g}"), ["abf", "abfg", "acdf", "acdfg", "acef", "acefg"])
    assert.deepStrictEqual(Glob.braces("a{b}c"), ["a{b}c"])
    assert.deepStrictEqual(Glob.braces("a\\{b,c}"), ["a\\{b,c}"])
  })

  it("names the root and what follows", () => {
    assert.deepStrictEqual(Glob.parse("/var/log/**/x"), [{ root: "/", names: ["var", "log", "**", "x"] }])
    assert.deepStrictEqual(Glob.parse("./a//b"), [{ root: "", names: ["a", "b"] }])
  })

  it("knows patterns from paths", () => {
    assert.isTrue(Glob.isGlob("a/*.txt"))
    assert.isFalse(Glob.isGlob("a/b.txt"))
  })
})
