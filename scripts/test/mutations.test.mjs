/** The mutations of `npm run mutate` still fit the sources: one that does not would be counted as nothing. */
import { readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "vitest"

const folder = new URL("../mutations/", import.meta.url)
const sources = new URL("../../packages/core/src/", import.meta.url)

describe.each(readdirSync(folder))("the mutations of %s", async (file) => {
  const { default: mutations } = await import(new URL(file, folder).href)
  it.each(mutations.map((mutation) => [mutation.id, mutation]))(
    "%s changes one place",
    (_, { file, find, replace }) => {
      assert.notStrictEqual(find, replace)
      assert.strictEqual(readFileSync(new URL(file, sources), "utf8").split(find).length - 1, 1)
    }
  )
})
