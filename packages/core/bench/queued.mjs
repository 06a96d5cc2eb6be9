/**
 * What a million queued tasks cost the scheduler: `node --expose-gc packages/core/bench/queued.mjs [tasks] [batch]`, after
 * a build. Says bytes of heap per task (row, spec, want, key and place in the queue, all of it, argument bytes included),
 * and the longest steps while they were submitted, assigned and let go, in milliseconds of the wall clock and of this
 * process: what else the machine does lengthens the first alone.
 */
import * as Scheduler from "@creel/core/Scheduler"
import * as Spec from "@creel/core/Spec"

const tasks = Number(process.argv[2] ?? 1_000_000)
const batch = Number(process.argv[3] ?? 1_000)

const spec = (n) =>
  Spec.make({
    key: `t-${(Math.imul(n, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0")}3f2a9c`,
    digest: `3f2a9c${n.toString(16).padStart(12, "0")}`,
    task: "t"
  })
const heap = () => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

const state = Scheduler.make({ incarnation: 1 })
let now = 1_760_000_000_000
let phase = "begin"
const steps = new Map()
const none = []
const step = (events) => {
  for (let next = events;; next = none) {
    const cpu = process.cpuUsage()
    const from = performance.now()
    Scheduler.step(state, next, now)
    const took = performance.now() - from
    const { system, user } = process.cpuUsage(cpu)
    const all = steps.get(phase) ?? []
    steps.set(phase, all)
    all.push({ wall: took, cpu: (user + system) / 1_000 })
    if (!Scheduler.more(state)) return
  }
}
// As from elsewhere: nothing is shared with who sent it.
const client = (note) => step([{ _tag: "FromClient", client: "c1", note: structuredClone(note) }])

client({ _tag: "ClientTold", name: "c", specs: [], wants: [], offers: [] })
const before = heap()
phase = "submit"
const keys = () => {
  const all = []
  for (const key of state.rows.keys()) all.push(key)
  return all
}
for (let n = 0; n < tasks; n += batch) {
  const specs = []
  for (let at = n; at < Math.min(tasks, n + batch); at++) specs.push(spec(at))
  now++
  client({ _tag: "Submit", specs, wants: specs.map(({ key }) => ({ key, want: 1 })), keep: [] })
}
const used = heap() - before
process.stdout.write(
  `${tasks.toLocaleString("en")} queued, submitted ${batch} at a time: ${
    globalThis.gc === undefined ? "(run with --expose-gc) " : ""
  }${(used / tasks).toFixed(0)} bytes each\n`
)

phase = "assign"
const info = { name: "n", node: "n", slots: 4, resources: {}, tasks: ["t"] }
step([{ _tag: "FromWorker", worker: "w1", note: { _tag: "WorkerTold", info, values: [], jobs: [], outcomes: [] } }])
phase = "release"
const wants = keys().map((key) => ({ key, want: 1 }))
for (let n = 0; n < wants.length; n += batch) {
  now++
  client({ _tag: "Release", wants: wants.slice(n, n + batch), answer: false })
}
for (const [name, all] of steps) {
  const worst = (of) =>
    all.map((one) => one[of]).sort((a, b) => b - a).slice(0, 4).map((ms) => ms.toFixed(1)).join(", ")
  process.stdout.write(
    `${name}: ${all.length} steps; longest ${worst("wall")} ms, by processor time ${worst("cpu")} ms\n`
  )
}
