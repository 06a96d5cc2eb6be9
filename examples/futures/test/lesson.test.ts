// What the lesson prints as its code is its code.
import { assert, describe, it } from "@effect/vitest"
import { readdirSync, readFileSync } from "node:fs"

const steps = new URL("../steps/", import.meta.url)

const squeeze = (text: string) => text.replace(/\s+/g, "")

describe("the steps", () => {
  for (const name of readdirSync(steps)) {
    it(`${name} shows lines that it runs`, () => {
      const source = readFileSync(new URL(name, steps), "utf8")
      const shown = [...source.matchAll(/code\("((?:[^"\\]|\\.)*)"\)/g)].map((match) =>
        JSON.parse(`"${match[1]}"`) as string
      )
      const rest = squeeze(source.replace(/code\("(?:[^"\\]|\\.)*"\)/g, ""))
      assert.isAbove(shown.length, 0)
      for (const line of shown) {
        // The close is main.ts's own line.
        const program = name.startsWith("09") || name.startsWith("07")
          ? rest + squeeze(readFileSync(new URL("../main.ts", import.meta.url), "utf8"))
          : rest
        assert.include(program, squeeze(line))
      }
    })
  }
})
