/**
 * Refs among arguments: found, and replaced. The search goes where `Value.encodeArgs` goes: into arrays, plain records and
 * Effect's `Data`, to any depth, through circles; what else there is is a value and is not looked into.
 *
 * Imperative, with a stack of its own: every pass over a graph comes through here once for each node.
 */
import * as Predicate from "effect/Predicate"
import { isDataArray, kindOf, structPrototype } from "../codec/kinds.js"
import type * as Graph from "../Graph.js"

const RefTypeId = Symbol.for("creel/Graph/Ref") as Graph.RefTypeId

/** Not a plain record: the codec must ask about it before it looks into it. */
class RefImpl {
  constructor(readonly key: string) {}
}
Object.defineProperty(RefImpl.prototype, RefTypeId, {
  value: {
    /* c8 ignore next */
    _A: (_: never) => _,
    /* c8 ignore next */
    _E: (_: never) => _
  }
})

// The type id is on the prototype.
export const ref = (key: string): Graph.Ref => new RefImpl(key) as unknown as Graph.Ref

export const isRef = (u: unknown): u is Graph.Ref => u instanceof RefImpl || Predicate.hasProperty(u, RefTypeId)

type Container = Array<unknown> | Record<string, unknown>

/** What is searched. Asked after `isRef`. */
const isContainer = (value: object): value is Container => {
  const proto: object | null = Object.getPrototypeOf(value)
  if (proto === Object.prototype || proto === Array.prototype || proto === null) return true
  if (Array.isArray(value)) return isDataArray(proto)
  return proto === structPrototype || kindOf(value, proto) === "Struct"
}

const isFlat = (args: ReadonlyArray<unknown>): boolean => {
  for (const arg of args) if (typeof arg === "object" && arg !== null && !isRef(arg)) return false
  return true
}

/** Tells every ref in a value, in no order that means anything; one that stands twice may be told twice. */
export const forEachRef = (value: unknown, f: (ref: Graph.Ref) => void): void => {
  if (typeof value !== "object" || value === null) return
  if (isRef(value)) return f(value)
  if (!isContainer(value)) return
  const stack: Array<Container> = [value]
  const seen = new Set<object>(stack)
  const visit = (item: unknown): void => {
    if (typeof item !== "object" || item === null) return
    if (isRef(item)) return f(item)
    if (seen.has(item) || !isContainer(item)) return
    seen.add(item)
    stack.push(item)
  }
  for (let container = stack.pop(); container !== undefined; container = stack.pop()) {
    if (Array.isArray(container)) { for (let i = 0; i < container.length; i++) visit(container[i]) }
    else for (const key of Object.keys(container)) visit(container[key])
  }
}

const noKeys: ReadonlyArray<string> = []

/** Each key once. A few are compared, many are hashed. */
class Keys {
  readonly list: Array<string> = []
  private set: Set<string> | undefined = undefined

  readonly add = (key: string): void => {
    const { list } = this
    if (list.length > 8) {
      this.set ??= new Set(list)
      if (this.set.has(key)) return
      this.set.add(key)
    } else if (list.includes(key)) return
    list.push(key)
  }
}

const addFrom = (args: ReadonlyArray<unknown>, add: (key: string) => void): void => {
  if (!isFlat(args)) return forEachRef(args, (ref) => add(ref.key))
  for (const arg of args) if (typeof arg === "object" && arg !== null) add((arg as Graph.Ref).key)
}

/** The keys that a node names, each once. What the steps of a fused node name of each other is not among them. */
export const needs = (node: Graph.Node): ReadonlyArray<string> => {
  switch (node._tag) {
    case "Value":
    case "Held":
      return noKeys
    case "Alias":
      return [node.of]
    case "Call": {
      const keys = new Keys()
      addFrom(node.args, keys.add)
      return keys.list
    }
    case "Fused": {
      const keys = new Keys()
      const own = new Set<string>()
      for (const step of node.steps) {
        addFrom(step.call.args, (key) => own.has(key) ? undefined : keys.add(key))
        own.add(step.key)
      }
      return keys.list
    }
  }
}

