/**
 * Executors that are child processes: nothing of one reaches another but by messages, so a fault of native code or the
 * system's killing for want of memory ends one of them alone. Values are copied on their way.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { ChildProcess, ForkOptions } from "node:child_process"
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as BootFile from "./boot/bootFile.js"
import * as Inside from "./executor/inside.js"
import type { NodeClusterError } from "./NodeClusterError.js"
import * as Backing from "./supervisor/backing.js"
import * as Module from "./supervisor/module.js"
import { bare, spawnWith, superviseOptions } from "./supervisor/options.js"
import * as Supervise from "./supervisor/supervise.js"
import type { NodeExecutors, Options } from "./ThreadExecutors.js"
import * as Marks from "./wire/marks.js"

/**
 * Where a process finds its tasks: a module that exports them, or an entry of one's own that ends in
 * `NodeWorker.launch`, forked with `serialization: "advanced"`.
 *
 * @since 0.1.0
 * @category models
 */
export type ProcessSource =
  | { readonly tasks: URL | string; readonly spawn?: undefined }
  | { readonly tasks?: undefined; readonly spawn: () => ChildProcess }

/**
 * @since 0.1.0
 * @category models
 */
export type ProcessOptions = Options & ProcessSource & {
  /** Options of Node for each process, such as `--max-old-space-size=512`; for modules only. */
  readonly execArgv?: ReadonlyArray<string> | undefined
  /** More variables for each process's environment; for modules only. */
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** Standard input, output, error, the channel: what comes after them is ours. */
const marksFd = 4

const forward = (child: ChildProcess): void => {
  child.stdout?.on("data", (chunk: Uint8Array) => process.stdout.write(chunk))
  child.stderr?.on("data", (chunk: Uint8Array) => process.stderr.write(chunk))
}

const forkBoot = (boot: URL, loader: string | undefined, options: ProcessOptions, name: string): Backing.Backing => {
  const marks = Marks.file(marksFd)
  try {
    const child = Inside.processAs(name, () =>
      fork(
        fileURLToPath(boot),
        [loader ?? ""],
        bare<ForkOptions>({
          serialization: "advanced",
          stdio: ["ignore", "pipe", "pipe", "ipc", ...(marks === undefined ? [] : [marks.fd])],
          env: bare({ ...process.env, ...options.env }),
          execArgv: [...(BootFile.execArgv().execArgv ?? process.execArgv), ...(options.execArgv ?? [])]
        })
      ))
    forward(child)
    return Backing.fromChild(child, marks ?? Marks.none)
  } catch (error) {
    marks?.close()
    throw error
  }
}

/**
 * Processes that run the tasks of a module, or of an entry of one's own. Fails when the module cannot be what it is said
 * to be; what only shows while it loads fails `ready`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: ProcessOptions): Effect.Effect<NodeExecutors, NodeClusterError> =>
  Effect.gen(function*() {
    if (options.spawn !== undefined) {
      const spawn = options.spawn
      return yield* Supervise.make(superviseOptions(options, "process", undefined, (name) =>
        Effect.map(
          spawnWith(name, () => Inside.processAs(name, spawn)),
          (child) => Backing.fromChild(child, Marks.none)
        )))
    }
    const module = yield* Module.resolve(options.tasks)
    const boot = yield* BootFile.locate
    return yield* Supervise.make(
      superviseOptions(
        options,
        "process",
        module.url,
        (name) => spawnWith(name, () => forkBoot(boot, module.loader, options, name))
      )
    )
  })
