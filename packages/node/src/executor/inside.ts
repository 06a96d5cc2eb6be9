/**
 * Knowing that one is inside an executor: a cluster that is about to start there means that the tasks' module is, or
 * imports, the program itself, which would start clusters without end.
 */
import * as threads from "node:worker_threads"

const threadKey = "@creel/node/executor"
const variable = "CREEL_EXECUTOR"

interface Inside {
  readonly executor: string | undefined
  refuse: (detail: string) => void
}

const globalKey = Symbol.for("@creel/node/inside")

// On the global object, since the copy of this file that a task's module sees can be another one.
const own = (): Inside => {
  const holder = globalThis as { [globalKey]?: Inside }
  return holder[globalKey] ??= { executor: detect(), refuse: () => {} }
}

const detect = (): string | undefined => {
  const thread: unknown = threads.isMainThread ? undefined : threads.getEnvironmentData(threadKey)
  if (typeof thread === "string") return thread
  const child = process.env[variable]
  // Programs that a task starts are programs of their own.
  if (child !== undefined) delete process.env[variable]
  return child
}

/** The name of the executor this code runs in, or undefined in a program. */
export const executor = (): string | undefined => own().executor

/** How the executor tells its node that the program was started inside of it. */
export const onRefusal = (refuse: (detail: string) => void): void => {
  own().refuse = refuse
}

export const refuse = (detail: string): void => own().refuse(detail)

/** The thread that `spawn` starts knows that it is this executor, from its first line on. */
export const threadAs = <A>(name: string, spawn: () => A): A => {
  const before: unknown = threads.getEnvironmentData(threadKey)
  threads.setEnvironmentData(threadKey, name)
  try {
    return spawn()
  } finally {
    threads.setEnvironmentData(threadKey, typeof before === "string" ? before : undefined)
  }
}

/** The same for a process. */
export const processAs = <A>(name: string, spawn: () => A): A => {
  process.env[variable] = name
  try {
    return spawn()
  } finally {
    delete process.env[variable]
  }
}
