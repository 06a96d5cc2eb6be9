/**
 * Where the inputs of a row are, seen once for all workers that are considered.
 *
 * Owns that summary; the cost made of it is `policy/cost`'s.
 *
 * Invariants:
 *   N1. Bytes kept here or on a node count as present on that node.
 *
 * @since 0.1.0
 */
import type { Transfer } from "../../policy/cost.js"
import type { Row, State, Worker } from "../rows/State.js"

const holdersLooked = 16
const workersLooked = 32

/**
 * @since 0.1.0
 * @category models
 */
export interface Near {
  readonly row: Row
  readonly bytes: number
  readonly values: number
  readonly nodes: Map<string, { bytes: number; values: number }>
  /** Holders worth considering as places to run. */
  readonly workers: ReadonlyArray<Worker>
  /** Some worker could not reach some holder lately. */
  readonly unreachable: boolean
}

/**
 * @since 0.1.0
 * @category constructors
 */
export const near = (state: State, row: Row): Near => {
  let bytes = 0
  let values = 0
  const nodes = new Map<string, { bytes: number; values: number }>()
  const workers = new Set<Worker>()
  for (const input of row.inputs) {
    const s = input.state
    if (s._tag !== "Stored" || s.inline !== undefined) continue
    bytes += s.bytes
    values++
    const seen: Array<string> = []
    for (let n = 0; n < s.holders.length && n < holdersLooked; n++) {
      const holder = s.holders[n]!
      if (holder._tag !== "Worker") continue
      if (workers.size < workersLooked) workers.add(holder)
      const { node } = holder.info
      if (seen.includes(node)) continue
      seen.push(node)
      const at = nodes.get(node)
      if (at === undefined) nodes.set(node, { bytes: s.bytes, values: 1 })
      else {
        at.bytes += s.bytes
        at.values++
      }
    }
  }
  return { row, bytes, values, nodes, workers: [...workers], unreachable: state.unreachable > 0 }
}

const nothing: Transfer = { bytes: 0, values: 0, reachable: true }

/**
 * What would have to be brought to this worker.
 *
 * @since 0.1.0
 * @category getters
 */
export const transfer = (state: State, worker: Worker, data: Near | undefined): Transfer => {
  if (data === undefined || data.values === 0) return nothing
  const at = data.nodes.get(worker.info.node)
  if (worker.unreachable !== undefined && !reaches(state, worker, data.row)) return { ...nothing, reachable: false }
  return at === undefined
    ? { bytes: data.bytes, values: data.values, reachable: true }
    : { bytes: data.bytes - at.bytes, values: data.values - at.values, reachable: true }
}

/**
 * Whether each input of the row has a holder that this worker is not known to be cut off from.
 *
 * @since 0.1.0
 * @category guards
 */
export const reaches = (state: State, worker: Worker, row: Row): boolean => {
  const cut = worker.unreachable
  if (cut === undefined) return true
  return row.inputs.every((input) => {
    const s = input.state
    return s._tag !== "Stored" || s.inline !== undefined ||
      s.holders.some((holder) => holder === worker || !((cut.get(holder.id) ?? 0) > state.now))
  })
}
