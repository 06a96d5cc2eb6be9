/**
 * What a result must say about where it was measured.
 */
import * as os from "node:os"

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memory: number
  readonly system: string
  readonly node: string
  /** The load before the run: above a few tenths, something else was at work too. */
  readonly load: number
  readonly versions: Readonly<Record<string, string>>
}

export const machine = (versions: Readonly<Record<string, string>>): Machine => ({
  cpu: os.cpus()[0]?.model.trim() ?? "unknown",
  cores: os.availableParallelism(),
  memory: os.totalmem(),
  system: `${os.type()} ${os.release()} ${os.arch()}`,
  node: process.versions.node,
  load: os.loadavg()[0] ?? 0,
  versions
})

export const describe = (machine: Machine): string =>
  `${machine.cpu}, ${machine.cores} cores, ${Math.round(machine.memory / 2 ** 30)} GiB, ${machine.system}, ` +
  `Node ${machine.node}, load before the run ${machine.load.toFixed(2)}\n` +
  Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`).join(", ")
