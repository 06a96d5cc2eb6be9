/**
 * Which work a node stands for: a digest of what it calls, of its arguments and of the work behind its refs. It is taken
 * from the graph as it was given, so that a node is the same work however it is optimised, fused or inlined.
 *
 * The keys of nodes live in their client's own space: the digests only have to tell two works of one program apart, and
 * cost a tenth of what the cryptographic ones of pure tasks cost.
 */
import { canonicalText, digestText } from "../codec/digest.js"
import { SubmitError } from "../FutureError.js"
import * as Graph from "../Graph.js"
import type * as Task from "../Task.js"

/** 128 bits in four lanes, by multiplication and exclusive or. */
export const quick = (text: string): string => {
  let a = 0x243f6a88
  let b = 0x85a308d3
  let c = 0x13198a2e
  let d = 0x03707344
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = b ^ Math.imul(a ^ unit, 597399067)
    b = c ^ Math.imul(b ^ unit, 2869860233)
    c = d ^ Math.imul(c ^ unit, 951274213)
    d = a ^ Math.imul(d ^ unit, 2716044179)
  }
  a = Math.imul(c ^ (a >>> 18), 597399067)
  b = Math.imul(d ^ (b >>> 22), 2869860233)
  c = Math.imul(a ^ (c >>> 17), 951274213)
  d = Math.imul(b ^ (d >>> 19), 2716044179)
  return `${hex(a ^ b ^ c ^ d)}${hex(b ^ a)}${hex(c ^ a)}${hex(d ^ a)}`
}

const hex = (n: number): string => (n >>> 0).toString(36).padStart(7, "0")

const sources = new WeakMap<Task.Contract.Any, string>()

/** Plain functions have one name, and differ by their text. */
const identityOf = (contract: Task.Contract.Any): string => {
  const { id, source } = contract as Task.Contract.Any & { readonly source?: string }
  if (source === undefined) return id
  let text = sources.get(contract)
  if (text === undefined) sources.set(contract, text = `${id}:${digestText([source])}`)
  return text
}

let unnamed = 0
const identities = new WeakMap<object, string>()

/** What is no plain data may go through a Schema of whom it is given to; until then it is only the same as itself. */
const identity = (value: unknown): string => {
  if ((typeof value !== "object" || value === null) && typeof value !== "function") return `!${++unnamed}`
  let known = identities.get(value)
  if (known === undefined) identities.set(value, known = `!${++unnamed}`)
  return known
}

const noInput = (): undefined => undefined

/** What cannot cross is told when it is encoded. */
const textOf = (value: unknown, leaf: (leaf: object) => string | undefined): string => {
  try {
    return canonicalText(value, leaf)
  } catch (error) {
    if (error instanceof SubmitError) throw error
    return identity(value)
  }
}

const digestedArgs = (
  contract: Task.Contract.Any,
  args: ReadonlyArray<unknown>,
  leaf: (leaf: object) => string | undefined
): string => {
  try {
    return contract.digestArgs(args, leaf)
  } catch (error) {
    if (error instanceof SubmitError) throw error
    return identity(args)
  }
}

/** What stands for each node, in an order in which those that it names come before it. */
export class Digests {
  private readonly made = new Map<string, string>()

  constructor(
    private readonly contractOf: (call: Graph.Call) => Task.Contract.Any,
    private readonly futureKey: (leaf: object, task: string) => string | undefined
  ) {}

  get(key: string): string | undefined {
    return this.made.get(key)
  }

  add(key: string, node: Graph.Node): void {
    this.made.set(key, this.of(node, this.made))
  }

  private of(node: Graph.Node, made: ReadonlyMap<string, string>): string {
    switch (node._tag) {
      case "Alias":
        return made.get(node.of)!
      case "Held":
        return `f${this.futureKey(node.future, "")!}`
      case "Value":
        return quick(textOf(node.value, noInput))
      case "Call":
        return this.ofCall(node, made)
      case "Fused": {
        // Only who fused by hand comes here; its steps are seen within it alone.
        const own = new Map(made)
        for (const step of node.steps) own.set(step.key, this.ofCall(step.call, own))
        return own.get(node.steps[node.steps.length - 1]!.key)!
      }
    }
  }

  private ofCall(call: Graph.Call, made: ReadonlyMap<string, string>): string {
    const contract = this.contractOf(call)
    const leaf = (leaf: object): string | undefined =>
      Graph.isRef(leaf) ? made.get(leaf.key) : this.futureKey(leaf, contract.name)
    const parts = [identityOf(contract)]
    if (contract.schemas.args !== undefined) parts.push(digestedArgs(contract, call.args, leaf))
    else {
      for (let i = 0; i < call.args.length; i++) {
        const arg = call.args[i]
        parts.push(
          typeof arg === "object" && arg !== null && Graph.isRef(arg)
            ? `r${made.get(arg.key)!}`
            : textOf(arg, leaf)
        )
      }
    }
    let text = ""
    for (const part of parts) text += `${part.length}:${part}`
    return quick(text)
  }
}
