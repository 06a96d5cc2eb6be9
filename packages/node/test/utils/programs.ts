/** The fixtures that tests of clusters start: bundled once, before the tests of this package. */
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import * as Bundle from "./bundle.js"

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url))
const out = fileURLToPath(new URL("../../.tmp/programs/", import.meta.url))

const files = ["fakeWorker", "modules/tasks", "modules/worker"]

const at = (name: string): URL => pathToFileURL(path.join(out, `${name}.mjs`))

/** Jobs whose task's name says what to do. */
export const fake = at("fakeWorker")

/** The tasks of `contracts.ts`. */
export const tasks = at("modules/tasks")

/** A worker entry of one's own. */
export const entry = at("modules/worker")

export default () =>
  Bundle.bundle({ out, files: Object.fromEntries(files.map((name) => [name, path.join(fixtures, `${name}.mjs`)])) })
