/**
 * The file that threads and processes start with. It is JavaScript, always that of `dist`: a thread of its own has no
 * TypeScript loader yet, whatever the program was started with.
 */
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import { NodeClusterError } from "../NodeClusterError.js"

const beside = (name: string): URL =>
  // Tests run the sources: their boot file is the built one.
  import.meta.url.endsWith(".ts")
    ? new URL(`../../dist/boot/${name}`, import.meta.url)
    : new URL(`./${name}`, import.meta.url)

const find = (name: string): Effect.Effect<URL, NodeClusterError> =>
  Effect.suspend(() => {
    const url = beside(name)
    return fs.existsSync(fileURLToPath(url)) ? Effect.succeed(url) : new NodeClusterError({
      reason: "ExecutorNotStarted",
      file: fileURLToPath(url),
      detail: "the file that threads and processes start with is not there: a bundler left it out, or it was not built",
      advice: "use a worker entry of your own, `spawn: () => new Worker(new URL(\"./worker.js\", import.meta.url))`, " +
        "which bundlers follow, or keep @creel/node out of the bundle"
    })
  })

export const locate: Effect.Effect<URL, NodeClusterError> = find("boot.js")

/** Starts the thread that hosts scheduler and node, see `NodeCluster`'s `isolate`. */
export const locateHost: Effect.Effect<URL, NodeClusterError> = find("hostBoot.js")

const withValue = new Set(["--import", "--require", "-r", "--conditions", "-C", "--loader", "--experimental-loader"])
const kept = /^(?:--import|--require|-r|--conditions|-C|--enable-source-maps|--no-warnings|--disable-warning)(?:=|$)/
const isTsx = (value: string): boolean => /(?:^|[\\/=])tsx(?:[\\/]|$)/.test(value)

/**
 * A program under tsx hands its loader on to its threads, where it does not work; the boot file brings its own. What
 * else was asked of Node for this program is kept.
 */
export const execArgv = (): { readonly execArgv?: Array<string> } => {
  if (!process.execArgv.some(isTsx)) return {}
  const args: Array<string> = []
  for (let index = 0; index < process.execArgv.length; index++) {
    const arg = process.execArgv[index] as string
    const value = withValue.has(arg) ? process.execArgv[++index] : undefined
    if (!kept.test(arg) || isTsx(arg) || (value !== undefined && isTsx(value))) continue
    args.push(arg, ...(value === undefined ? [] : [value]))
  }
  return { execArgv: args }
}
