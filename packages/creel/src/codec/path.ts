/**
 * Where in a value something was found, and the two refusals the codec throws (plain objects: `Value` turns them into
 * its tagged errors, once, off the hot path).
 */

/** A step into a value: an index, a key, or a step that says itself how it is written (`.value`, `.get("k")`). */
export type Segment = number | string | { readonly text: string }

/** The key of an entry of a Map. Of very many steps hardly one is ever shown: it is written out when it is. */
export class ToKey {
  constructor(private readonly at: number) {}
  get text(): string {
    return `.keys()[${this.at}]`
  }
}

/** What stands in a Map, by its key where that says more than how many come before it, or in a Set. */
export class ToItem {
  constructor(private readonly at: number, private readonly key?: unknown) {}
  get text(): string {
    return typeof this.key === "string" ? `.get(${JSON.stringify(this.key)})` : `.values()[${this.at}]`
  }
}

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u

export const render = (root: string, path: ReadonlyArray<Segment>, depth: number): string => {
  let out = root
  for (let i = 0; i < depth; i++) {
    const segment = path[i]
    if (segment === undefined) continue
    if (typeof segment === "number") out += `[${segment}]`
    else if (typeof segment === "object") out += segment.text
    else if (!identifier.test(segment)) out += `[${JSON.stringify(segment)}]`
    else out += out === "" ? segment : `.${segment}`
    if (out.length > 400) return `${out.slice(0, 200)}…`
  }
  return out
}

/** Thrown by the writer. */
export class Refused {
  constructor(
    readonly path: string,
    readonly found: string,
    /** The refused object itself, for callers that can say more about it. */
    readonly value: unknown
  ) {}
}

/** Thrown by the reader. */
export class Unreadable {
  constructor(readonly found: string) {}
}

/** What a value is called in an error: never its content, which may be large or secret. */
export const describe = (value: unknown): string => {
  switch (typeof value) {
    case "function": {
      const source = Function.prototype.toString.call(value)
      return `${source.startsWith("class") ? "a class" : "a function"}${value.name === "" ? "" : ` (${value.name})`}`
    }
    case "symbol":
      return `a symbol (${String(value)})`
    case "object":
      break
    default:
      return `a ${typeof value}`
  }
  if (value === null) return "null"
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name
  if (value instanceof Promise) return "a Promise"
  if (typeof name === "string" && name !== "" && name !== "Object") {
    return value instanceof Error ? `an instance of ${name} (an Error)` : `an instance of ${name}`
  }
  return "an object with a prototype of its own"
}
