// A thread: the tasks, and where their spans go. What is not sent yet when the cluster closes the thread is sent then.
import { NodeWorker } from "@creel/node"
import { TaskGroup, Worker } from "creel"
import { Layer } from "effect"
import { workerData } from "node:worker_threads"
import { compress, render } from "./tasks.js"
import * as Telemetry from "./telemetry.js"

const { endpoint } = workerData as { readonly endpoint: string }

Worker.layer(TaskGroup.make(render, compress)).pipe(
  Layer.provide(Telemetry.layer("thread", endpoint)),
  NodeWorker.launch
)
