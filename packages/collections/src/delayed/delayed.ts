/**
 * What lazy values are made of, and how they are made. `build` owns the way to a graph, `args` the search of
 * arguments.
 */
import type * as Client from "creel/Client"
import * as Collection from "creel/Collection"
import * as Future from "creel/Future"
import type { SubmitError } from "creel/FutureError"
import * as Graph from "creel/Graph"
import * as PlainFunction from "creel/PlainFunction"
import * as Task from "creel/Task"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as GlobalValue from "effect/GlobalValue"
import * as Inspectable from "effect/Inspectable"
import { pipeArguments } from "effect/Pipeable"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import type * as Delayed from "../Delayed.js"
import { forDigest, keyOf, type Replace, replaceLeaves } from "./args.js"
import * as Build from "./build.js"

const TypeId: Delayed.TypeId = Symbol.for("@creel/collections/Delayed") as Delayed.TypeId

/** What is of `Lazy` is of any types: who makes it knows which. */
type Made = Delayed.Delayed<any, any>

const variance = {
  /* c8 ignore next */
  _A: (_: never) => _,
  /* c8 ignore next */
  _E: (_: never) => _,
  /* c8 ignore next */
  _R: (_: never) => _
}

type Later = Effect.Effect<Delayed.Any, SubmitError, any>

/** Plain code with a class: graphs of a hundred thousand of these are made. */
export class Lazy implements Made {
  declare readonly [TypeId]: typeof variance

  constructor(
    readonly key: string,
    readonly node: Graph.Node | undefined,
    readonly needs: ReadonlyArray<Delayed.Any>,
    readonly later: Later | undefined,
    /** Arrays and records with refs in them: as an argument it stands there itself, and no task has to make it. */
    readonly structure: { readonly value: unknown } | undefined,
    /** Nodes that come with this one. */
    readonly brings: ReadonlyMap<string, Graph.Node> | undefined
  ) {}

  get [Collection.TypeId](): Collection.Protocol<any, any> {
    return {
      _A: variance._A,
      _E: variance._E,
      build: Build.built([this]),
      rebuild: (outputs) => {
        const output = outputs.find(({ key }) => key === this.key) ?? outputs[0]
        return output === undefined ? this : fromNode(output.key, output.node, [])
      }
    }
  }

  pipe() {
    return pipeArguments(this, arguments)
  }

  toJSON() {
    return { _id: "Delayed", key: this.key, needs: this.needs.map((need) => need.key) }
  }

  toString() {
    return `Delayed(${this.key})`
  }

  [Inspectable.NodeInspectSymbol]() {
    return this.toString()
  }
}
Object.defineProperty(Lazy.prototype, TypeId, { value: variance })

const lazy = (
  key: string,
  node: Graph.Node | undefined,
  needs: ReadonlyArray<Delayed.Any>,
  more: {
    readonly later?: Later | undefined
    readonly structure?: { readonly value: unknown } | undefined
    readonly brings?: ReadonlyMap<string, Graph.Node> | undefined
  } = {}
): Made => new Lazy(key, node, needs, more.later, more.structure, more.brings)

/** What only these have. All lazy values are made here. */
export const insides = (self: Delayed.Any): Lazy => self as Lazy

export const isDelayed = (u: unknown): u is Delayed.Any => Predicate.hasProperty(u, TypeId)

const isCollection = (u: unknown): u is Collection.Any => Predicate.hasProperty(u, Collection.TypeId)

const counter = GlobalValue.globalValue(Symbol.for("@creel/collections/Delayed/counter"), () => ({ n: 0 }))

/**
 * A key that no other lazy value of this program has, and not alike to the eye. Keys that users name live in their
 * client's own space, so a count is enough. Its digits are those of `Id.ownKey`, so that rows stand where they say.
 */
