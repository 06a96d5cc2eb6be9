/**
 * A graph under way to the scheduler: from a plan to specs, in batches, and to handles of its outputs. Only outputs are
 * held afterwards; what lies between lives for as long as something that is wanted needs it. A graph of several batches
 * holds what a later one will name, until the last has been said.
 */
import * as Machine from "@creel/core/Client"
import type * as Id from "@creel/core/Id"
import * as Payload from "@creel/core/Payload"
import type * as Spec from "@creel/core/Spec"
import type { Future } from "../Future.js"
import { type Source, withAdvice } from "../future/answers.js"
import type { Handle } from "../future/handle.js"
import type { Hold } from "../future/holds.js"
import { SubmitError } from "../FutureError.js"
import type * as Graph from "../Graph.js"
import { replaceInArgs } from "../graph/refs.js"
import type * as Task from "../Task.js"
import * as Fused from "../task/fused.js"
import * as Value from "../Value.js"
import type { Contracts, Plan } from "./planGraph.js"
import type { Place, State } from "./state.js"
import * as Submission from "./submission.js"

type AnyHandle = Handle<any, any>

const noKeys: ReadonlyArray<Id.Key> = []

const scattered: Source = { name: "scatter", decodeSuccess: Value.decode }

/** What a ref stands for in what is submitted: a row, or a value that stands in its place. */
type Meaning =
  | { readonly _tag: "Row"; readonly key: Id.Key }
  | { readonly _tag: "Inline"; readonly value: unknown }

export class GraphSubmission {
  private readonly futures = new Map<string, AnyHandle>()
  /** Wanted until all has been said. */
  private readonly temporary: Array<Id.Key> = []
  private readonly meanings = new Map<string, Meaning>()
  /** Large values that several nodes name: brought with each batch that names them, unless they are here already. */
  private readonly large = new Map<Id.Key, { readonly digest: string; readonly payload: Payload.Payload }>()
  /** With the batch that is being made. */
  private readonly bringing = new Set<Id.Key>()
  private readonly outputs: ReadonlySet<string>
  private readonly inputs: Submission.Inputs
  private next = 0

  constructor(
    private readonly state: State,
    private readonly place: Place,
    private readonly region: Task.SubmitOptions,
    private readonly plan: Plan,
    outputs: ReadonlyArray<string>,
    private readonly contracts: Contracts,
    private readonly hold: Hold
  ) {
    this.outputs = new Set(outputs)
    this.inputs = new Submission.Inputs(state.core, "graph")
  }

  future(key: string): Future<unknown, unknown> {
    return this.futures.get(key)!
  }

  /** Submits the next batch, in one step; answers whether it was the last. Throws `SubmitError`. */
  batch(): boolean {
    const { order } = this.plan
    const specs: Array<Spec.Spec> = []
    const brought: Array<Submission.Brought> = []
    const mine: Array<string> = []
    for (let room = this.place.region.batchSize; room > 0 && this.next < order.length;) {
      const key = order[this.next++]!
      mine.push(key)
      const spec = this.specOf(key, this.plan.nodes.get(key)!, brought)
      if (spec === undefined) continue
      specs.push(spec)
      room -= 1
    }
    this.send(mine, specs, brought)
    const over = this.next === order.length
    if (over) this.letGo()
    return over
  }

  /** None of it begins, or goes on for its sake. */
  undo(): void {
    this.letGo()
    this.state.core.releaseAll([...this.futures.values()])
  }

  private named(key: string): Id.Key {
    return this.state.core.keys.within(this.state.attempt?.attempt, key)
  }

  private letGo(): void {
    const keys = this.temporary.splice(0)
    if (keys.length > 0) this.state.core.step({ _tag: "Release", keys, count: 1, answer: false })
  }

  private send(
    mine: ReadonlyArray<string>,
    specs: ReadonlyArray<Spec.Spec>,
    brought: Array<Submission.Brought>
  ): void {
    const { core } = this.state
    const wants: Array<Id.Key> = []
    const held: Array<readonly [output: string, key: Id.Key, source: Source]> = []
    for (const key of mine) {
      const node = this.plan.nodes.get(key)!
      if (this.outputs.has(key)) {
        const row = this.rowOf(key, brought)
        held.push([key, row, this.sourceOf(key)])
        // What is offered or was submitted before is held by a word of its own.
        if (this.isMade(key)) wants.push(row)
      }
      if (!isWork(node) || (this.plan.lastUse.get(key) ?? 0) < this.next) continue
      const row = this.named(key)
      wants.push(row)
      this.temporary.push(row)
    }
    core.submit(specs, wants, noKeys, brought)
    this.bringing.clear()
    for (const [output, key, source] of held) {
      if (!this.isMade(output) && this.finalOf(output)._tag === "Held") core.step({ _tag: "Retain", key })
      this.futures.set(output, core.handle(this.state, key, source, this.hold))
    }
  }

  private finalOf(key: string): Exclude<Graph.Node, Graph.Alias> {
    let node = this.plan.nodes.get(key)!
    while (node._tag === "Alias") node = this.plan.nodes.get(node.of)!
    return node
  }

  private finalKey(key: string): string {
    for (;;) {
      const node = this.plan.nodes.get(key)!
      if (node._tag !== "Alias") return key
      key = node.of
    }
  }

  /** Whether the row of this key is made by a spec of this graph. */
  private isMade(key: string): boolean {
    return isWork(this.finalOf(key))
  }

  private sourceOf(key: string): Source {
    const node = this.finalOf(key)
    switch (node._tag) {
      case "Value":
        return scattered
      case "Held":
        return (node.future as AnyHandle).source
      case "Call":
        return this.contracts.of(node)
      case "Fused":
        return this.contracts.of(node.steps[node.steps.length - 1]!.call)
    }
  }

