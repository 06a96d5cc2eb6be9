// `npm start`, `npm test` and friends on a fresh clone: check Node, install if needed, build, run. Each step says one
// line when it does something and nothing when there is nothing to do. Plain Node: this runs before node_modules exists.
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { build, examples, root, tsc } from "./build.mjs"

const fail = (sentence) => {
  console.error(`creel: ${sentence}`)
  process.exit(1)
}

const checkNode = () => {
  const major = Number(process.versions.node.split(".")[0])
  if (major < 20) fail(`needs Node 20 or newer, and this is Node ${process.versions.node} (${process.execPath}).`)
}

const readJson = (file) => JSON.parse(readFileSync(path.join(root, file), "utf8"))

/**
 * Whether what is installed is what package-lock.json says, by npm's own record of the tree. Optional packages are left
 * out: which of them are there depends on the platform.
 */
const whyInstall = () => {
  if (!existsSync(path.join(root, "node_modules/.package-lock.json"))) return "node_modules is missing"
  const installed = readJson("node_modules/.package-lock.json").packages
  for (const [name, wanted] of Object.entries(readJson("package-lock.json").packages)) {
    if (!name.includes("node_modules/") || wanted.optional || wanted.devOptional || wanted.peer) continue
    const found = installed[name]
    const same = wanted.link ? existsSync(path.join(root, name)) : found?.version === wanted.version
    if (!same) return "node_modules does not match package-lock.json"
  }
  return undefined
}

const install = () => {
  const why = whyInstall()
  if (why === undefined) return
  const count =
    Object.keys(readJson("package-lock.json").packages).filter((name) => name.includes("node_modules/")).length
  console.error(
    `creel: ${why}: installing the ${count} locked packages (Effect, TypeScript, vitest, ...) from the npm registry`
  )
  const npm = process.env.npm_execpath
  const result = npm?.endsWith(".js")
    ? spawnSync(process.execPath, [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      encoding: "utf8"
    })
    : spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      encoding: "utf8",
      shell: true
    })
  if (result.status !== 0) {
    console.error(`${result.stdout}${result.stderr}`.trim())
    fail("npm ci failed, see above. Nothing but the npm registry is needed: is it reachable from here?")
  }
}

const mustBuild = (options) => {
  const problem = build(options)
  if (problem === undefined) return
  console.error(problem)
  fail("the sources do not compile, see above.")
}

const run = (args) => {
  const result = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" })
  process.exit(result.status ?? 1)
}

const commands = {
  install: () => {},
  build: () => mustBuild(),
  check: () => {
    mustBuild()
    const result = tsc(["-b", "tsconfig.json", ...examples(), "bench/tsconfig.test.json"])
    process.stdout.write(`${result.stdout}${result.stderr}`)
    process.exitCode = result.status ?? 1
  },
  start: (args) => {
    mustBuild()
    const main = "examples/futures/dist/main.js"
    if (!existsSync(path.join(root, main))) fail(`${main} is not there: examples/futures is missing or has no main.ts.`)
    run(["--enable-source-maps", main, ...args])
  },
  test: (args) => {
    mustBuild()
    run(["node_modules/vitest/vitest.mjs", "run", ...args])
  },
  chaos: (args) => {
    mustBuild()
    run(["--import", "tsx", "packages/cluster/test/chaos/main.ts", ...args])
  },
  example: ([name, ...args]) => {
    mustBuild()
    run(["--enable-source-maps", `examples/${name}/dist/main.js`, ...args])
  },
  // compiled when it is asked for: nothing else needs it
  bench: (args) => {
    mustBuild({ only: ["bench"] })
    run(["bench/dist/main.js", ...args])
  },
  bin: (args) => run(args),
  node: (args) => {
    mustBuild()
    run(args)
  }
}

const [command, ...args] = process.argv.slice(2)
if (!Object.hasOwn(commands, command ?? "")) {
  fail(`setup.mjs knows ${Object.keys(commands).join(", ")}, not ${command}.`)
}
checkNode()
install()
commands[command](args)
