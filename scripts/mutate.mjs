// Scores the tests of the machines: applies hand-made mutations to packages/core/src one at a time, each in a copy of
// the sources, and tells which of them the unit tests and the simulator notice. A survivor is something nobody checks.
//
//   npm run mutate                      all mutations, unit tests and 300 seeds each
//   npm run mutate -- --seeds 1000      more seeds
//   npm run mutate -- --only worker     those whose id contains this
//   npm run mutate -- --by either       unit tests only for what the simulator misses (or: simulator, unit, both)
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as os from "node:os"
import * as path from "node:path"
import { pathToFileURL } from "node:url"

const root = path.dirname(import.meta.dirname)
const require = createRequire(import.meta.url)
// The bundler vite brings: one file per mutant builds in a fraction of a second.
const esbuild = createRequire(require.resolve("vite"))("esbuild")

const options = { seeds: 300, from: 1, only: "", by: "both", timeout: 180_000 }
for (let i = 2; i < process.argv.length; i += 2) {
  const name = process.argv[i].replace(/^--/, "")
  const value = process.argv[i + 1]
  if (!(name in options) || value === undefined) {
    console.error(
      `mutate: unknown option ${process.argv[i]}; known: ${Object.keys(options).map((x) => `--${x}`).join(" ")}`
    )
    process.exit(2)
  }
  options[name] = typeof options[name] === "number" ? Number(value) : value
}

const all = async () => {
  const folder = path.join(root, "scripts/mutations")
  const found = []
  for (const file of fs.readdirSync(folder).filter((x) => x.endsWith(".mjs")).sort()) {
    const { default: mutations } = await import(pathToFileURL(path.join(folder, file)).href)
    for (const mutation of mutations) found.push({ ...mutation, id: `${path.basename(file, ".mjs")}/${mutation.id}` })
  }
  return found
}

/** The mutant's source, or why the mutation no longer fits. */
const mutate = (mutation) => {
  const file = path.join(root, "packages/core/src", mutation.file)
  if (!fs.existsSync(file)) return { problem: `no file ${mutation.file}` }
  const text = fs.readFileSync(file, "utf8")
  const parts = text.split(mutation.find)
  if (parts.length === 1) return { problem: `"${mutation.find}" is not in ${mutation.file}` }
  if (parts.length > 2) return { problem: `"${mutation.find}" is ${parts.length - 1} times in ${mutation.file}` }
  return { text: parts.join(mutation.replace) }
}

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "creel-mutate-"))
process.on("exit", () => fs.rmSync(temporary, { recursive: true, force: true }))

/** What the unit tests of core need, with everything installed shared. */
const copyWorkspace = () => {
  for (const name of ["package.json", "tsconfig.base.json", "vitest.shared.ts", "vitest.turn.ts"]) {
    fs.copyFileSync(path.join(root, name), path.join(temporary, name))
  }
  fs.writeFileSync(path.join(temporary, "vitest.workspace.ts"), "export default [\"packages/*/vitest.config.ts\"]\n")
  fs.symlinkSync(path.join(root, "node_modules"), path.join(temporary, "node_modules"))
  for (const name of ["core", "testkit"]) {
    fs.cpSync(path.join(root, "packages", name), path.join(temporary, "packages", name), {
      recursive: true,
      filter: (file) => !/[/\\](dist|build|\.tsbuildinfo|node_modules)$/.test(file)
    })
  }
}

const sources = (folder) => path.join(temporary, "packages", folder, "src")
const resolveHere = {
  name: "creel",
  setup: (build) => {
    build.onResolve({ filter: /^@creel\// }, ({ path: name }) => {
      const [, folder, rest] = /^@creel\/([^/]+)\/?(.*)$/.exec(name)
      return { path: path.join(sources(folder), `${rest || "index"}.ts`) }
    })
  }
}

const seeds = JSON.parse(fs.readFileSync(path.join(root, "packages/testkit/test/seeds.json"), "utf8"))

/** Kept for this mutation, and nothing of it is seen there any more. */
const drifted = []

/** What the seeds show that are kept for this mutation. */
const keptSeeds = (outfile, id) => {
  let shown
  for (const { seed, storm, without } of seeds) {
    if (without !== id) continue
    const found = run(outfile, "--seed", String(seed), ...storm ? ["--storm"] : [])
    if (found === undefined) drifted.push(`seed ${seed}${storm ? " --storm" : ""} of ${id}`)
    shown ??= found
  }
  return shown
}

