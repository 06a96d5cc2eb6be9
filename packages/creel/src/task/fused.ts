/**
 * Several calls as one task: what `Graph.fuse` makes of a chain. It owns how the steps cross, how a worker runs them, and
 * what their end is called: results go by the last step's contract, errors by that of the step that failed.
 *
 * A step's arguments are bytes of their own, with a place for each value that it needs: an input of the whole (0 and up)
 * or what an earlier step gave (below 0). Values of earlier steps are passed as they are.
 */
import * as Payload from "@creel/core/Payload"
import * as Spec from "@creel/core/Spec"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Graph from "../Graph.js"
import type * as Task from "../Task.js"
import * as Value from "../Value.js"
import { make as makeTask } from "./parts.js"

/** What every worker announces: it runs what it has. */
export const taskId = "creel/fused#1"

interface Step {
  readonly task: string
  readonly head: Uint8Array
  readonly buffers: ReadonlyArray<Uint8Array>
  readonly needs: ReadonlyArray<number>
}

// ---------------------------------------------------------------------------
// On the client
// ---------------------------------------------------------------------------

export interface Part {
  readonly key: string
  readonly contract: Task.Contract.Any
  readonly args: ReadonlyArray<unknown>
}

type AsInput = (leaf: object) => number | undefined

const encodeSteps = (parts: ReadonlyArray<Part>, asInput: AsInput): ReadonlyArray<Step> => {
  const own = new Map<string, number>()
  return parts.map(({ args, contract, key }, index) => {
    const needs: Array<number> = []
    const place = (leaf: object): number | undefined => {
      const step = Graph.isRef(leaf) ? own.get(leaf.key) : undefined
      const need = step === undefined ? asInput(leaf) : -1 - step
      if (need === undefined) return undefined
      const known = needs.indexOf(need)
      return known >= 0 ? known : needs.push(need) - 1
    }
    const [head, ...buffers] = Payload.parts(contract.encodeArgs(args, place))
    own.set(key, index)
    return { task: contract.id, head, buffers, needs }
  })
}

/** `inc`, `double` and `double` are `inc-double`; of many names some are left out. */
const groupOf = (parts: ReadonlyArray<Part>): string => {
  const names = parts.map(({ contract }) => contract.submission.group ?? contract.name)
  const told = names.filter((name, index) => name !== names[index - 1])
  return told.length <= 5 ? told.join("-") : `${told.slice(0, 3).join("-")}-…-${told[told.length - 1]!}`
}

/** Equal steps have contracts of equal ids; each is submitted with what its last step asks for. */
export const contractOf = (parts: readonly [Part, ...ReadonlyArray<Part>]): Task.Contract.Any => {
  const last = parts[parts.length - 1]!.contract
  const contracts = parts.map(({ contract }) => contract)
  return Object.assign(Object.create(Object.getPrototypeOf(last)), last, {
    id: Spec.join([taskId, ...contracts.flatMap(({ id }) => Spec.tasksOf(id))]),
    uses: contracts.flatMap((contract) => [contract, ...(contract.uses ?? [])]),
    options: { ...last.options, slots: slotsOf(contracts) },
    submission: { ...last.submission, group: groupOf(parts) },
    encodeArgs: (_args: ReadonlyArray<unknown>, asInput: AsInput): Payload.Payload =>
      Value.encode(encodeSteps(parts, asInput))
  })
}

/** A whole slot where any takes one; else the smallest share that one of them takes. */
const slotsOf = (contracts: ReadonlyArray<Task.Contract.Any>): Task.Definition["slots"] => {
  let least: Task.Definition["slots"] = undefined
  for (const { options: { slots } } of contracts) {
    if (slots === "cpu") return "cpu"
    if (slots !== undefined && (least === undefined || slots < (least as number))) least = slots
  }
  return least
}

// ---------------------------------------------------------------------------
// On the worker
// ---------------------------------------------------------------------------

type Find = (id: string) => Task.Task.Any | undefined

/**
 * One run. It is the step where it stands: whoever asks how it is to be told asks that one.
 *
 * Imperative: steps that take no fiber run without one.
 */
export class Run {
  readonly kind = "effect" as const
  private at: Task.Task.Any
  private next = 0
  private readonly values: Array<unknown> = []

  constructor(
    private readonly steps: ReadonlyArray<Step>,
    private readonly inputs: ReadonlyArray<unknown>,
    private readonly tasks: ReadonlyArray<Task.Task.Any>
  ) {
    this.at = tasks[0]!
  }

  get name() {
    return this.at.name
  }

  get schemas() {
    return this.at.schemas
  }

  get options() {
    return this.at.options
  }

  encodeSuccess(value: unknown, options?: { readonly share?: boolean | undefined }): Payload.Payload {
    return this.at.encodeSuccess(value, options)
  }

  encodeCause(cause: Cause.Cause<unknown>): Payload.Payload {
    return this.at.encodeCause(cause)
  }

  /** As far as it gets at once; what is left is an Effect. */
  start(): Effect.Effect<unknown, unknown> {
    for (;;) {
      const step = this.begin()
      if (!Exit.isExit(step)) {
        return Effect.flatMap(step, (value) => {
          this.values.push(value)
          return this.next < this.steps.length ? this.start() : Effect.succeed(value)
        })
      }
      if (Exit.isFailure(step) || this.next === this.steps.length) return step
      this.values.push(step.value)
    }
  }

  private begin(): Effect.Effect<unknown, unknown> {
    const step = this.steps[this.next]!
    const task = this.at = this.tasks[this.next++]!
    try {
      const needs = step.needs.map((need) => need < 0 ? this.values[-1 - need] : this.inputs[need])
      const args = task.decodeArgs(Payload.fromParts([step.head, ...step.buffers]), needs)
      // What its tasks require the worker provides.
      if (task.kind !== "sync") return task.start(args) as Effect.Effect<unknown, unknown>
      return this.call(task, args)
    } catch (error) {
      return Exit.die(error)
    }
  }

  private call(task: Task.Task.Any, args: ReadonlyArray<unknown>): Exit.Exit<unknown, unknown> {
    try {
      return Exit.succeed(task.runSync(args))
    } catch (error) {
      return task.caught(error)
    }
  }
}

/** What is found for it, and `runOf` makes a run of: its arguments are the steps, and the inputs that they share. */
export const task: Task.Task.Any = Object.assign(
  makeTask("creel/fused", () => Effect.dieMessage("steps are run by `runOf`")),
  {
    id: taskId,
    decodeArgs: (payload: Payload.Payload, inputs: ReadonlyArray<unknown>) => [Value.decode(payload), inputs]
  }
)

/** Throws `Value.NotDecodable`. */
export const runOf = ([steps, inputs]: ReadonlyArray<unknown>, find: Find): Task.Task.Any => {
  const tasks = (steps as ReadonlyArray<Step>).map(({ task }) => {
    const found = find(task)
    if (found === undefined) throw new Value.NotDecodable({ found: `a step that calls ${task}, which is not here` })
    return found
  })
  // What an executor asks of a task, of the step where it stands.
  return new Run(steps as ReadonlyArray<Step>, inputs as ReadonlyArray<unknown>, tasks) as unknown as Task.Task.Any
}
