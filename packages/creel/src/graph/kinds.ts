/**
 * Which calls may become one task: those that ask for the same of where and when they run, and for nothing that is said
 * of one task alone.
 */
import type * as Graph from "../Graph.js"
import type * as Task from "../Task.js"

/** What a call asks for. Calls of one `kind` may be fused. */
export interface Wishes {
  readonly kind: string
  /** Where it may run; empty: anywhere. */
  readonly place: string
}

const form = (f: unknown): "cpu" | undefined =>
  Object.prototype.toString.call(f) === "[object Function]" ? "cpu" : undefined

const plain: { readonly [slots in "cpu" | "io"]: Wishes } = {
  cpu: { kind: "|0|\"cpu\"", place: "" },
  io: { kind: "|0|null", place: "" }
}

/**
 * A key, a timeout and a retry are said of one task: several calls under one timeout would have less time each, and with
 * one retry more would be done again.
 */
const ofContract = ({ options, submission }: Task.Contract.Any): Wishes | undefined => {
  const { allowOtherWorkers = false, key, priority = 0, resources, retry, timeout, workers } = submission
  if (key !== undefined || timeout !== undefined || retry !== undefined || options.retry !== undefined) return undefined
  const names = workers === undefined ? undefined : typeof workers === "string" ? [workers] : [...workers].sort()
  const amounts = Object.entries(resources ?? {}).sort(([a], [b]) => a < b ? -1 : 1)
  const place = names === undefined && amounts.length === 0 ? "" : JSON.stringify([names, allowOtherWorkers, amounts])
  return { kind: `${place}|${priority}|${JSON.stringify(options.slots ?? null)}`, place }
}

/** Looks at each task once. */
export class Kinds {
  private readonly known = new Map<object, Wishes | undefined>()

  /** `undefined`: the call stays a task of its own. */
  of(call: Graph.Call): Wishes | undefined {
    const { task } = call
    // A contract may be a function to no one; a plain function has no options.
    if (typeof task === "function") return plain[form(task) ?? "io"]
    if (this.known.has(task)) return this.known.get(task)
    const wishes = ofContract(task)
    this.known.set(task, wishes)
    return wishes
  }

  ofNode(node: Graph.Node): Wishes | undefined {
    if (node._tag === "Call") return this.of(node)
    if (node._tag !== "Fused" || node.steps.length === 0) return undefined
    const last = this.of(node.steps[node.steps.length - 1]!.call)
    // Calls that were inlined may run anywhere; what asks for more decides.
    return last !== undefined && node.steps.every((step) => this.goesInto(step.call, last)) ? last : undefined
  }

  /** Whether a call may be a step of what asks for `wishes`, wherever and whenever that runs. */
  goesInto(call: Graph.Call, wishes: Wishes): boolean {
    const own = this.of(call)
    return own !== undefined && (own.kind === wishes.kind || own.place === "" || own.place === wishes.place)
  }
}

export type Steps = Graph.Fused["steps"]

/** A node as steps; nothing for what is no call. */
export const stepsOf = (key: string, node: Graph.Node): Steps =>
  node._tag === "Fused" ? node.steps : node._tag === "Call" ? [{ key, call: node }] : []
