// npm as a user runs it in a folder of their own: without what the npm that runs this script put into the environment.
import { spawnSync } from "node:child_process"

const kept = ["registry", "cafile", "userconfig", "globalconfig", "cache", "proxy", "https_proxy", "noproxy"]

const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) =>
    !/^npm_/i.test(name) || kept.some((each) => name.toLowerCase() === `npm_config_${each}`)
  )
)

/** Runs a command line in a folder; returns its exit code and all it printed. */
export const sh = (line, cwd, timeout = 240_000) => {
  const result = spawnSync(line, { cwd, env, shell: true, encoding: "utf8", timeout, maxBuffer: 1 << 28 })
  return { code: result.status ?? `none (${result.signal})`, output: `${result.stdout}${result.stderr}`.trim() }
}

/** As `sh`, and throws what was printed unless it ended well. */
export const must = (line, cwd, timeout) => {
  const { code, output } = sh(line, cwd, timeout)
  if (code !== 0) throw new Error(`\`${line}\` ended with ${code}:\n${output}`)
  return output
}
