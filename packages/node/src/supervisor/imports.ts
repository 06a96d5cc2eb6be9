/**
 * Whether a module imports the program, told from its text: relative imports are followed from file to file, packages
 * are not. Imports that are computed go unseen; what they would start is refused when it starts.
 */
import * as fs from "node:fs"
import * as path from "node:path"

/** Bounds the reading of a very large program. */
const maxFiles = 2000

const comments = /\/\*[\s\S]*?\*\/|(^|[\s;{}])\/\/[^\n]*/g
const specifiers =
  /(?:^|[\s;}])(?:import|export)\s+(?!type\b)(?:[\w$*\s{},]+?\s*from\s*)?["']([^"'\n]+)["']|(?:^|[^\w$.])import\s*\(\s*["']([^"'\n]+)["']\s*\)/g

const extensions = ["", ".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs", ".jsx"]

const realFile = (file: string): string | undefined => {
  try {
    const real = fs.realpathSync(file)
    return fs.statSync(real).isFile() ? real : undefined
  } catch {
    return undefined
  }
}

const resolveRelative = (from: string, specifier: string): string | undefined => {
  const base = path.resolve(path.dirname(from), specifier)
  const stem = base.replace(/\.[cm]?jsx?$/, "")
  for (const ext of extensions) {
    const file = realFile(base + ext) ?? (stem === base ? undefined : realFile(stem + ext))
    if (file !== undefined) return file
  }
  return undefined
}

const importsOf = (file: string): ReadonlyArray<string> => {
  let text: string
  try {
    text = fs.readFileSync(file, "utf8").replace(comments, "$1")
  } catch {
    return []
  }
  return [...text.matchAll(specifiers)]
    .map((match) => match[1] ?? match[2] ?? "")
    .filter((specifier) => specifier.startsWith("./") || specifier.startsWith("../"))
    .flatMap((specifier) => resolveRelative(file, specifier) ?? [])
}

/** A sentence that says how `module` leads to `program`, or undefined when it does not. */
export const importsProgram = (module: string, program: string): string | undefined => {
  const start = realFile(module)
  const goal = realFile(program) ?? resolveRelative(program, program)
  if (start === undefined || goal === undefined) return undefined
  if (start === goal) return "the tasks' module is the program itself, which every worker would start again"
  const cameFrom = new Map<string, string | undefined>([[start, undefined]])
  const queue = [start]
  for (let index = 0; index < queue.length && index < maxFiles; index++) {
    const file = queue[index] as string
    for (const next of importsOf(file)) {
      if (cameFrom.has(next)) continue
      cameFrom.set(next, file)
      if (next === goal) return sentence(cameFrom, goal)
      queue.push(next)
    }
  }
  return undefined
}

const sentence = (cameFrom: ReadonlyMap<string, string | undefined>, goal: string): string => {
  const chain: Array<string> = []
  for (let file: string | undefined = goal; file !== undefined; file = cameFrom.get(file)) {
    chain.unshift(path.basename(file))
  }
  return `the tasks' module imports the program (${chain.join(" → ")}), which every worker would start again`
}