/** Of the mutation of this id, if there is one. */
const simulator = async (id) => {
  const outfile = path.join(temporary, "simulate.mjs")
  const built = await esbuild.build({
    entryPoints: [path.join(sources("testkit"), "bin/simulate.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "es2022",
    logLevel: "silent",
    plugins: [resolveHere]
  }).catch((error) => error)
  if (built instanceof Error) return `it does not build: ${built.errors?.[0]?.text}`
  return keptSeeds(outfile, id) ?? run(outfile, "--seeds", String(options.seeds), "--from", String(options.from))
}

const run = (outfile, ...args) => {
  const result = spawnSync(process.execPath, [outfile, ...args], {
    encoding: "utf8",
    timeout: options.timeout,
    maxBuffer: 64 * 1024 * 1024
  })
  if (result.error?.code === "ETIMEDOUT") return "hangs"
  const found = /seed (\d+), step \d+, (\w+) phase: ([^:\n]+)/.exec(result.stdout)
  if (found !== null) return `seed ${found[1]} (${found[2]}: ${found[3].slice(0, 60)})`
  return result.status === 0 || /never happened/.test(result.stdout) && !/ [1-9]\d* failed/.test(result.stdout)
    ? undefined
    : "throws"
}

const unitTests = () => {
  const result = spawnSync(
    process.execPath,
    [
      path.join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      "--project",
      "@creel/core",
      "--bail",
      "1",
      "--reporter",
      "dot"
    ],
    { cwd: temporary, encoding: "utf8", timeout: options.timeout, env: { ...process.env, NO_COLOR: "1" } }
  )
  if (result.error?.code === "ETIMEDOUT") return "hangs"
  if (result.status === 0) return undefined
  const found = /FAIL\s+(.+)/.exec(result.stdout + result.stderr)
  return found === null ? `fails: ${result.stderr.trim().slice(0, 300)}` : found[1].trim().slice(0, 90)
}

const judge = async (mutation) => {
  const { problem, text } = mutate(mutation)
  if (problem !== undefined) return { mutation, problem }
  const file = path.join(sources("core"), mutation.file)
  const original = fs.readFileSync(file, "utf8")
  fs.writeFileSync(file, text)
  try {
    const simulated = options.by === "unit" ? undefined : await simulator(mutation.id)
    const isEnough = options.by === "simulator" || (options.by === "either" && simulated !== undefined)
    return { mutation, unit: isEnough ? undefined : unitTests(), simulator: simulated }
  } finally {
    fs.writeFileSync(file, original)
  }
}

copyWorkspace()
const mutations = (await all()).filter((mutation) => mutation.id.includes(options.only))
if (options.by !== "unit") {
  const healthy = await simulator()
  if (healthy !== undefined) {
    console.error(`mutate: the simulator fails without any mutation: ${healthy}`)
    process.exit(1)
  }
}
if (options.by !== "simulator") {
  const healthy = unitTests()
  if (healthy !== undefined) {
    console.error(`mutate: the unit tests fail without any mutation: ${healthy}`)
    process.exit(1)
  }
}
const verdicts = []
for (const mutation of mutations) {
  const verdict = await judge(mutation)
  verdicts.push(verdict)
  const how = verdict.problem !== undefined
    ? `STALE     ${verdict.problem}`
    : verdict.unit === undefined && verdict.simulator === undefined
    ? `SURVIVED  ${mutation.why}`
    : `killed by ${
      [verdict.unit && `unit: ${verdict.unit}`, verdict.simulator && `simulator: ${verdict.simulator}`].filter(Boolean)
        .join("; ")
    }`
  console.log(`${mutation.id.padEnd(40)} ${how}`)
}
const judged = verdicts.filter((x) => x.problem === undefined)
const by = (name) => judged.filter((x) => x[name] !== undefined).length
const killed = judged.filter((x) => x.unit !== undefined || x.simulator !== undefined).length
console.log(
  `\n${judged.length} mutations: ${killed} killed (${by("simulator")} by the simulator with ${options.seeds} seeds, `
    + `${by("unit")} by unit tests), ${judged.length - killed} survived: ${
      Math.round(100 * killed / Math.max(1, judged.length))
    } %`
)
const stale = verdicts.length - judged.length
if (stale > 0) console.log(`${stale} mutations no longer fit the sources: mend them in scripts/mutations`)
const ids = new Set((await all()).map(({ id }) => id))
const strays = seeds.filter(({ without }) => !ids.has(without)).map(({ seed, without }) =>
  `seed ${seed} of ${without}, which is none`
)
for (const one of [...drifted, ...strays]) {
  console.log(`${one}: it shows nothing, replace it in packages/testkit/test/seeds.json`)
}
process.exitCode = stale + drifted.length + strays.length > 0 ? 1 : 0
