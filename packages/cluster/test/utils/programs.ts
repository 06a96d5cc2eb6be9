/** The programs that tests and the chaos suite start as processes, bundled from `dist`. */
import { readdirSync } from "node:fs"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as Bundle from "../../../node/test/utils/bundle.js"

const tests = fileURLToPath(new URL("..", import.meta.url))
const folders = ["fixtures", "chaos/programs"]
const out = fileURLToPath(new URL("../../.tmp/programs/", import.meta.url))

const carrier = fileURLToPath(new URL("../../dist/carrier/carrierBoot.js", import.meta.url))

/** What the nodes in a test's own process have as tasks. */
export const tasks = pathToFileURL(path.join(out, "fixtures", "tasks.mjs"))

/** The file to start, once all are bundled: a name as `fixtures/node.mjs`. */
export const program = (name: string): string => path.join(out, name)

export const bundle = (): Promise<void> => {
  const names = folders.flatMap((folder) =>
    readdirSync(path.join(tests, folder)).filter((file) => file.endsWith(".mjs")).map((file) =>
      path.join(folder, file.slice(0, -".mjs".length))
    )
  )
  const files = Object.fromEntries(names.map((name) => [name, path.join(tests, `${name}.mjs`)]))
  return Bundle.bundle({ out, files, boots: [carrier] })
}
