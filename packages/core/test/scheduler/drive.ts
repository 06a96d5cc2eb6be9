/** Drives a scheduler by hand: events in, commands out, every invariant after every step. */
import * as Failure from "@creel/core/Failure"
import * as Id from "@creel/core/Id"
import type { FromClient, FromWorker, RunTask, ToClient, ToWorker, ValueHeld, WorkerInfo } from "@creel/core/Note"
import * as Scheduler from "@creel/core/Scheduler"
import * as Spec from "@creel/core/Spec"

export const spec = (key: string, inputs: ReadonlyArray<string> = [], more: Partial<Spec.Spec> = {}): Spec.Spec =>
  Spec.make({ key, digest: `d:${key}`, task: "t", inputs, ...more })

export const info = (name: string, more: Partial<WorkerInfo> = {}): WorkerInfo => ({
  name,
  node: name,
  slots: 1,
  resources: {},
  tasks: ["t"],
  ...more
})

type Options = Partial<Parameters<typeof Scheduler.make>[0]>

export const drive = (options: Options = {}) => {
  const state = Scheduler.make({ incarnation: 1, ...options })
  let now = 1_000_000
  let last: Array<Scheduler.Command> = []
  const step = (...events: Array<Scheduler.Event>): Array<Scheduler.Command> => {
    last = Scheduler.step(state, events, now)
    verify()
    while (Scheduler.more(state)) {
      last.push(...Scheduler.step(state, [], now))
      verify()
    }
    return last
  }
  const verify = (): void => {
    const broken = Scheduler.check(state)
    if (broken.length > 0) throw new Error(`broken invariants:\n${broken.join("\n")}`)
  }
  const worker = (id: string, note: FromWorker) => step({ _tag: "FromWorker", worker: id, note })
  const client = (id: string, note: FromClient) => step({ _tag: "FromClient", client: id, note })
  const self = {
    state,
    step,
    worker,
    client,
    now: () => now,
    /** Time passes without a duty in between being missed. */
    pass: (millis: number): Array<Scheduler.Command> => {
      const until = now + millis
      const all: Array<Scheduler.Command> = []
      for (;;) {
        const due = Scheduler.nextDeadline(state)
        if (due === undefined || due > until) break
        now = Math.max(now, due)
        all.push(...step({ _tag: "Tick" }))
      }
      now = until
      all.push(...step({ _tag: "Tick" }))
      last = all
      return all
    },
    jump: (millis: number): void => {
      now += millis
    },
    join: (id: string, more: Partial<WorkerInfo> = {}) =>
      worker(id, { _tag: "WorkerTold", info: info(id, more), values: [], jobs: [], outcomes: [] }),
    connect: (id: string) => client(id, { _tag: "ClientTold", name: id, specs: [], wants: [], offers: [] }),
    submit: (id: string, specs: ReadonlyArray<Spec.Spec>, wants?: ReadonlyArray<string>, want = 1) =>
      client(id, {
        _tag: "Submit",
        specs,
        wants: (wants ?? specs.map((one) => one.key)).map((key) => ({ key, want })),
        keep: []
      }),
    release: (id: string, keys: ReadonlyArray<string>, want = 1, answer = false) =>
      client(id, { _tag: "Release", wants: keys.map((key) => ({ key, want })), answer }),
    cancel: (id: string, keys: ReadonlyArray<string>, force = false, want = 1) =>
      client(id, {
        _tag: "Cancel",
        wants: keys.map((key) => ({ key, want })),
        force,
        by: id,
        reason: "no longer needed"
      }),
    held: (id: string, run: RunTask, more: Partial<ValueHeld> = {}) => worker(id, heldNote(run, more)),
    fail: (
      id: string,
      run: RunTask,
      more: { verdict?: "final" | "undecided" | { retryAfter: number }; tag?: string } = {}
    ) =>
      worker(id, {
        _tag: "TaskFailed",
        key: run.spec.key,
        attempt: run.attempt,
        failure: Failure.make("Failed", run.spec.key, "it went wrong"),
        tag: more.tag,
        verdict: more.verdict ?? "undecided",
        millis: 1
      }),
    started: (id: string, run: RunTask) =>
      worker(id, { _tag: "TaskStarted", key: run.spec.key, attempt: run.attempt, at: now }),
    ended: (id: string, run: RunTask) => worker(id, { _tag: "TaskEnded", key: run.spec.key, attempt: run.attempt }),
    returned: (
      id: string,
      run: RunTask,
      why: "recalled" | "unfetchable" | "input withdrawn" | "leaving" | "no such task"
    ) => worker(id, { _tag: "TaskReturned", key: run.spec.key, attempt: run.attempt, why }),
    copied: (id: string, key: string, value: string, more: Partial<ValueHeld> = {}) =>
      worker(id, {
        _tag: "ValueHeld",
        key,
        value,
        attempt: undefined,
        digest: `d:${key}`,
        bytes: 10_000,
        type: "number",
        how: "copied",
        millis: 1,
        inline: undefined,
        ...more
      }),
    lost: (peer: string, expected = false) => step({ _tag: "PeerLost", peer, detail: "exit code 9", expected })
  }
  return self
}

export const heldNote = (run: RunTask, more: Partial<ValueHeld> = {}): ValueHeld => ({
  _tag: "ValueHeld",
  key: run.spec.key,
  value: Id.valueId(run.spec.key, run.attempt),
  attempt: run.attempt,
  digest: run.spec.digest,
  bytes: 10_000,
  type: "number",
  how: "computed",
  millis: 100,
  inline: undefined,
  ...more
})

export type Sent<Note> = { readonly to: string; readonly note: Note }

export const toWorkers = (commands: ReadonlyArray<Scheduler.Command>): ReadonlyArray<Sent<ToWorker>> =>
  commands.flatMap((one) => one._tag === "ToWorker" ? one.notes.map((note) => ({ to: one.worker, note })) : [])

export const toClients = (commands: ReadonlyArray<Scheduler.Command>): ReadonlyArray<Sent<ToClient>> =>
  commands.flatMap((one) => one._tag === "ToClient" ? one.notes.map((note) => ({ to: one.client, note })) : [])

/** The orders to run among these commands, with where they went. */
export const runs = (commands: ReadonlyArray<Scheduler.Command>): ReadonlyArray<Sent<RunTask>> =>
  toWorkers(commands).flatMap((one) => one.note._tag === "RunTask" ? [{ to: one.to, note: one.note }] : [])

export const runOf = (commands: ReadonlyArray<Scheduler.Command>, key: string): Sent<RunTask> => {
  const found = runs(commands).find((one) => one.note.spec.key === key)
  if (found === undefined) throw new Error(`no order to run ${key} among ${says(commands).join(", ")}`)
  return found
}

/** Commands as short lines: `w1 RunTask x`, `c1 TaskStored x`. */
export const says = (commands: ReadonlyArray<Scheduler.Command>): ReadonlyArray<string> =>
  commands.flatMap((one) => {
    switch (one._tag) {
      case "Begun":
        return []
      case "Forget":
        return [`${one.peer} Forget`]
      case "ToClient":
        return one.notes.map((note) => `${one.client} ${note._tag} ${"key" in note ? note.key : note.value}`)
      case "ToWorker":
        return one.notes.map((note) =>
          `${one.worker} ${note._tag} ${
            note._tag === "RunTask" ? note.spec.key : "key" in note ? note.key : "value" in note ? note.value : ""
          }`
        )
    }
  })
