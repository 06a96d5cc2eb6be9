/**
 * Creel's clusters, as a program would ask for them.
 */
import { NodeCluster } from "@creel/node"
import type { Client } from "creel"
import { LocalCluster, TaskGroup } from "creel"
import type * as Layer from "effect/Layer"
import * as Tasks from "../tasks.js"

export const threads = (count: number, options?: Partial<NodeCluster.ThreadsOptions>) =>
  NodeCluster.layerThreads({ threads: count, tasks: new URL("../tasks.js", import.meta.url), ...options })

export const fibers = LocalCluster.layer({ tasks: TaskGroup.fromModule(Tasks) as TaskGroup.TaskGroup<never> })

/** By subject: a cluster of two. */
export const clusters: Readonly<Record<string, Layer.Layer<Client.Client, unknown>>> = {
  "creel-threads": threads(2),
  "creel-fibers": fibers
}