/** The containers below `root`, those above each, and those in which a ref stands. */
const survey = (root: Container) => {
  const above = new Map<Container, Array<Container>>([[root, []]])
  const holders: Array<Container> = []
  const stack: Array<Container> = [root]
  for (let container = stack.pop(); container !== undefined; container = stack.pop()) {
    let holds = false
    const from = container
    const visit = (item: unknown): void => {
      if (typeof item !== "object" || item === null) return
      if (isRef(item)) {
        holds = true
        return
      }
      const parents = above.get(item as Container)
      if (parents !== undefined) return void parents.push(from)
      if (!isContainer(item)) return
      above.set(item, [from])
      stack.push(item)
    }
    if (Array.isArray(container)) { for (let i = 0; i < container.length; i++) visit(container[i]) }
    else for (const key of Object.keys(container)) visit(container[key])
    if (holds) holders.push(container)
  }
  return { above, holders }
}

/** An empty one of the same kind; holes of an array stay holes. */
const emptyLike = (container: Container): Container => {
  const proto: object | null = Object.getPrototypeOf(container)
  if (!Array.isArray(container)) return Object.create(proto)
  const out: Array<unknown> = new Array(container.length)
  return proto === Array.prototype ? out : Object.setPrototypeOf(out, proto)
}

/**
 * The same value with other things where its refs stand. What holds no ref is the same object afterwards; what is shared
 * stays shared, and a circle a circle.
 */
export const replaceRefs = (value: unknown, f: (ref: Graph.Ref) => unknown): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (isRef(value)) return f(value)
  if (!isContainer(value)) return value
  const { above, holders } = survey(value)
  const copies = new Map<object, Container>()
  for (let container = holders.pop(); container !== undefined; container = holders.pop()) {
    if (copies.has(container)) continue
    copies.set(container, emptyLike(container))
    for (const parent of above.get(container)!) if (!copies.has(parent)) holders.push(parent)
  }
  const replaced = (item: unknown): unknown =>
    typeof item !== "object" || item === null ? item : isRef(item) ? f(item) : copies.get(item) ?? item
  for (const [container, copy] of copies) fill(container as Container, copy, replaced)
  return copies.get(value) ?? value
}

const fill = (from: Container, to: Container, f: (item: unknown) => unknown): void => {
  if (Array.isArray(from)) {
    for (let i = 0; i < from.length; i++) if (i in from) (to as Array<unknown>)[i] = f(from[i])
    return
  }
  for (const key of Object.keys(from)) {
    // A key `__proto__` of a record's own is data too.
    if (key !== "__proto__") (to as Record<string, unknown>)[key] = f(from[key])
    else Object.defineProperty(to, key, { value: f(from[key]), enumerable: true, configurable: true, writable: true })
  }
}

export const replaceInArgs = (
  args: ReadonlyArray<unknown>,
  f: (ref: Graph.Ref) => unknown
): ReadonlyArray<unknown> => {
  if (!isFlat(args)) return replaceRefs(args, f) as ReadonlyArray<unknown>
  let out: Array<unknown> | undefined = undefined
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    if (typeof arg !== "object" || arg === null) continue
    out ??= args.slice()
    out[i] = f(arg as Graph.Ref)
  }
  return out ?? args
}

const inCall = (call: Graph.Call, f: (ref: Graph.Ref) => unknown): Graph.Call => {
  const args = replaceInArgs(call.args, f)
  return args === call.args ? call : { ...call, args }
}

/** Other things where the refs of a node stand; refs from step to step of a fused one are its own and stay. */
export const mapRefs = (node: Graph.Node, f: (ref: Graph.Ref) => unknown): Graph.Node => {
  switch (node._tag) {
    case "Value":
    case "Held":
      return node
    case "Alias": {
      const other = f(ref(node.of))
      if (!isRef(other)) return { _tag: "Value", value: other }
      return other.key === node.of ? node : { _tag: "Alias", of: other.key }
    }
    case "Call":
      return inCall(node, f)
    case "Fused": {
      const own = new Set<string>()
      let changed = false
      const steps = node.steps.map((step) => {
        const call = inCall(step.call, (ref) => own.has(ref.key) ? ref : f(ref))
        own.add(step.key)
        if (call === step.call) return step
        changed = true
        return { key: step.key, call }
      })
      return changed ? { _tag: "Fused", steps } : node
    }
  }
}
