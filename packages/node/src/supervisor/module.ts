/**
 * Where a tasks' module is and what can load it, found out before any thread starts: what is wrong with a path is told
 * by the program's own error, at once.
 */
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as path from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { NodeClusterError } from "../NodeClusterError.js"
import { importsProgram } from "./imports.js"

export interface Resolved {
  /** Of the file itself. */
  readonly url: string
  /** The address of tsx's api, where the module needs it. */
  readonly loader: string | undefined
}

/** Written `./tasks.js`, in TypeScript's manner, while only `./tasks.ts` is there. */
const twins: Readonly<Record<string, ReadonlyArray<string>>> = {
  ".js": [".ts", ".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
  ".jsx": [".tsx"]
}

const isFile = (file: string): boolean => fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true

const locate = (file: string): string | undefined => {
  if (isFile(file)) return file
  const ext = path.extname(file)
  return (Object.hasOwn(twins, ext) ? twins[ext] ?? [] : [])
    .map((twin) => file.slice(0, -ext.length) + twin)
    .find(isFile)
}

const isTypeScript = (file: string): boolean => /\.[cm]?tsx?$/.test(file)

const tsxBeside = (file: string): string | undefined => {
  for (const base of [file, path.join(process.cwd(), "package.json"), import.meta.url]) {
    try {
      const manifest = createRequire(base).resolve("tsx/package.json")
      const api = path.join(path.dirname(manifest), "dist/esm/api/index.mjs")
      if (isFile(api)) return pathToFileURL(api).href
    } catch {
      // Not installed there; the next place may have it.
    }
  }
  return undefined
}

const stripsTypes = (): boolean => "typescript" in process.features && Boolean(process.features.typescript)

const toPath = (tasks: URL | string): Effect.Effect<string, NodeClusterError> => {
  const text = String(tasks)
  if (!(tasks instanceof URL) && !/^[a-z][a-z0-9+.-]+:/i.test(text)) return Effect.succeed(path.resolve(text))
  return Effect.try({
    try: () => fileURLToPath(text),
    catch: () =>
      new NodeClusterError({ reason: "TasksNotFound", file: text, detail: "only modules in files can be loaded" })
  })
}

export const resolve = (tasks: URL | string): Effect.Effect<Resolved, NodeClusterError> =>
  Effect.gen(function*() {
    const asked = yield* toPath(tasks)
    const file = locate(asked)
    if (file === undefined) {
      return yield* new NodeClusterError({ reason: "TasksNotFound", file: asked, detail: "there is no such file" })
    }
    const program = process.argv[1]
    const chain = program === undefined ? undefined : importsProgram(file, program)
    if (chain !== undefined) {
      return yield* new NodeClusterError({ reason: "TasksAreProgram", file, detail: chain })
    }
    if (!isTypeScript(file)) return { url: pathToFileURL(file).href, loader: undefined }
    const loader = tsxBeside(file)
    if (loader === undefined && !stripsTypes()) {
      return yield* new NodeClusterError({
        reason: "NoTypeScriptLoader",
        file,
        detail: `it is TypeScript, tsx is not installed, and Node ${process.versions.node} cannot run it by itself`
      })
    }
    return { url: pathToFileURL(file).href, loader }
  })
