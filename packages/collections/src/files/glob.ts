/**
 * Paths with `*`, `?`, `**`, `[a-z]` and `{a,b}` in them. It owns what such a pattern matches; looking into directories is
 * `listing`'s.
 *
 * `*` and `?` stop at `/`, and do not match a dot at the beginning of a name; `**` alone between two `/` stands for any number
 * of directories, none included. A backslash takes the next character as it is.
 *
 * @since 0.1.0
 */

const special = /[*?[\]{}\\]/

/**
 * Whether a path is a pattern.
 *
 * @since 0.1.0
 * @category guards
 */
export const isGlob = (path: string): boolean => special.test(path)

/** The places in a pattern's outermost braces, or nothing. */
const outermost = (pattern: string): { open: number; commas: Array<number>; close: number } | undefined => {
  let depth = 0
  let open = -1
  let commas: Array<number> = []
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]
    if (char === "\\") i++
    else if (char === "{" && depth++ === 0) {
      open = i
      commas = []
    } else if (char === "," && depth === 1) commas.push(i)
    else if (char === "}" && depth > 0 && --depth === 0 && commas.length > 0) return { open, commas, close: i }
  }
  return undefined
}

/**
 * The patterns that one with braces stands for.
 *
 * @since 0.1.0
 * @category utils
 */
export const braces = (pattern: string): ReadonlyArray<string> => {
  const found = outermost(pattern)
  if (found === undefined) return [pattern]
  const borders = [found.open, ...found.commas, found.close]
  return borders.slice(1).flatMap((to, n) =>
    braces(pattern.slice(0, found.open) + pattern.slice(borders[n]! + 1, to) + pattern.slice(found.close + 1))
  )
}

const quote = (char: string): string => /[\\^$.*+?()[\]{}|/-]/.test(char) ? `\\${char}` : char

/** `[abc]` and `[!a-z]` from `at`, as a text of a regular expression. */
const classAt = (name: string, at: number): { readonly source: string; readonly end: number } | undefined => {
  const negated = name[at + 1] === "!" || name[at + 1] === "^"
  const first = at + (negated ? 2 : 1)
  const end = name.indexOf("]", first + 1)
  if (end < 0) return undefined
  const inside = name.slice(first, end).replace(/[\\\]^[]/g, "\\$&")
  return { source: `[${negated ? "^" : ""}${inside}]`, end }
}

/**
 * What a name between two `/` of a pattern matches: a text where it can be but one.
 *
 * @since 0.1.0
 * @category constructors
 */
export const nameMatcher = (name: string): string | RegExp => {
  let source = ""
  let literal = ""
  let plain = true
  for (let i = 0; i < name.length; i++) {
    const char = name[i]!
    const set = char === "[" ? classAt(name, i) : undefined
    if (char === "*" || char === "?" || set !== undefined) {
      if (i === 0) source += "(?!\\.)"
      source += set !== undefined ? set.source : char === "*" ? "[^]*" : "[^]"
      plain = false
      if (set !== undefined) i = set.end
    } else {
      const meant = char === "\\" && i + 1 < name.length ? name[++i]! : char
      literal += meant
      source += quote(meant)
    }
  }
  return plain ? literal : new RegExp(`^${source}$`, "u")
}

/**
 * A pattern, name by name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Glob {
  /** Where looking begins: `/`, `C:/`, or nothing for where the program runs. */
  readonly root: string
  readonly names: ReadonlyArray<string | RegExp | "**">
}

/**
 * One for each way through its braces.
 *
 * @since 0.1.0
 * @category constructors
 */
export const parse = (pattern: string): ReadonlyArray<Glob> =>
  braces(pattern).map((one) => {
    const root = /^(?:[A-Za-z]:)?\/+/.exec(one)?.[0] ?? ""
    const names = one.slice(root.length).split("/").filter((name) => name !== "" && name !== ".")
    return { root, names: names.map((name) => name === "**" ? name : nameMatcher(name)) }
  })
