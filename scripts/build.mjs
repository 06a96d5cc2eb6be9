// What "build" means here, for npm scripts and for vitest alike: entries are written, stale output is removed, and
// `tsc -b` and bundles bring every dist up to date. Plain Node: nothing is imported from node_modules.
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { writeEntries } from "./entries.mjs"

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))

const folders = (parent) =>
  existsSync(path.join(root, parent))
    ? readdirSync(path.join(root, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${parent}/${entry.name}`)
      .sort()
    : []

export const packages = () => folders("packages").filter((dir) => existsSync(path.join(root, dir, "package.json")))

export const examples = () => folders("examples").filter((dir) => existsSync(path.join(root, dir, "tsconfig.json")))

const filesBelow = (dir) =>
  existsSync(dir)
    ? readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
      const file = path.join(dir, entry.name)
      return entry.isDirectory() ? filesBelow(file) : [file]
    })
    : []

/** The sources of a workspace: below `src` where there is one, else beside its package.json. */
const sourceRoot = (dir) => existsSync(path.join(root, dir, "src")) ? path.join(root, dir, "src") : path.join(root, dir)

const entry = path.join("internal", "entry.js")
const isOutput = /\.(?:d\.ts|d\.ts\.map|js|js\.map)$/

/** The sources whose output the compiler believes to be there. */
const compiledBefore = (dir) => {
  const info = path.join(root, dir, ".tsbuildinfo", "src.tsbuildinfo")
  if (!existsSync(info)) return []
  const names = JSON.parse(readFileSync(info, "utf8")).fileNames ?? []
  return names.filter((name) => !name.endsWith(".d.ts")).map((name) => path.resolve(path.dirname(info), name))
}

/**
 * `tsc -b` neither deletes the output of a source that is gone nor notices output that somebody deleted, so a test could
 * run code that exists no more, or none at all. Both are put right here.
 */
const heal = (dir) => {
  const dist = path.join(root, dir, "dist")
  const sources = sourceRoot(dir)
  const outputs = new Set()
  for (const file of filesBelow(dist)) {
    if (!isOutput.test(file) || file.endsWith(entry)) continue
    const output = path.relative(dist, file)
    const has = [`${output.replace(isOutput, "")}.ts`, output].some((source) => existsSync(path.join(sources, source)))
    if (has) outputs.add(output)
    else rmSync(file)
  }
  const missing = compiledBefore(dir).some((file) => {
    const stem = path.relative(sources, file).replace(/\.ts$/, "")
    return !stem.startsWith("..") && !(outputs.has(`${stem}.js`) && outputs.has(`${stem}.d.ts`))
  })
  if (missing) rmSync(path.join(root, dir, ".tsbuildinfo"), { recursive: true, force: true })
}

export const tsc = (args) =>
  spawnSync(process.execPath, [path.join(root, "node_modules/typescript/bin/tsc"), ...args], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 28
  })

/** What a package makes of its sources besides, with a `bundle.mjs` of its own: anew when any of them is newer. */
const bundle = () => {
  for (const dir of packages()) {
    const program = path.join(root, dir, "bundle.mjs")
    if (!existsSync(program)) continue
    const newest = Math.max(
      ...[program, ...filesBelow(path.join(root, dir, "src"))].map((file) => statSync(file).mtimeMs)
    )
    const made = filesBelow(path.join(root, dir, "dist", "assets")).map((file) => statSync(file).mtimeMs)
    if (made.length > 0 && Math.min(...made) > newest) continue
    const result = spawnSync(process.execPath, [program], { cwd: path.join(root, dir), encoding: "utf8" })
    if (result.status !== 0) return `${dir}/bundle.mjs: ${result.stdout}${result.stderr}`.trim()
  }
  return undefined
}

const builtBefore = () => packages().every((dir) => existsSync(path.join(root, dir, "dist", "index.js")))

/**
 * Brings dist up to date: all of it, or that of the given workspaces and of what they refer to. Returns undefined, or what
 * the compiler said.
 */
export const build = ({ only, quiet = false } = {}) => {
  writeEntries(packages().map((dir) => path.join(root, dir)))
  for (const dir of new Set([...packages(), ...examples(), ...(only ?? [])])) heal(dir)
  if (!quiet && !builtBefore()) {
    console.error("creel: compiling the packages and the examples (once; later only what changed)")
  }
  const project = (dir) => dir.startsWith("packages/") ? `${dir}/tsconfig.src.json` : dir
  const result = tsc(["-b", ...(only === undefined ? ["tsconfig.build.json", ...examples()] : only.map(project))])
  return result.status === 0 ? bundle() : `${result.stdout}${result.stderr}`.trim()
}
