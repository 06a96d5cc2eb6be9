/**
 * Creel on threads, as a program would ask for it.
 */
import { NodeCluster } from "@creel/node"

export const threads = (count: number, options?: Partial<NodeCluster.ThreadsOptions>) =>
  NodeCluster.layerThreads({ threads: count, tasks: new URL("../tasks.js", import.meta.url), ...options })
