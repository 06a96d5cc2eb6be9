/** Loads a tasks' module in this thread, and says what is wrong with one that does not load. */
import type { NodeContext } from "@effect/platform-node/NodeContext"
import * as TaskGroup from "creel/TaskGroup"
import * as Effect from "effect/Effect"
import { fileURLToPath } from "node:url"
import { NodeClusterError } from "../NodeClusterError.js"

const message = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** The first line of a stack that names a place in a file of the user's. */
const place = (error: unknown): string => {
  const line = error instanceof Error
    ? error.stack?.split("\n").find((line) => /^\s+at .*(?:file:|\/|\\)/.test(line))
    : undefined
  return line === undefined || line.includes("node:internal") ? "" : ` (${line.trim()})`
}

const codeOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : ""

const explain = (error: unknown): { readonly detail: string; readonly advice: string | undefined } => {
  const text = message(error)
  const code = codeOf(error)
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") {
    return {
      detail: `something it imports cannot be found: ${text}`,
      advice: "install the package, or correct the import; files are imported with their ending (`./util.js`)"
    }
  }
  if (code === "ERR_UNKNOWN_FILE_EXTENSION") {
    return {
      detail: `something it imports is TypeScript, and it is not: ${text}`,
      advice: "point `tasks` at the TypeScript file and install tsx, or compile what it imports too"
    }
  }
  if (
    (error instanceof Error && error.name === "SyntaxError") ||
    /Transform failed|ERR_INVALID_TYPESCRIPT/.test(text + code)
  ) {
    return { detail: `it has a syntax error: ${text}${syntaxPlace(error)}`, advice: undefined }
  }
  return { detail: `it throws while it loads: ${text}${place(error)}`, advice: undefined }
}

/** The stack of a syntax error begins with the file and line. */
const syntaxPlace = (error: unknown): string => {
  const first = error instanceof Error ? error.stack?.split("\n", 1)[0] ?? "" : ""
  return first.startsWith("file:") || first.startsWith("/") ? ` (${first})` : ""
}

export const load = (url: string): Effect.Effect<TaskGroup.TaskGroup<NodeContext>, NodeClusterError> =>
  Effect.gen(function*() {
    const file = url.startsWith("file:") ? fileURLToPath(url) : url
    const exports = yield* Effect.tryPromise({
      try: (): Promise<object> => import(url),
      catch: (error) => new NodeClusterError({ reason: "TasksNotLoaded", file, ...explain(error) })
    })
    const group = yield* Effect.try({
      // What the tasks require is not known here: such modules are for tasks that need no services but Node's, and one
      // that does need others fails with Effect's own "Service not found", as it would anywhere.
      try: () => TaskGroup.fromModule(exports) as TaskGroup.TaskGroup<NodeContext>,
      catch: (error) => new NodeClusterError({ reason: "TasksNotLoaded", file, detail: message(error) })
    })
    if (group.tasks.size > 0) return group
    const names = Object.keys(exports)
    return yield* new NodeClusterError({
      reason: "NoTasks",
      file,
      detail: names.length === 0
        ? "it loads, and exports nothing"
        : `it loads, and none of what it exports (${names.join(", ")}) is a Task or a TaskGroup`
    })
  })
