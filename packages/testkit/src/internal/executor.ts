/**
 * Runs simulated tasks: what one does follows from its spec's digest (`model.ts`). As many run at once as their shares
 * allow; what was handed over ahead waits here and is claimed when its turn comes.
 *
 * @since 0.1.0
 */
import * as Failure from "@creel/core/Failure"
import * as Id from "@creel/core/Id"
import * as Payload from "@creel/core/Payload"
import type * as Worker from "@creel/core/Worker"
import { digest } from "./digest.js"
import { failuresMax, type Work } from "./model.js"
import { Program } from "./program.js"
import type { WorkerPeer } from "./workerPeer.js"
import { payload, textOf } from "./works.js"
import { Wrong } from "./wrong.js"

type Command = Extract<Worker.Command, { readonly _tag: "Run" }>

export interface Run {
  readonly attempt: Id.Attempt
  readonly work: Work
  readonly command: Command
  phase: "queued" | "running" | "suspended" | "ended"
  startedAt: number
  /** What it was handed, and under whose name it is to find the rest when its turn comes. */
  readonly handed: ReadonlyArray<Handed>
  given: ReadonlyArray<readonly [key: string, value: string]>
  program: Program | undefined
  interrupted: boolean
}

interface Handed {
  readonly key: string
  readonly value: Id.ValueId
  readonly text: string | undefined
}

const kindOf = (run: Run): "whole" | "part" => run.command.spec.slots >= 1 ? "whole" : "part"

export class Executor {
  private readonly runs = new Map<Id.Attempt, Run>()
  private isDead = false
  private readonly reserved = { whole: 0, part: 0 }
  /** Small results, the last few, for what was handed over before they were made. */
  private readonly kept = new Map<Id.ValueId, string>()
  constructor(readonly worker: WorkerPeer, readonly id: string) {}

  private get world() {
    return this.worker.world
  }
  get busy(): boolean {
    return this.runs.size > 0
  }
  /** Whether it has begun with this; undefined when it is over, or was never here. */
  begun(attempt: Id.Attempt): boolean | undefined {
    const run = this.runs.get(attempt)
    return run === undefined ? undefined : run.startedAt > 0
  }

  run(command: Command): void {
    const { attempt, spec } = command
    if (this.runs.has(attempt)) {
      throw new Wrong("run twice", `${spec.key} attempt ${Id.formatAttempt(attempt)}`, [spec.key])
    }
    const work = this.world.model.work(spec.digest)
    if (command.failures > failuresMax(work)) {
      throw new Wrong(
        "retried too often",
        `${spec.key} runs after ${command.failures} failures, allowed ${failuresMax(work)}`,
        [spec.key]
      )
    }
    const run: Run = {
      attempt,
      work,
      command,
      phase: "queued",
      startedAt: 0,
      handed: this.inputs(work, command),
      given: [],
      program: undefined,
      interrupted: false
    }
    this.runs.set(attempt, run)
    this.next()
  }
  /** Inputs are handed over with the run: what the store does later does not matter to it. */
  private inputs({ key: of }: Work, command: Command): Run["handed"] {
    return command.inputs.map(({ inline, key, value }) => {
      const text = this.worker.store.get(value) ?? (inline === undefined ? undefined : textOf(inline))
      if (this.worker.onDisk.has(value)) {
        throw new Wrong("input not in memory", `${this.worker.id} runs ${of} with ${value} on disk`, [of, key])
      }
      if (text === undefined && !command.ahead.includes(value)) {
        throw new Wrong("input not here", `${this.worker.id} runs ${of} and has no ${value}`, [of, key])
      }
      return { key, value, text }
    })
  }
  private isBeingMade(value: Id.ValueId): boolean {
    for (const run of this.runs.values()) {
      if (run.phase !== "ended" && Id.valueId(run.work.key, run.attempt) === value) return true
    }
    return false
  }
  /** Its turn has come: whether all that it was to find here is here, will be, or not. */
  private isReady(run: Run): "yes" | "no" | "not yet" {
    const given: Array<readonly [key: string, value: string]> = []
    for (const { key, text, value } of run.handed) {
      const found = text ?? this.kept.get(value)
      if (found !== undefined) given.push([key, found])
      // An executor may wait for the job that makes it, or not.
      else return this.isBeingMade(value) && !this.world.random.network.chance(0.1) ? "not yet" : "no"
    }
    run.given = given
    return "yes"
  }
  /** It does not begin: its worker must hand it over anew. */
  private sendBack(run: Run): void {
    this.world.coverage.fired("unready")
    run.phase = "ended"
    this.runs.delete(run.attempt)
    this.worker.tell({ _tag: "Unready", attempt: run.attempt })
  }
  private keep(value: Id.ValueId, text: string): void {
    if (this.world.random.network.chance(0.1)) return
    this.kept.set(value, text)
    if (this.kept.size <= 8) return
    for (const oldest of this.kept.keys()) return void this.kept.delete(oldest)
  }
  private reserve(run: Run, times: 1 | -1): void {
    this.reserved[kindOf(run)] += times * Math.min(1, run.command.spec.slots)
  }
  /**
   * Starts what fits, in the order it was handed over. Whole jobs and fractions do not wait for each other, and nothing waits
   * for what misses an input: its maker may have come back and stand behind it.
   */
  private next(): void {
    const full = { whole: false, part: false }
    for (const run of this.runs.values()) {
      const kind = kindOf(run)
      if (run.phase !== "queued" || full[kind]) continue
      if (this.reserved[kind] + Math.min(1, run.command.spec.slots) > 1 + 1e-9) {
        full[kind] = true
        continue
      }
      const ready = this.isReady(run)
      if (ready === "no") this.sendBack(run)
      if (ready !== "yes") continue
      this.world.model.checkGiven(run.work, run.given)
      if (run.command.ahead.length > 0) this.world.coverage.fired("followed")
      this.reserve(run, 1)
      run.phase = "running"
      const delay = this.world.random.network.int(3)
      this.world.timeline.after(delay, () => {
        if (!this.isDead && run.phase === "running") this.begin(run)
      })
    }
  }
  private begin(run: Run): void {
    const { model, random, timeline } = this.world
    this.worker.tell({ _tag: "Claimed", attempt: run.attempt })
    run.startedAt = timeline.now
    const { behaviour } = run.work
    if (model.kill(run.work)) {
      timeline.after(1 + random.network.int(behaviour.millis + 1), () => {
        if (this.isDead || run.phase === "ended") return
        if (this.world.takesProcess(this.worker)) return
        this.worker.killExecutor(this.id, random.network.chance(0.8), "exit code 1")
      })
      return
    }
    const millis = Math.max(0, behaviour.millis + random.network.between(-2, 2))
    timeline.after(millis, () => {
      if (!this.isDead && run.phase === "running" && !run.interrupted) this.finish(run)
    })
  }
  private finish(run: Run): void {
    const { behaviour } = run.work
    if (run.command.failures < behaviour.fails) return this.fail(run)
    if (behaviour.children.length === 0) return this.succeed(run, [])
    this.suspend(run)
  }
  private suspend(run: Run): void {
    const { model } = this.world
    const children = run.work.behaviour.children.map((x) => model.work(x))
    run.phase = "suspended"
    this.reserve(run, -1)
    this.world.coverage.fired("suspended")
    run.program = new Program(this.world, this.worker.node, run.attempt, children, () => {
      if (!this.isDead && run.phase === "suspended") this.worker.tell({ _tag: "Resumed", attempt: run.attempt })
    })
    this.world.programs.add(run.program)
    this.worker.tell({
      _tag: "Suspended",
      attempt: run.attempt,
      on: children.map((x) => x.key),
      client: run.program.client.id
    })
    this.next()
  }
  /** A suspended attempt has its slot again. */
  goOn(attempt: Id.Attempt): void {
    const run = this.runs.get(attempt)
    if (run === undefined || run.phase !== "suspended" || run.program === undefined) return
    run.phase = "running"
    this.reserve(run, 1)
    this.world.coverage.fired("resumed")
    const { answers } = run.program
    this.world.timeline.after(this.world.random.network.int(5), () => {
      if (this.isDead || run.phase !== "running" || run.interrupted) return
      if (answers.every((x) => x !== undefined)) this.succeed(run, answers.filter((x) => x !== undefined))
      else this.fail(run)
    })
  }

