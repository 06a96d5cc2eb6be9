/**
 * In which order a worker asks the holders of a value.
 *
 * Owns the order: its own process first, where nothing travels, then its own machine, then all others; within each, who is
 * silent comes last, and workers begin at different ones, so that they do not all ask the same. A worker asks the first
 * that is not busy with it already.
 *
 * @since 0.1.0
 */
import type { PeerId } from "../../Id.js"
import type { Peer, Worker } from "./State.js"

/**
 * How far it is from a holder to a worker, the less the nearer.
 *
 * @since 0.1.0
 * @category getters
 */
export const distance = (holder: Peer, { info: { host, node } }: Worker): 0 | 1 | 2 => {
  if (holder._tag === "Client") return 2
  if (holder.info.node === node) return 0
  return host !== undefined && holder.info.host === host ? 1 : 2
}

/**
 * All holders, the nearest first.
 *
 * @since 0.1.0
 * @category getters
 */
export const nearest = (holders: ReadonlyArray<Peer>, worker: Worker): ReadonlyArray<PeerId> => {
  if (holders.length === 1) return holders[0]!.ids
  const at: ReadonlyArray<Array<PeerId>> = [[], [], [], [], [], []]
  for (let n = 0; n < holders.length; n++) {
    const holder = holders[(n + worker.seq) % holders.length]!
    const silent = holder._tag === "Worker" && holder.suspect ? 3 : 0
    at[distance(holder, worker) + silent]!.push(holder.id)
  }
  return at.flat()
}
