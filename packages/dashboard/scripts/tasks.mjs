// What runs in the pictures: a small pipeline. Its tasks hold a thread for most of their time and need no core meanwhile.
import { Task, TaskGroup } from "creel"

const hold = (millis) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, millis)

const parse = (lines) => {
  let sum = 0
  for (let n = 0; n < lines; n++) sum += Number(`${n}.${n % 97}`)
  return sum
}

const gradient = (weights) => weights.map((weight, n) => weight - Math.sin(weight + n) / 100)

const descend = (steps) => {
  let weights = Array.from({ length: 400 }, (_, n) => n / 400)
  for (let step = 0; step < steps; step++) weights = gradient(weights)
  return weights[0]
}

export const load = Task.sync("load partition", (n) => {
  hold(160 + (n * 37) % 300)
  parse(60_000)
  return new Float64Array(40_000 + (n * 7919) % 90_000)
})

export const clean = Task.sync("clean", (rows, n) => {
  hold(90 + (n * 53) % 210)
  return rows.subarray(0, rows.length >> 1).slice()
})

export const fit = Task.sync("fit model", (_rows, n) => {
  hold(230 + (n * 97) % 640)
  descend(2_500)
  if (n % 23 === 11) throw new Error(`the model of partition ${n} did not converge after 200 iterations`)
  return { partition: n, loss: 1 / (n + 1) }
})

export const score = Task.sync("score", (models) => {
  hold(220)
  return models.length
})

// For scripts/smooth.mjs.
export const small = Task.sync("small", (x) => x + 1)

export default TaskGroup.make(load, clean, fit, score, small)