  private succeed(run: Run, children: ReadonlyArray<string>): void {
    const { model } = this.world
    const text = model.run(run.work.digest, run.attempt, run.given, children)
    const { bytes } = run.work.behaviour
    const value = Id.valueId(run.work.key, run.attempt)
    this.worker.keep(value, text)
    if (bytes <= Payload.inlineMax) this.keep(value, text)
    this.end(run, {
      _tag: "Value",
      bytes,
      type: "string",
      inline: bytes <= Payload.inlineMax ? payload(text) : undefined
    })
  }
  private fail(run: Run): void {
    const { failures } = run.command
    const { schedule, tag } = run.work.behaviour
    const cause = digest("cause", run.work.digest, run.attempt)
    this.world.model.recordFailure(run.work.digest, cause)
    this.end(run, {
      _tag: "Failure",
      failure: Failure.make("Failed", run.work.key, "boom", { worker: this.worker.id, cause: payload(cause) }),
      tag,
      verdict: schedule === undefined
        ? "undecided"
        : failures < schedule.times
        ? { retryAfter: schedule.delay }
        : "final"
    })
  }
  /** Stops, after as long as the task does not listen. */
  interrupt(attempt: Id.Attempt): void {
    const run = this.runs.get(attempt)
    if (run === undefined || run.interrupted || run.phase === "ended") return
    const { random, timeline } = this.world
    const stop = () => {
      if (!this.isDead && run.phase !== "ended") this.end(run, { _tag: "Interrupted" })
    }
    const isDeaf = run.phase === "running" && run.work.behaviour.deaf > 0
    // What does not listen may well be done before it does.
    run.interrupted = !isDeaf
    timeline.after(isDeaf ? run.work.behaviour.deaf : random.network.int(10), stop)
  }
  private end(run: Run, outcome: Worker.Outcome): void {
    if (run.phase === "running") this.reserve(run, -1)
    run.phase = "ended"
    this.runs.delete(run.attempt)
    run.program?.end()
    this.worker.tell({ _tag: "RunEnded", attempt: run.attempt, outcome })
    this.next()
  }
  die(): { readonly started: ReadonlyArray<Run>; readonly queued: ReadonlyArray<Run> } {
    this.isDead = true
    const all = [...this.runs.values()]
    for (const run of all) {
      run.program?.crash()
    }
    this.runs.clear()
    return { started: all.filter((run) => run.startedAt > 0), queued: all.filter((run) => run.startedAt === 0) }
  }
  /** Runs that are over their time now. */
  *current(): Iterable<Run> {
    for (const run of this.runs.values()) if (run.startedAt > 0) yield run
  }
}
