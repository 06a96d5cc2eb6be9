/**
 * Completions a second of the scheduler machine alone: `npx tsx packages/core/bench/scheduler.ts [tasks]`. Each task is
 * submitted, assigned, stored, told, released, dropped and forgotten; workers answer at once, in batches. Counted in
 * processor time, so that what else the machine does is not measured; the harness's own share is in it.
 */
import * as Id from "@creel/core/Id"
import type { FromWorker, RunTask } from "@creel/core/Note"
import * as Scheduler from "@creel/core/Scheduler"
import type { Spec } from "@creel/core/Spec"

const args = { head: new Uint8Array(0), buffers: [] }
const spec = (key: string, inputs: ReadonlyArray<string>): Spec => ({
  key,
  digest: "d",
  task: "t",
  group: "t",
  args,
  inputs,
  priority: 0,
  slots: 1,
  workers: undefined,
  soft: false,
  resources: undefined,
  retry: undefined,
  timeout: undefined,
  parent: undefined,
  outward: undefined
})

const run = (workers: number, tasks: number, chained: boolean, window: number): number => {
  const state = Scheduler.make({ incarnation: 1 })
  let now = 1_000_000
  const todo: Array<{ worker: string; note: RunTask }> = []
  const done: Array<string> = []
  const step = (events: ReadonlyArray<Scheduler.Event>): void => {
    let batch = events
    do {
      for (const command of Scheduler.step(state, batch, now)) {
        if (command._tag === "ToWorker" && command.note._tag === "RunTask") {
          todo.push({ worker: command.worker, note: command.note })
        } else if (command._tag === "ToClient" && command.note._tag === "TaskStored") done.push(command.note.key)
      }
      batch = []
    } while (Scheduler.more(state))
  }
  for (let n = 0; n < workers; n++) {
    const info = { name: `n${n}`, node: `n${n}`, slots: 4, resources: {}, tasks: ["t"] }
    step([{
      _tag: "FromWorker",
      worker: `w${n}`,
      note: { _tag: "WorkerTold", info, values: [], jobs: [], outcomes: [] }
    }])
  }
  step([{
    _tag: "FromClient",
    client: "c1",
    note: { _tag: "ClientTold", name: "c", specs: [], wants: [], offers: [] }
  }])
  const started = process.cpuUsage()
  let submitted = 0
  let finished = 0
  while (finished < tasks) {
    now++
    const events: Array<Scheduler.Event> = []
    if (submitted < tasks && submitted - finished < window) {
      const specs: Array<Spec> = []
      for (let n = 0; n < 1_000 && submitted < tasks; n++, submitted++) {
        specs.push(spec(`k${submitted}`, chained && submitted % 4 !== 0 ? [`k${submitted - 1}`] : []))
      }
      const wants = specs.map((one) => ({ key: one.key, want: 1 }))
      events.push({ _tag: "FromClient", client: "c1", note: { _tag: "Submit", specs, wants, keep: [] } })
    }
    if (done.length > 0) {
      const wants = done.splice(0).map((key) => ({ key, want: 1 }))
      events.push({ _tag: "FromClient", client: "c1", note: { _tag: "Release", wants, answer: false } })
    }
    for (const { note, worker } of todo.splice(0)) {
      const held: FromWorker = {
        _tag: "ValueHeld",
        key: note.spec.key,
        value: Id.valueId(note.spec.key, note.attempt),
        attempt: note.attempt,
        digest: "d",
        bytes: 100,
        type: "number",
        how: "computed",
        millis: 0.05,
        inline: undefined
      }
      events.push({ _tag: "FromWorker", worker, note: held })
      finished++
    }
    step(events)
  }
  step([{
    _tag: "FromClient",
    client: "c1",
    note: { _tag: "Release", wants: done.map((key) => ({ key, want: 1 })), answer: false }
  }])
  const used = process.cpuUsage(started)
  const seconds = (used.user + used.system) / 1_000_000
  const left = Scheduler.counts(state)
  if (left.rows + left.attempts > 0) throw new Error(`left: ${JSON.stringify(left)}`)
  return tasks / seconds
}

const tasks = Number(process.argv[2] ?? 300_000)
const only = process.argv[3] === undefined ? [10, 1000] : [Number(process.argv[3])]
for (const chained of [false, true]) {
  for (const workers of only) {
    run(workers, Math.min(tasks, 50_000), chained, 20_000)
    const rates = [1, 2, 3].map(() => run(workers, tasks, chained, 20_000)).sort((a, b) => a - b)
    process.stdout.write(
      `${workers} workers, ${chained ? "chains of 4" : "single tasks"}: ${
        Math.round(rates[1]!).toLocaleString("en")
      } completions/s\n`
    )
  }
}
