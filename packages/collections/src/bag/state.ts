/**
 * What a bag is made of: lazy partitions, and the operations that have yet to run over each of them. It owns how those
 * become one task per partition; `tasks` has the tasks, `reduce` the trees of reductions.
 */
import * as Callable from "creel/Callable"
import type * as Client from "creel/Client"
import * as Collection from "creel/Collection"
import { SubmitError } from "creel/FutureError"
import * as Graph from "creel/Graph"
import * as Task from "creel/Task"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import { pipeArguments } from "effect/Pipeable"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import type * as Delayed from "../Delayed.js"
import { nodes, once } from "../delayed/build.js"
import { call, freshKey, fromNode, insides } from "../delayed/delayed.js"
import type { WireOp } from "../passes/ops.js"
import type { WireEnd } from "../passes/reducers.js"
import type * as Bag from "./model.js"
import * as tasks from "./tasks.js"

export const TypeId: Bag.TypeId = Symbol.for("@creel/collections/Bag") as Bag.TypeId

/** A task or a plain function. */
export type Fn = Graph.Call["task"]

export type Parts = Effect.Effect<ReadonlyArray<Delayed.Any>, SubmitError, any>

/** An operation, or what is made at the end, with the functions it calls. */
export interface Planned<W> {
  /** What it is called in progress. */
  readonly name: string
  readonly calls: ReadonlyArray<Fn>
  /** Told how the functions cross, and which partition it is for. */
  readonly wire: (wires: ReadonlyArray<Callable.Wire>, partition: number) => W
}

export type Op = Planned<WireOp>
export type End = Planned<WireEnd>

/** By whose `success` Schema elements cross, and how many levels of arrays stand between a partition and what it made. */
export interface Owner {
  readonly task: Task.Contract.Any
  readonly depth: 0 | 1
}

export interface State {
  /** Of the bag; those of its partitions begin with it. */
  readonly key: string
  readonly parts: Parts
  readonly count: number | undefined
  readonly pass: ReadonlyArray<Op>
  readonly owner: Owner | undefined
}

const variance = {
  /* c8 ignore next */
  _A: (_: never) => _,
  /* c8 ignore next */
  _E: (_: never) => _,
  /* c8 ignore next */
  _R: (_: never) => _
}

/** What is of `Sack` is of any types: who makes it knows which. */
export class Sack implements Bag.Bag<any, any> {
  declare readonly [TypeId]: typeof variance
  /** Its partitions, with all operations done: one effect, so that a build runs it once. */
  readonly applied: Parts

  constructor(readonly state: State) {
    this.applied = state.pass.length === 0 ? state.parts : Effect.suspend(() => apply(state))
  }

  get partitions(): number | undefined {
    return this.state.count
  }

  get [Collection.TypeId](): Collection.Protocol<any, any> {
    return {
      _A: variance._A,
      _E: variance._E,
      build: build(this),
      rebuild: (outputs) =>
        of(Effect.succeed(outputs.map(({ key, node }) => fromNode(key, node, []))), {
          count: outputs.length,
          owner: this.state.owner
        })
    }
  }

  pipe() {
    return pipeArguments(this, arguments)
  }

  toJSON() {
    return {
      _id: "Bag",
      key: this.state.key,
      partitions: this.partitions,
      pass: this.state.pass.map(({ name }) => name)
    }
  }

  toString() {
    return `Bag(${this.state.key})`
  }

  [Inspectable.NodeInspectSymbol]() {
    return this.toString()
  }
}
Object.defineProperty(Sack.prototype, TypeId, { value: variance })

export const isBag = (u: unknown): u is Bag.Any => Predicate.hasProperty(u, TypeId)

/** What only bags have. All are made here. */
export const stateOf = (bag: Bag.Any): State => (bag as Sack).state

/** A bag of partitions that are there. */
export const of = (
  parts: Parts,
  more: {
    readonly count?: number | undefined
    readonly owner?: Owner | undefined
    readonly name?: string | undefined
    readonly pass?: ReadonlyArray<Op> | undefined
  } = {}
): Sack =>
  new Sack({
    key: freshKey(more.name ?? "bag"),
    parts,
    count: more.count,
    pass: more.pass ?? [],
    owner: more.owner
  })

/** The same bag with one more operation to do. */
export const append = (bag: Bag.Any, op: Op, owner: Owner | undefined): Sack => {
  const { count, parts, pass } = stateOf(bag)
  return new Sack({ key: freshKey(op.name), parts, count, pass: [...pass, op], owner })
}

/** The partitions, each an array of elements, all operations done. Found out once for each build. */
export const partsOf = (bag: Bag.Any): Parts => once((bag as Sack).applied)

const crossing = (owner: Owner | undefined) => {
  if (owner === undefined || owner.task.schemas.success === undefined) return undefined
  return { callable: { task: owner.task.id }, depth: owner.depth }
}

export type Crossing = ReturnType<typeof crossing>

/** What computes takes a whole slot; what may wait, for any of its functions, shares an executor. */
const taking = (contract: Task.Contract.Any, callables: ReadonlyArray<Callable.Any>): Task.Contract.Any => {
  const computes = callables.every((callable) => callable.contract.options.slots === "cpu")
  const options = { ...contract.options, slots: computes ? "cpu" as const : undefined }
  return Object.assign(Object.create(Object.getPrototypeOf(contract)), contract, { options })
}

