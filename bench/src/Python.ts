/**
 * Finds a Python with Dask, or makes one: a virtual environment in `bench/.venv`, filled by pip when it is first needed.
 */
import * as Command from "@effect/platform/Command"
import type * as CommandExecutor from "@effect/platform/CommandExecutor"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { existsSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** A module that can be imported, by which interpreter, and its version. */
export interface Found {
  readonly python: string
  readonly version: string
}

const folder = fileURLToPath(new URL("../.venv", import.meta.url))
const made = `${folder}/made`
const inVenv = process.platform === "win32" ? `${folder}\\Scripts\\python.exe` : `${folder}/bin/python`
const system = process.platform === "win32" ? "python" : "python3"

const succeeds = (
  command: string,
  ...args: ReadonlyArray<string>
): Effect.Effect<boolean, never, CommandExecutor.CommandExecutor> =>
  Command.make(command, ...args).pipe(
    Command.stdout("pipe"),
    Command.exitCode,
    Effect.map((code) => code === 0),
    Effect.orElseSucceed(() => false),
    // Some ways in which a process cannot be started are thrown.
    Effect.catchAllDefect(() => Effect.succeed(false))
  )

/** The environment is there, or was just made; pip takes half a minute. */
const venv = (say: (line: string) => void) =>
  Effect.gen(function*() {
    if (existsSync(made)) return true
    say("making bench/.venv with the newest Dask and Ray (once; about a minute)")
    yield* Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    if (!(yield* succeeds(system, "-m", "venv", folder))) return false
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    const filled = yield* succeeds(inVenv, ...pip, "dask[distributed]", "numpy")
    if (!filled) return false
    // Ray has wheels for fewer versions of Python: without it there is still Dask
    yield* succeeds(inVenv, ...pip, "ray")
    yield* Effect.sync(() => writeFileSync(made, "when the environment was complete\n"))
    return true
  })

const versionOf = (python: string, module: string) =>
  Command.make(python, "-c", `import ${module}; print(${module}.__version__)`).pipe(
    Command.string,
    Effect.map((text) => text.trim()),
    Effect.catchAllDefect(() => Effect.succeed("")),
    Effect.option,
    Effect.map(Option.filter((text) => /^\d/.test(text)))
  )

/** The module in the environment, else in the system's Python. */
export const find = (
  module: string,
  say: (line: string) => void
): Effect.Effect<Option.Option<Found>, never, CommandExecutor.CommandExecutor> =>
  Effect.gen(function*() {
    const pythons = (yield* venv(say)) ? [inVenv, system] : [system]
    for (const python of pythons) {
      const version = yield* versionOf(python, module)
      if (Option.isSome(version)) return Option.some({ python, version: version.value })
    }
    return Option.none()
  })
