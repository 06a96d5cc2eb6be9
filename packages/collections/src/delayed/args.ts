/**
 * Lazy values among arguments: they are found where the codec would find futures, in arrays, plain records and Effect's
 * `Data`, at any depth, and a ref stands in the place of each. What holds none is left as it is, not copied.
 */
import * as Graph from "creel/Graph"
import * as Data from "effect/Data"

/** As deep as the codec goes; what lies deeper it refuses. */
const maxDepth = 1000

/** Answers what stands for a leaf; `undefined` leaves it. */
export type Replace = (leaf: object) => unknown

const structPrototype: unknown = Object.getPrototypeOf(Data.struct({}))

const isRecord = (value: object): boolean => {
  const proto: unknown = Object.getPrototypeOf(value)
  return proto === Object.prototype || proto === null || proto === structPrototype
}

const enumerable = Object.prototype.propertyIsEnumerable

const keysOf = (value: object): ReadonlyArray<PropertyKey> =>
  Reflect.ownKeys(value).filter((key) => enumerable.call(value, key))

const isObject = (u: unknown): u is object => typeof u === "object" && u !== null

/** One look at each object that is searched; from what is replaced, the way back to all that holds it. */
class Search {
  private readonly holders = new Map<object, Array<object>>()
  readonly leaves = new Map<object, unknown>()

  constructor(private readonly replace: Replace) {}

  look(value: object, holder: object | undefined, depth: number): void {
    const known = this.holders.get(value)
    if (known !== undefined) {
      if (holder !== undefined) known.push(holder)
      return
    }
    this.holders.set(value, holder === undefined ? [] : [holder])
    const replaced = this.replace(value)
    if (replaced !== undefined) this.leaves.set(value, replaced)
    else if (depth < maxDepth) this.into(value, depth + 1)
  }

  private into(value: object, depth: number): void {
    if (Array.isArray(value)) {
      for (const item of value) if (isObject(item)) this.look(item, value, depth)
      return
    }
    if (!isRecord(value)) return
    for (const key of keysOf(value)) {
      const item: unknown = Reflect.get(value, key)
      if (isObject(item)) this.look(item, value, depth)
    }
  }

  /** What has to be copied. */
  touched(): ReadonlySet<object> {
    const out = new Set<object>(this.leaves.keys())
    // A Set goes on to what is added to it meanwhile.
    for (const value of out) for (const holder of this.holders.get(value) ?? []) out.add(holder)
    return out
  }
}

class Copying {
  private readonly copies: Map<object, unknown>
  private readonly touched: ReadonlySet<object>

  constructor(search: Search) {
    this.copies = new Map(search.leaves)
    this.touched = search.touched()
  }

  /** The copy is known before what is in it is copied: cycles and shared parts stay what they are. */
  copy<A>(value: A): A
  copy(value: unknown): unknown {
    if (!isObject(value) || !this.touched.has(value)) return value
    if (this.copies.has(value)) return this.copies.get(value)
    const proto: object | null = Object.getPrototypeOf(value)
    const out: object = Array.isArray(value)
      ? Object.setPrototypeOf(new Array(value.length), proto)
      : Object.create(proto)
    this.copies.set(value, out)
    for (const key of Array.isArray(value) ? Object.keys(value) : keysOf(value)) {
      const item = this.copy(Reflect.get(value, key))
      Object.defineProperty(out, key, { value: item, writable: true, enumerable: true, configurable: true })
    }
    return out
  }
}

/** Nearly all arguments are values that hold nothing, or leaves themselves: those need no search. */
const inOneLook = (args: ReadonlyArray<unknown>, replace: Replace): ReadonlyArray<unknown> | undefined => {
  let out: Array<unknown> | undefined
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    if (!isObject(arg)) continue
    const replaced = replace(arg)
    if (replaced === undefined) return undefined
    out = out ?? Array.from(args)
    out[i] = replaced
  }
  return out ?? args
}

/** Arguments with what stands for their leaves. */
export const replaceLeaves = (args: ReadonlyArray<unknown>, replace: Replace): ReadonlyArray<unknown> => {
  const flat = inOneLook(args, replace)
  if (flat !== undefined) return flat
  const search = new Search(replace)
  search.look(args, undefined, 0)
  return search.leaves.size === 0 ? args : new Copying(search).copy(args)
}

const FutureTypeId = Symbol.for("creel/Future")

/** A digest counts what stands for a value by its key, as it counts a future. */
class Stand {
  readonly [FutureTypeId] = true
  constructor(readonly key: string) {}
}

/** The same arguments, as a contract digests them. */
export const forDigest = (args: ReadonlyArray<unknown>): ReadonlyArray<unknown> =>
  replaceLeaves(args, (leaf) => Graph.isRef(leaf) ? new Stand(leaf.key) : undefined)

/** What stands for a leaf in a digest. */
export const keyOf = (leaf: object): string | undefined =>
  FutureTypeId in leaf && "key" in leaf ? String(leaf.key) : undefined