  private rowOf(key: string, brought: Array<Submission.Brought>): Id.Key {
    const node = this.finalOf(key)
    if (isWork(node)) return this.named(this.finalKey(key))
    if (node._tag === "Held") return this.heldKey(node)
    const payload = this.payloadOf(node, true)!
    const digest = this.plan.digests.get(this.finalKey(key))!
    const row = this.valueKey(digest)
    brought.push(this.bring(row, digest, payload, true))
    return row
  }

  private heldKey({ future }: Graph.Held): Id.Key {
    const key = this.inputs.key(future)
    if (key !== undefined) return key
    throw new SubmitError({ reason: "ForeignFuture", detail: "a Held node stands on what is no future" })
  }

  private valueKey(digest: string): Id.Key {
    return this.named(`value-${digest}`)
  }

  private bring(key: Id.Key, digest: string, payload: Payload.Payload, wanted: boolean): Submission.Brought {
    return {
      offer: {
        _tag: "Offer",
        key,
        value: this.state.core.keys.offered(key),
        digest,
        bytes: Payload.bytes(payload),
        inline: wanted && Payload.isInline(payload) ? payload : undefined,
        scatter: wanted ? { workers: workersOf(this.region), all: false } : undefined,
        wanted
      },
      payload
    }
  }

  /** Nothing where it does not cross by itself: whoever is given it may have a Schema for it. */
  private payloadOf(node: Graph.Value, mustCross: boolean): Payload.Payload | undefined {
    try {
      return Value.encode(node.value, { share: typeof SharedArrayBuffer !== "undefined" })
    } catch (error) {
      if (!(error instanceof Value.NotEncodable || error instanceof Value.FutureInResult)) throw error
      if (!mustCross) return undefined
      throw new SubmitError({ reason: "NotEncodable", path: error.path, ...withAdvice(error.message) })
    }
  }

  private meaningOf(key: string): Meaning {
    let meaning = this.meanings.get(key)
    if (meaning === undefined) this.meanings.set(key, meaning = this.findMeaning(key))
    return meaning
  }

  private findMeaning(key: string): Meaning {
    const node = this.finalOf(key)
    if (isWork(node)) return { _tag: "Row", key: this.named(this.finalKey(key)) }
    if (node._tag === "Held") return { _tag: "Row", key: this.heldKey(node) }
    const payload = (this.plan.uses.get(key) ?? 0) > 1 ? this.payloadOf(node, false) : undefined
    if (payload === undefined || Payload.isInline(payload)) return { _tag: "Inline", value: node.value }
    const digest = this.plan.digests.get(this.finalKey(key))!
    const row = this.valueKey(digest)
    this.large.set(row, { digest, payload })
    return { _tag: "Row", key: row }
  }

  private readonly refKey = ({ key }: Graph.Ref): Id.Key | undefined => {
    // A value is not searched for refs: one that stands in it is what it is.
    const meaning = this.plan.nodes.has(key) ? this.meaningOf(key) : undefined
    return meaning?._tag === "Row" ? meaning.key : undefined
  }

  private withValues(args: ReadonlyArray<unknown>, own: ReadonlySet<string> | undefined): ReadonlyArray<unknown> {
    let any = false
    const look = (ref: Graph.Ref): unknown => {
      if (own?.has(ref.key) === true) return ref
      const meaning = this.meaningOf(ref.key)
      if (meaning._tag === "Row") return ref
      any = true
      return meaning.value
    }
    const replaced = replaceInArgs(args, look)
    return any ? replaced : args
  }

  private specOf(key: string, node: Graph.Node, brought: Array<Submission.Brought>): Spec.Spec | undefined {
    if (!isWork(node)) return undefined
    const { core } = this.state
    const parts = node._tag === "Call" ? undefined : this.partsOf(node)
    const contract = parts === undefined ? this.contracts.of(node as Graph.Call) : Fused.contractOf(parts)
    const mould = parts === undefined
      ? core.mould(contract, this.region)
      : Submission.mould(contract, this.region, core.world.io)
    if (parts !== undefined) core.learn(contract)
    const spec = Submission.makeNamed(this.place.from, mould, {
      key: this.named(key),
      digest: this.plan.digests.get(key)!,
      args: parts === undefined ? this.withValues((node as Graph.Call).args, undefined) : [],
      refKey: this.refKey
    }, brought)
    for (const input of spec.inputs) this.bringLarge(input, brought)
    return spec
  }

  private bringLarge(key: Id.Key, brought: Array<Submission.Brought>): void {
    const value = this.large.get(key)
    if (value === undefined) return
    if (this.bringing.has(key) || Machine.offering(this.state.core.machine, key) !== undefined) return
    this.bringing.add(key)
    brought.push(this.bring(key, value.digest, value.payload, false))
  }

  private partsOf(node: Graph.Fused): readonly [Fused.Part, ...ReadonlyArray<Fused.Part>] {
    const own = new Set<string>()
    const parts = node.steps.map(({ call, key }) => {
      const part = { key, contract: this.contracts.of(call), args: this.withValues(call.args, own) }
      own.add(key)
      return part
    })
    return parts as unknown as readonly [Fused.Part, ...ReadonlyArray<Fused.Part>]
  }
}

const isWork = (node: Graph.Node): node is Graph.Call | Graph.Fused => node._tag === "Call" || node._tag === "Fused"

const workersOf = ({ workers }: Task.SubmitOptions): ReadonlyArray<string> | undefined =>
  typeof workers === "string" ? [workers] : workers