export const freshKey = (name: string): string => {
  const n = counter.n++
  const digits = (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0")
  return `${name}-${digits}${n > 0xffffffff ? n.toString(16) : ""}`
}

/** A node, and the lazy values that it names: each ref in it must be the key of one of `needs`. */
export const fromNode = (
  key: string,
  node: Graph.Node,
  needs: ReadonlyArray<Delayed.Any>
): Made => lazy(key, node, needs)

/** Found out once for each build; from then on it is another name of what was found. */
export const later = <A, E, R>(
  key: string,
  effect: Effect.Effect<Delayed.Delayed<A, E, R>, SubmitError, Client.Client | Scope.Scope | R>
): Delayed.Delayed<A, E, Exclude<R, Client.Client | Scope.Scope>> => lazy(key, undefined, [], { later: effect })

export const fromFuture = <A, E>(future: Future.Future<A, E>): Delayed.Delayed<A, E> =>
  lazy(future.key, { _tag: "Held", future }, [])

export const value = <A>(value: A): Delayed.Delayed<A> =>
  lazy(freshKey("value"), { _tag: "Value", value }, []) as Delayed.Delayed<A, never>

const collections = new WeakMap<object, Delayed.Any>()

const unfolded = (key: string, { finish, graph, outputs }: Collection.Built): Delayed.Any => {
  const of = finish === undefined ? outputs[0] ?? key : finish.key
  const brings = finish === undefined ? graph.nodes : new Map([...graph.nodes, [finish.key, finish.node]])
  return lazy(key, { _tag: "Alias", of }, [], { brings })
}

/** What computing any collection gives, as a lazy value: the same one for the same collection. */
export const fromCollection = (collection: Collection.Any): Delayed.Any => {
  if (isDelayed(collection)) return collection
  const known = collections.get(collection)
  if (known !== undefined) return known
  const key = freshKey("collection")
  const made = lazy(key, undefined, [], {
    later: Effect.suspend(() => Effect.map(collection[Collection.TypeId].build, (built) => unfolded(key, built)))
  })
  collections.set(collection, made)
  return made
}

/** Arguments with refs where lazy values stood, and those. */
const split = (
  given: ReadonlyArray<unknown>
): { readonly args: ReadonlyArray<unknown>; readonly needs: ReadonlyArray<Delayed.Any> } => {
  const needs = new Set<Delayed.Any>()
  const replace: Replace = (leaf) => {
    if (!isCollection(leaf)) return undefined
    const delayed = fromCollection(leaf)
    const { structure } = insides(delayed)
    if (structure === undefined) {
      needs.add(delayed)
      return Graph.ref(delayed.key)
    }
    for (const need of delayed.needs) needs.add(need)
    return structure.value
  }
  return { args: replaceLeaves(given, replace), needs: needs.size === 0 ? none : Array.from(needs) }
}

const none: ReadonlyArray<Delayed.Any> = []

export type Callee = Graph.Call["task"]

/** A plain function that is refused is looked at again, and reported, when it is submitted. */
const contractOf = (callee: Callee): Task.Contract.Any | undefined => {
  if (Task.isContract(callee)) return callee
  const made = PlainFunction.fromFunction(callee as (...args: Array<unknown>) => unknown)
  return Either.isRight(made) ? made.right as Task.Contract.Any : undefined
}

const nameOf = (callee: Callee): string => callee.name === "" ? "function" : callee.name

/** Equal keys for equal arguments. What cannot be digested cannot cross, and is reported when it is submitted. */
const pureKey = (callee: Callee, args: ReadonlyArray<unknown>): string => {
  const contract = contractOf(callee)
  if (contract === undefined) return freshKey(nameOf(callee))
  try {
    return `${nameOf(callee)}-${contract.digest.slice(0, 8)}${contract.digestArgs(forDigest(args), keyOf).slice(0, 24)}`
  } catch {
    return freshKey(nameOf(callee))
  }
}

const keyFor = (callee: Callee, args: ReadonlyArray<unknown>): string => {
  const options = Task.isContract(callee) ? callee.submission : undefined
  if (options?.key !== undefined) return options.key
  return options?.pure === true ? pureKey(callee, args) : freshKey(nameOf(callee))
}

export const call = (
  callee: Callee,
  given: ReadonlyArray<unknown>,
  uses: ReadonlyArray<Task.Contract.Any> = []
): Made => {
  const { args, needs } = split(given)
  return lazy(keyFor(callee, args), { _tag: "Call", task: callee, args, uses }, needs)
}

const withSubmission = (callee: Callee, options: Task.SubmitOptions): Callee => {
  const contract = contractOf(callee)
  return contract === undefined ? callee : Task.with(contract, options)
}

export const make = (callee: Callee, options?: Task.SubmitOptions) => {
  const task = options === undefined ? callee : withSubmission(callee, options)
  return (...args: ReadonlyArray<unknown>): Made => call(task, args)
}

/** The same work with other options: its key changes only where the options say what it is to be. */
export const withOptions = (self: Delayed.Any, options: Task.SubmitOptions): Made => {
  const { key, later, needs, node } = self
  if (later !== undefined) {
    return lazy(key, undefined, [], { later: Effect.map(later, (found) => withOptions(found, options)) })
  }
  // Values that are there already take no options.
  if (node?._tag !== "Call") return insides(self)
  const call = { ...node, task: withSubmission(node.task, options) }
  const rekeyed = options.key !== undefined || options.pure !== undefined
  return lazy(rekeyed ? keyFor(call.task, call.args) : key, call, needs, { structure: insides(self).structure })
}

const all = (values: unknown): unknown => values

/** Equal structures of equal values have equal keys: nothing is done but to bring them together. */
export const structure = (values: unknown): Made => {
  const { args, needs } = split([values])
  return lazy(pureKey(all, args), { _tag: "Call", task: all, args, uses: [] }, needs, { structure: { value: args[0] } })
}

const get = (value: any, key: string | number): unknown => value[key]

export const field = (self: Delayed.Any, key: string | number): Made => {
  const { args, needs } = split([self, key])
  return lazy(pureKey(get, args), { _tag: "Call", task: get, args, uses: [] }, needs)
}

/** An argument that many calls are given: a large one is sent, or scattered, once, and not with each call. */
export const shared = (given: unknown): unknown => {
  if (typeof given !== "object" || given === null || isCollection(given) || Future.isFuture(given)) return given
  let holds = false
  replaceLeaves([given], (leaf) => {
    if (isCollection(leaf) || Future.isFuture(leaf)) holds = true
    return undefined
  })
  return holds ? given : value(given)
}
