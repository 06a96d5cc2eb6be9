/**
 * What tests start as threads and processes, bundled: one that loads a few files begins in a quarter of the time that it
 * needs for the thousand files of all packages, and tests start many. All is built from `dist`, and what is loaded by a URL
 * of its own (tasks, the executors' first file) is bundled with the rest, so that a thread and its tasks share one copy of
 * everything. What is about modules and files themselves starts from `dist` as users do.
 */
import { build } from "esbuild"
import { rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

const dist = fileURLToPath(new URL("../../dist/boot/", import.meta.url))

/** What `@creel/node` starts threads and processes with, found beside the file that names it. */
const boots = ["boot", "executorMain", "hostBoot"].map((name) => path.join(dist, `${name}.js`))

// The database's client is not ESM.
const banner =
  "import { createRequire as requireHere } from \"node:module\"; const require = requireHere(import.meta.url);"

export interface Programs {
  /** The folder that is written anew. */
  readonly out: string
  /** The files to start or to load, by their names in `out` (without the ending, which is `.mjs`). */
  readonly files: Readonly<Record<string, string>>
  /** What other packages than `@creel/node` start threads with. */
  readonly boots?: ReadonlyArray<string>
}

export const bundle = async (programs: Programs): Promise<void> => {
  const first = [...boots, ...(programs.boots ?? [])].map((file) => [path.basename(file, ".js"), file] as const)
  rmSync(programs.out, { recursive: true, force: true })
  await build({
    entryPoints: { ...programs.files, ...Object.fromEntries(first) },
    outdir: programs.out,
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
  for (const [name] of first) writeFileSync(path.join(programs.out, `${name}.js`), `import "./${name}.mjs"\n`)
}
