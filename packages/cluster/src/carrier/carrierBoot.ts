/** The first file of the thread that carries the scheduler for a node. Started by importing it. */
import { parentPort } from "node:worker_threads"
import { run } from "./server.js"

if (parentPort === null) throw new Error("this file is started as a thread, by a node of a cluster")
run(parentPort)
