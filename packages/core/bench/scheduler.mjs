/**
 * Completions a second of the scheduler machine alone: `node packages/core/bench/scheduler.mjs [tasks] [workers]`, after
 * a build; `--json` is for programs. Each task is submitted, queued, assigned, stored, told, released, dropped and forgotten; workers answer at
 * once, in batches.
 *
 * Counted in processor time of the whole process, so that what else the machine does is not measured. `alone` is what
 * passed within `Scheduler.step`, collecting garbage included (the harness's, too, where it falls there); `with peers`
 * adds what this program spends on making up specs, wants and answers, which elsewhere other processes do.
 */
import * as Id from "@creel/core/Id"
import * as Scheduler from "@creel/core/Scheduler"
import * as Spec from "@creel/core/Spec"

const none = []
const spec = (key, inputs) => Spec.make({ key, digest: "d", task: "t", inputs })

const held = ({ attempt, spec: { key } }) => ({
  _tag: "ValueHeld",
  key,
  value: Id.valueId(key, attempt),
  attempt,
  digest: "d",
  bytes: 100,
  type: "number",
  how: "computed",
  millis: 0.05,
  inline: undefined
})

const wantOf = (key) => ({ key, want: 1 })
const fromClient = (note) => ({ _tag: "FromClient", client: "c1", note })
const fromWorker = (worker, note) => ({ _tag: "FromWorker", worker, note })

const micros = () => {
  const { system, user } = process.cpuUsage()
  return system + user
}

/** A scheduler, and peers that answer at once. */
const cluster = (workers) => {
  const state = Scheduler.make({ incarnation: 1 })
  const self = { state, now: 1_000_000, runs: [], done: [], spent: 0, longest: 0 }
  self.step = (events) => {
    for (let batch = events;; batch = none) {
      const before = micros()
      const commands = Scheduler.step(state, batch, self.now)
      const took = micros() - before
      self.spent += took
      self.longest = Math.max(self.longest, took)
      for (const { _tag, notes = none, worker } of commands) {
        for (const note of notes) {
          if (_tag === "ToWorker" && note._tag === "RunTask") self.runs.push(fromWorker(worker, note))
          else if (_tag === "ToClient" && note._tag === "TaskStored") self.done.push(wantOf(note.key))
        }
      }
      if (!Scheduler.more(state)) return
    }
  }
  for (let n = 0; n < workers; n++) {
    const info = { name: `n${n}`, node: `n${n}`, slots: 4, resources: {}, tasks: ["t"] }
    self.step([fromWorker(`w${n}`, { _tag: "WorkerTold", info, values: [], jobs: [], outcomes: [] })])
  }
  self.step([fromClient({ _tag: "ClientTold", name: "c", specs: [], wants: [], offers: [] })])
  return self
}

/** As clients make them for themselves. */
const keyOf = (n) => Id.ownKey("k-", n, "a1b2c3")

const submission = (from, to, chained) => {
  const specs = []
  for (let n = from; n < to; n++) specs.push(spec(keyOf(n), chained && n % 4 !== 0 ? [keyOf(n - 1)] : none))
  return fromClient({ _tag: "Submit", specs, wants: specs.map(({ key }) => wantOf(key)), keep: [] })
}

/** Completions a second: of the machine alone, and with its peers. */
const run = (workers, tasks, chained, window) => {
  const it = cluster(workers)
  const started = micros()
  it.spent = 0
  let submitted = 0
  let finished = 0
  while (finished < tasks || it.done.length > 0) {
    it.now++
    const events = []
    if (submitted < tasks && submitted - finished < window) {
      const to = Math.min(tasks, submitted + 1_000)
      events.push(submission(submitted, to, chained))
      submitted = to
    }
    if (it.done.length > 0) {
      events.push(fromClient({ _tag: "Release", wants: it.done, answer: false }))
      it.done = []
    }
    finished += it.runs.length
    for (const { note, worker } of it.runs) events.push(fromWorker(worker, held(note)))
    it.runs = []
    it.step(events)
  }
  const all = micros() - started
  const left = Scheduler.counts(it.state)
  if (left.rows + left.attempts > 0) throw new Error(`left: ${JSON.stringify(left)}`)
  return { alone: tasks / it.spent * 1e6, withPeers: tasks / all * 1e6 }
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1]
const show = (number) => Math.round(number).toLocaleString("en")

const json = process.argv.includes("--json")
const given = process.argv.slice(2).filter((arg) => arg !== "--json")
const tasks = Number(given[0] ?? 300_000)
const sizes = given[1] === undefined ? [10, 1000] : given[1].split(",").map(Number)
const found = []
for (const chained of given[2] === undefined ? [false, true] : [given[2] === "chains"]) {
  for (const workers of sizes) {
    // Compiling what is hot takes processor time too, and goes on for a while.
    run(workers, Math.max(tasks, 300_000), chained, 20_000)
    const runs = [1, 2, 3].map(() => run(workers, tasks, chained, 20_000))
    const alone = median(runs.map((one) => one.alone))
    const withPeers = median(runs.map((one) => one.withPeers))
    found.push({ workers, chained, alone, withPeers })
    if (json) continue
    process.stdout.write(
      `${workers} workers, ${chained ? "chains of 4" : "single tasks"}: ${show(alone)} completions/s alone, ${
        show(withPeers)
      } with peers\n`
    )
  }
}
if (json) process.stdout.write(`${JSON.stringify(found)}\n`)
