/**
 * What a cluster's values may take on this machine, from its options: how much each worker's store may hold in memory,
 * and where it spills to.
 */
import type { Config } from "@creel/core/Worker"
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import * as os from "node:os"
import type { MemoryOptions } from "../NodeCluster.js"
import { NodeClusterError } from "../NodeClusterError.js"

/** Of the memory of the process, for values: the rest is for code, for what tasks work with, and for what is decoded. */
const share = 0.5

/** What the process may have: a container's limit, where there is one. */
const available = (): number => {
  const all = os.totalmem()
  const constrained = process.constrainedMemory?.()
  return constrained !== undefined && constrained > 0 && constrained < all ? constrained : all
}

const wrong = (detail: string) => new NodeClusterError({ reason: "BadOption", detail })

const isShare = (n: number | undefined): boolean => n === undefined || (n > 0 && n <= 1)

export const check = ({ limit, pause, spill, target }: MemoryOptions): Effect.Effect<void, NodeClusterError> => {
  if (limit !== undefined && !(limit > 0)) return wrong(`memory.limit is ${limit}, and has to be a number of bytes`)
  if (!isShare(target)) return wrong(`memory.target is ${target}, and has to be a share of the limit, from 0 to 1`)
  if (!isShare(pause)) return wrong(`memory.pause is ${pause}, and has to be a share of the limit, from 0 to 1`)
  if ((pause ?? 0.8) < (target ?? 0.6)) {
    return wrong(
      `memory.pause is ${pause ?? 0.8} and memory.target ${target ?? 0.6}: values are spilled before tasks wait`
    )
  }
  const max = spill === false ? undefined : spill?.max
  if (max !== undefined && !(max >= 0)) return wrong(`memory.spill.max is ${max}, and has to be a number of bytes`)
  return Effect.void
}

/**
 * Where nobody said how much: many times the limit, since a shuffle has each of its values several times over, but never
 * more than half of what is free.
 */
const onDisk = (limit: number, directory: string | undefined): number => {
  try {
    const { bavail, bsize } = fs.statfsSync(directory ?? os.tmpdir())
    return Math.min(32 * limit, bavail * bsize / 2)
  } catch {
    // Whether the directory will do is found out where it is made.
    return 32 * limit
  }
}

/** For one of so many workers. */
export const limits = (options: MemoryOptions, workers: number): Config["memory"] => {
  const { spill } = options
  const limit = (options.limit ?? share * available()) / workers
  const max = spill === false
    ? 0
    : (spill?.max ?? onDisk(options.limit ?? share * available(), spill?.directory)) / workers
  return limit === Infinity ? undefined : { limit, target: options.target, pause: options.pause, disk: max }
}
