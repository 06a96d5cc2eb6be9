import type { Payload } from "@creel/core"
import { Id, type Note, Spec } from "@creel/core"
import * as Worker from "@creel/core/Worker"

export const spec = (key: string, more?: Partial<Spec.Spec>): Spec.Spec =>
  Spec.make({ key, digest: `d-${key}`, task: "t", group: "g", ...more })

export const tiny = (size = 3): Payload.Payload => ({ head: new Uint8Array(size), buffers: [] })

export const input = (key: string, attempt: number, more?: Partial<Note.Input>): Note.Input => ({
  key,
  value: Id.valueId(key, attempt),
  digest: `d-${key}`,
  bytes: 10,
  holders: ["w2"],
  ahead: false,
  inline: undefined,
  ...more
})

export const runTask = (
  key: string,
  attempt: number,
  more?: Partial<Omit<Note.RunTask, "spec">> & { readonly spec?: Partial<Spec.Spec> }
): Worker.Event => ({
  _tag: "Notes",
  notes: [{
    _tag: "RunTask",
    attempt,
    order: [0, 0, attempt],
    inputs: [],
    failures: 0,
    ...more,
    spec: spec(key, { inputs: (more?.inputs ?? []).map((one) => one.key), ...more?.spec })
  }]
})

export const note = (note: Note.ToWorker): Worker.Event => ({ _tag: "Notes", notes: [note] })

/** A worker that checks its invariants after every step, and hands whose books are kept by the test. */
export class Bench {
  readonly state: Worker.State
  now = 1_000
  /** How many began above pause. */
  alone = 0
  constructor(
    options?: {
      readonly executors?: number
      readonly slots?: number
      readonly tasks?: ReadonlyArray<string>
      readonly config?: Partial<Worker.Config>
    }
  ) {
    this.state = Worker.make({
      id: "w1",
      info: { name: "one", node: "n1", resources: {} },
      config: { postAheadMillis: 0, ...options?.config }
    })
    for (let i = 0; i < (options?.executors ?? 1); i++) {
      this.step({ _tag: "ExecutorUp", executor: `e${i}`, slots: options?.slots ?? 1, tasks: options?.tasks ?? ["t"] })
    }
    this.step({ _tag: "LinkReset", unacked: [] })
  }

  step(...events: ReadonlyArray<Worker.Event>): ReadonlyArray<Worker.Command> {
    const commands = Worker.step(this.state, events, this.now)
    const wrong = Worker.check(this.state)
    if (wrong.length > 0) throw new Error(`${wrong.join("\n")}\nafter ${JSON.stringify(events)}`)
    this.heedsPause(commands)
    return commands
  }

  /** Above pause nothing begins while anything is spilled, and then one at a time. */
  heedsPause(commands: ReadonlyArray<Worker.Command>): void {
    const { executors, memory } = this.state
    const begun = commands.filter((command) => command._tag === "Run").length
    if (memory?.isPaused !== true || begun === 0) return
    const running = [...executors.values()].flatMap(({ jobs }) => [...jobs]).filter(({ state }) =>
      state._tag === "Running" && state.suspended === undefined
    )
    if (memory.spills > 0 || running.length > 1) throw new Error(`${begun} begin above pause, ${running.length} run`)
    this.alone += begun
  }

  after(millis: number, ...events: ReadonlyArray<Worker.Event>): ReadonlyArray<Worker.Command> {
    this.now += millis
    return this.step(...(events.length === 0 ? [{ _tag: "Tick" } as const] : events))
  }
}

export const told = (commands: ReadonlyArray<Worker.Command>): ReadonlyArray<Note.FromWorker> =>
  commands.flatMap((command) => command._tag === "Tell" ? command.notes : [])

/** Notes without heartbeats, short: what a reader looks for. */
export const news = (commands: ReadonlyArray<Worker.Command>): ReadonlyArray<string> =>
  told(commands).flatMap((note) => {
    switch (note._tag) {
      case "Heartbeat":
      case "WorkerChanged":
      case "WorkerTold":
      case "Activities":
      case "Profiled":
        return []
      case "TaskReturned":
        return [`${note.key} returned: ${note.why}`]
      case "ValueHeld":
        return [`${note.key} held: ${note.how}`]
      case "FetchFailed":
        return [`${note.key} ${note.why} at ${note.holder}`]
      case "TaskFailed":
        return [`${note.key} failed: ${note.failure.reason}`]
      case "WorkerLeft":
        return ["left"]
      default:
        return [`${note.key} ${note._tag}`]
    }
  })

export const ran = (commands: ReadonlyArray<Worker.Command>): ReadonlyArray<string> =>
  commands.flatMap((command) => command._tag === "Run" ? [`${command.spec.key}@${command.executor}`] : [])

export const tags = (commands: ReadonlyArray<Worker.Command>): ReadonlyArray<string> =>
  commands.map((command) => command._tag)

export const value = (attempt: number, bytes = 10): Worker.Event => ({
  _tag: "RunEnded",
  attempt,
  outcome: { _tag: "Value", bytes, type: "number" }
})

/** One that rides along with its note, and that its executor keeps for what follows. */
export const small = (attempt: number, millis = 0): Worker.Event => ({
  _tag: "RunEnded",
  attempt,
  outcome: { _tag: "Value", bytes: 3, type: "number", inline: tiny() },
  millis
})

export const unready = (attempt: number): Worker.Event => ({ _tag: "Unready", attempt })

export const interrupted = (attempt: number): Worker.Event => ({
  _tag: "RunEnded",
  attempt,
  outcome: { _tag: "Interrupted" }
})

export const fetched = (key: string, attempt: number, ok = true, from = "w2"): Worker.Event => ({
  _tag: "FetchEnded",
  value: Id.valueId(key, attempt),
  from,
  ok,
  ...(ok ? { bytes: 10 } : { why: "unreachable" })
})
