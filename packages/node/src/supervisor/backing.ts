/**
 * What an executor is made of, seen from its node: a thread or a child process, its wire, its end, and what it last
 * said on standard error. Nothing here knows of tasks.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type { ChildProcess } from "node:child_process"
import type { Readable } from "node:stream"
import type { Worker } from "node:worker_threads"
import * as RealTime from "../internal/realTime.js"
import * as Marks from "../wire/marks.js"
import type { Wire } from "../wire/wire.js"
import * as Wires from "../wire/wire.js"

export interface Backing {
  readonly wire: Wire
  readonly marks: Marks.Marks
  /** Whether memory is shared with it. */
  readonly shares: boolean
  /** How it ended, as a sentence. */
  readonly exited: Deferred.Deferred<string>
  /** By force. */
  readonly kill: () => void
  /** Gives up on something that cannot be killed: it no longer keeps the program alive. */
  readonly abandon: () => void
  /** Whether it has ended, or was abandoned. */
  readonly isGone: () => boolean
}

/** Milliseconds for what a process said last to arrive after its end. */
const lastWordsWithin = 200

const keptLines = 20
const keptChars = 4000

/** The last lines of a stream, read without taking them from whoever else reads it. */
const tail = (stream: Readable | null): () => string => {
  let text = ""
  stream?.on("data", (chunk: Uint8Array | string) => {
    text = (text + String(chunk)).slice(-keptChars)
  })
  return () => text.trimEnd().split("\n").slice(-keptLines).join("\n").trim()
}

const sentence = (what: string, stderr: string): string =>
  stderr === "" ? what : `${what}; standard error said last: ${stderr}`

const less = "or let each task hold less at once (smaller partitions, large data in typed arrays)"

const describeError = (error: unknown, megabytes: number | undefined): string => {
  if (!(error instanceof Error)) return `uncaught exception: ${String(error)}`
  return "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY"
    ? `out of memory: the heap of the thread reached its limit${
      megabytes === undefined ? "" : ` of ${megabytes} MB`
    }; ` +
      `give it more (\`resourceLimits: { maxOldGenerationSizeMb }\`), ${less}`
    : `uncaught exception: ${error.stack ?? error.message}`
}

export const fromThread = (thread: Worker): Backing => {
  const exited = Deferred.unsafeMake<string>(FiberId.none)
  const stderr = tail(thread.stderr)
  // Once it has ended this is not known any more.
  const megabytes = thread.resourceLimits?.maxOldGenerationSizeMb
  let error: string | undefined
  let killed = false
  let gone = false
  thread.on("error", (cause) => {
    error = describeError(cause, megabytes)
  })
  thread.on("exit", (code) => {
    gone = true
    const what = error ?? (killed ? "was ended by force" : `exited with code ${code} (something called process.exit)`)
    // The last of standard error is handed over after the exit.
    setImmediate(() => Deferred.unsafeDone(exited, Effect.succeed(sentence(what, error === undefined ? stderr() : ""))))
  })
  return {
    wire: Wires.fromMessagePort(thread),
    marks: Marks.shared(),
    shares: true,
    exited,
    kill: () => {
      killed = true
      void thread.terminate()
    },
    abandon: () => {
      gone = true
      thread.removeAllListeners("message")
      thread.unref()
    },
    isGone: () => gone
  }
}

const describeExit = (code: number | null, signal: NodeJS.Signals | null, killed: boolean): string => {
  if (killed) return "was ended by force"
  if (signal === "SIGKILL") return "was killed by SIGKILL (by a person, or by the system for want of memory)"
  if (signal === "SIGABRT") return "aborted (SIGABRT): out of memory, or a failure of native code"
  if (signal !== null) return `was killed by ${signal}`
  return `exited with code ${code}`
}

/** V8 says so before it aborts; what else it says then is of no use to anybody. */
const isHeapFull = (stderr: string): boolean => /heap out of memory|Reached heap limit/.test(stderr)

const heapFull = "out of memory: the heap of the process reached its limit; give it more " +
  `(\`execArgv: ["--max-old-space-size=<megabytes>"]\`), ${less}`

export const fromChild = (child: ChildProcess, marks: Marks.Marks): Backing => {
  const exited = Deferred.unsafeMake<string>(FiberId.none)
  const stderr = tail(child.stderr)
  let killed = false
  let gone = false
  const done = (what: string): void => {
    gone = true
    const said = killed ? "" : stderr()
    Deferred.unsafeDone(exited, Effect.succeed(isHeapFull(said) ? heapFull : sentence(what, said)))
  }
  child.on("error", (error) => {
    if (child.pid === undefined) done(`could not be started: ${error.message}`)
  })
  child.on("exit", (code, signal) => {
    const what = describeExit(code, signal, killed)
    // What was said last is still on its way; a grandchild can hold standard error open, so this wait has an end.
    const stop = RealTime.after(lastWordsWithin, () => done(what))
    child.once("close", () => {
      stop()
      done(what)
    })
  })
  return {
    wire: Wires.fromProcess(child),
    marks,
    shares: false,
    exited,
    kill: () => {
      killed = true
      child.kill("SIGKILL")
    },
    abandon: () => {
      gone = true
      child.channel?.unref()
      child.unref()
    },
    isGone: () => gone
  }
}
