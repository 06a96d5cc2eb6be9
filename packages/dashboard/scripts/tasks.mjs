// What runs in the pictures: a small pipeline. Its tasks hold a thread for their time and need no core.
import { Task, TaskGroup } from "creel"

const hold = (millis) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis)

export const load = Task.sync("load partition", (n) => {
  hold(160 + (n * 37) % 300)
  return new Float64Array(40_000 + (n * 7919) % 90_000)
})

export const clean = Task.sync("clean", (rows, n) => {
  hold(90 + (n * 53) % 210)
  return rows.subarray(0, rows.length >> 1).slice()
})

export const fit = Task.sync("fit model", (_rows, n) => {
  hold(260 + (n * 97) % 640)
  if (n % 23 === 11) throw new Error(`the model of partition ${n} did not converge after 200 iterations`)
  return { partition: n, loss: 1 / (n + 1) }
})

export const score = Task.sync("score", (models) => {
  hold(220)
  return models.length
})

export default TaskGroup.make(load, clean, fit, score)
