/**
 * The programs that tests and the chaos suite start as processes, bundled: a process that loads a few files begins in a
 * quarter of the time that it needs for the thousand files of all packages, and tests start many. They are built from
 * `dist`, and what they load by a URL of its own (tasks, the executors' first file) is bundled with them, so that a thread
 * and its tasks share one copy of everything.
 */
import { build } from "esbuild"
import { readdirSync, rmSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

const tests = fileURLToPath(new URL("..", import.meta.url))
const folders = ["fixtures", "chaos/programs"]
const out = fileURLToPath(new URL("../../.tmp/programs/", import.meta.url))

/** What `@creel/node` and this package start threads with, found beside the file that names it. */
const boots = [["@creel/node", "boot"], ["@creel/node", "executorMain"], ["@creel/cluster", "carrierBoot"]] as const
const inDist = (owner: string, name: string): string =>
  path.join(path.dirname(createRequire(import.meta.url).resolve(owner)), "internal", `${name}.js`)

// The database's client is not ESM.
const banner =
  "import { createRequire as requireHere } from \"node:module\"; const require = requireHere(import.meta.url);"

/** The file to start, once all are bundled: a name as `fixtures/node.mjs`. */
export const program = (name: string): string => path.join(out, name)

export const bundle = async (): Promise<void> => {
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(tests, folder)).filter((file) => file.endsWith(".mjs")).map((file) => path.join(folder, file))
  )
  rmSync(out, { recursive: true, force: true })
  await build({
    entryPoints: Object.fromEntries([
      ...files.map((file) => [file.slice(0, -".mjs".length), path.join(tests, file)]),
      ...boots.map(([owner, name]) => [name, inDist(owner, name)])
    ]),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["pg-native", "tsx"],
    banner: { js: banner },
    logLevel: "warning"
  })
  for (const [, name] of boots) writeFileSync(path.join(out, `${name}.js`), `import "./${name}.mjs"\n`)
}