type Wishes = Pick<Task.SubmitOptions, "priority" | "workers" | "allowOtherWorkers" | "resources">

const namesOf = (workers: string | ReadonlyArray<string>): ReadonlyArray<string> =>
  typeof workers === "string" ? [workers] : workers

/**
 * Where and when the tasks that are called ask to be run, together: on workers that all of them name, with as much of each
 * resource as one of them takes, as early as the first. A timeout and a retry are said of one task, and not of its calls.
 */
const wishesOf = (contracts: ReadonlyArray<Task.Contract.Any>): Effect.Effect<Wishes, SubmitError> =>
  Effect.suspend(() => {
    const asked = contracts.map(({ submission }) => submission)
    const priorities = asked.flatMap(({ priority }) => priority === undefined ? [] : [priority])
    const resources: Record<string, number> = {}
    for (const each of asked) {
      for (const [name, n] of Object.entries(each.resources ?? {})) resources[name] = Math.max(resources[name] ?? 0, n)
    }
    const placed = asked.filter((each) => each.workers !== undefined && namesOf(each.workers).length > 0)
    const workers = placed.map((each) => namesOf(each.workers!)).reduce<ReadonlyArray<string> | undefined>(
      (common, names) => common === undefined ? names : common.filter((name) => names.includes(name)),
      undefined
    )
    if (workers !== undefined && workers.length === 0) {
      const detail = `${
        contracts.map(({ name }) => name).join(", ")
      } run in one task, and no worker is among those of each`
      return Effect.fail(
        new SubmitError({
          reason: "BadOption",
          detail,
          advice: "name a worker that may run them all, or persist between them"
        })
      )
    }
    return Effect.succeed({
      ...(priorities.length > 0 ? { priority: Math.max(...priorities) } : {}),
      ...(workers === undefined
        ? {}
        : { workers, allowOtherWorkers: placed.every((each) => each.allowOtherWorkers === true) }),
      ...(Object.keys(resources).length > 0 ? { resources } : {})
    })
  })

/** What a task of bags is submitted by: it goes where all that it calls is known. */
export const contractFor = (
  base: Task.Contract.Any,
  fs: ReadonlyArray<Fn>,
  owner: Owner | undefined,
  group: string
): Effect.Effect<
  { readonly contract: Task.Contract.Any; readonly wires: ReadonlyArray<Callable.Wire>; readonly owner: Crossing },
  SubmitError
> =>
  Effect.gen(function*() {
    const callables: Array<Callable.Any> = []
    for (const f of fs) callables.push(yield* Callable.make(f as Task.Contract.Any))
    const across = crossing(owner)
    const wires = callables.map((callable) => callable.wire)
    const owners = across === undefined ? [] : [yield* Callable.make(owner!.task)]
    const seen = new Set<string>()
    const each = [...callables, ...owners].filter(({ contract }) =>
      !seen.has(contract.id) && seen.add(contract.id) !== undefined
    )
    const wishes = yield* wishesOf(callables.map(({ contract }) => contract))
    const contract: Task.Contract.Any = Task.with(Callable.contract(base, each), { ...wishes, group })
    return { contract: taking(contract, callables), wires, owner: across }
  })

/** A node of a task of bags under a key of our own; lazy values are found among the arguments. */
export const node = (key: string, contract: Task.Contract.Any, args: ReadonlyArray<unknown>): Delayed.Any => {
  const made = insides(call(contract, args))
  return fromNode(key, made.node!, made.needs)
}

const groupOf = (state: State, end?: End): string =>
  [...state.pass, ...(end === undefined ? [] : [end])].map(({ name }) => name).join("-") || "bag"

/** One task for each partition, that does all operations of the pass and makes what is made at their end. */
export const pieces = (state: State, key: string, end: End | undefined): Parts =>
  Effect.gen(function*() {
    const parts = yield* once(state.parts)
    const { owner, pass } = state
    const fs = [...pass.flatMap(({ calls }) => calls), ...(end?.calls ?? [])]
    const { contract, owner: across, wires } = yield* contractFor(tasks.pass, fs, owner, groupOf(state, end))
    let at = 0
    const taken = [...pass, ...(end === undefined ? [] : [end])].map(({ calls }) => wires.slice(at, at += calls.length))
    return parts.map((part, n) => {
      const ops = pass.map((op, i) => op.wire(taken[i]!, n))
      return node(`${key}-${n}`, contract, [part, ops, end?.wire(taken[pass.length]!, n), across])
    })
  })

const apply = (state: State): Parts => pieces(state, state.key, undefined)

const build = (self: Sack): Effect.Effect<Collection.Built, SubmitError, Client.Client | Scope.Scope> =>
  Effect.gen(function*() {
    const parts = yield* partsOf(self)
    const graph: Graph.Graph = { nodes: yield* nodes(parts) }
    const outputs = parts.map((part) => part.key)
    if (parts.length === 1) return { graph, outputs, finish: undefined, optimize: undefined }
    const { key, owner } = self.state
    const { contract, owner: across } = yield* contractFor(tasks.join, [], owner, "bag-join")
    const finish = {
      key: `${key}-all`,
      node: Graph.call(contract, across, ...outputs.map((output) => Graph.ref(output)))
    }
    return { graph, outputs, finish, optimize: undefined }
  })
