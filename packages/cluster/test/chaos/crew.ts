/**
 * The processes of a scenario: nodes that are started, killed and replaced, clients that go on, and what all of them
 * say. Each is gone with the scope at the latest. Owned here: processes and their words. Not owned: what is done to them.
 */
import { Deferred, Effect, FiberId } from "effect"
import type { Scope } from "effect"
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Programs from "../utils/programs.js"

/** What a process of the suite says: a word, and what belongs to it. */
export interface Word {
  readonly what: string
  readonly [key: string]: unknown
}

export interface Member {
  readonly name: string
  readonly child: ChildProcess
  /** Everything but words. */
  readonly log: () => string
  readonly words: ReadonlyArray<Word>
  /** The incarnations of the scheduler that began here. */
  readonly carried: () => ReadonlyArray<number>
  readonly gone: () => boolean
  /** Ends with the first word that is like this, said already or later; dies when the process ends before. */
  readonly word: (what: string, like?: (word: Word) => boolean) => Effect.Effect<Word>
  /** The same, of what is said from now on. */
  readonly next: (what: string, like?: (word: Word) => boolean) => Effect.Effect<Word>
  readonly tell: (line: string) => void
  readonly signal: (signal: NodeJS.Signals) => void
  /** By this signal; returns when it is gone. */
  readonly kill: (signal: NodeJS.Signals) => Effect.Effect<void>
  readonly exited: Effect.Effect<void>
}

export interface StartOptions {
  readonly program: string
  readonly name: string
  readonly options: Readonly<Record<string, unknown>>
  readonly notes: string
  /** What comes before Node's own command, for processes that live in a place of their own. */
  readonly before?: ReadonlyArray<string> | undefined
  readonly heard?: (() => void) | undefined
}

const spawned = ({ before = [], heard, name, notes, options, program }: StartOptions): Member => {
  const file = Programs.program(`chaos/programs/${program}`)
  const [command, ...args] = [...before, process.execPath, file, JSON.stringify({ ...options, name })]
  const child = spawn(command!, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, CREEL_CHAOS_NOTES: notes }
  })
  const words: Array<Word> = []
  const carried: Array<number> = []
  const listeners = new Set<() => void>()
  let log = ""
  const line = (text: string) => {
    if (text.startsWith("@{")) {
      words.push(JSON.parse(text.slice(1)) as Word)
      return
    }
    log += `${text}\n`
    const began = /scheduler of \S+ at \S+, incarnation (\d+)/.exec(text)
    if (began !== null) carried.push(Number(began[1]))
  }
  const hear = () => {
    for (const listener of [...listeners]) listener()
    heard?.()
  }
  const read = (stream: NodeJS.ReadableStream) => {
    let rest = ""
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n")
      rest = lines.pop() ?? ""
      lines.forEach(line)
      hear()
    })
  }
  read(child.stdout)
  read(child.stderr)
  // A process that dies takes its standard input with it.
  child.stdin.on("error", () => {})
  const end = Deferred.unsafeMake<void>(FiberId.none)
  child.once("close", () => {
    Deferred.unsafeDone(end, Effect.void)
    hear()
  })
  const gone = () => child.exitCode !== null || child.signalCode !== null
  const from = (start: number) => (what: string, like: (word: Word) => boolean = () => true): Effect.Effect<Word> =>
    Effect.async((resume) => {
      const look = () => {
        const found = words.slice(start).find((word) => word.what === what && like(word))
        if (found !== undefined) resume(Effect.succeed(found))
        else if (gone()) resume(Effect.dieMessage(`${name} ended before it said ${what}:\n${log.slice(-4000)}`))
      }
      listeners.add(look)
      look()
      return Effect.sync(() => listeners.delete(look))
    })
  return {
    name,
    child,
    words,
    gone,
    log: () => log,
    carried: () => carried,
    word: from(0),
    next: (what, like) => Effect.suspend(() => from(words.length)(what, like)),
    tell: (text) => void child.stdin.write(`${text}\n`),
    signal: (signal) => void child.kill(signal),
    kill: (signal) =>
      Effect.suspend(() => {
        if (!gone()) child.kill(signal)
        return Deferred.await(end)
      }),
    exited: Deferred.await(end)
  }
}

/** A process that is gone, at the latest, when the scope closes. */
const start = (options: StartOptions): Effect.Effect<Member, never, Scope.Scope> =>
  Effect.acquireRelease(Effect.sync(() => spawned(options)), (member) => member.kill("SIGKILL"))

/** Megabytes a process takes, as the machine counts them; `undefined` where it does not say. */
export const resident = (member: Member): number | undefined => {
  const file = `/proc/${member.child.pid}/status`
  if (!existsSync(file)) return undefined
  const found = /VmRSS:\s+(\d+) kB/.exec(readFileSync(file, "utf8"))
  return found === null ? undefined : Math.round(Number(found[1]) / 1024)
}

export interface Crew {
  readonly all: ReadonlyArray<Member>
  readonly node: (
    more?: Readonly<Record<string, unknown>>,
    before?: ReadonlyArray<string>
  ) => Effect.Effect<Member, never, Scope.Scope>
  readonly client: (
    program: string,
    more?: Readonly<Record<string, unknown>>,
    before?: ReadonlyArray<string>
  ) => Effect.Effect<Member, never, Scope.Scope>
  /** Whoever began the latest incarnation of the scheduler. */
  readonly carrier: () => Member | undefined
  readonly incarnation: () => number
  /** Ends when an incarnation above this one is somewhere. */
  readonly after: (incarnation: number) => Effect.Effect<Member>
  /** Lines that tasks have written, see `programs/tasks.mjs`. */
  readonly notes: (file: string) => ReadonlyArray<string>
  /** Where files may be put. */
  readonly folder: string
}

export const make = (common: Readonly<Record<string, unknown>>): Effect.Effect<Crew, never, Scope.Scope> =>
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "creel-chaos-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
    )
    const all: Array<Member> = []
    const listeners = new Set<() => void>()
    const heard = () => {
      for (const listener of [...listeners]) listener()
    }
    let count = 0
    const add = (
      program: string,
      name: string,
      more: Readonly<Record<string, unknown>>,
      before: ReadonlyArray<string> | undefined
    ) =>
      Effect.tap(
        start({ program, name, options: { ...common, ...more }, notes: folder, before, heard }),
        (member) => Effect.sync(() => all.push(member))
      )
    const last = (member: Member): number => member.carried().at(-1) ?? 0
    const carrier = () =>
      all.reduce<Member | undefined>(
        (best, member) => last(member) > (best === undefined ? 0 : last(best)) ? member : best,
        undefined
      )
    const incarnation = () => Math.max(0, ...all.map(last))
    return {
      all,
      folder,
      carrier,
      incarnation,
      node: (more = {}, before) => add("node.mjs", `node${++count}`, more, before),
      client: (program, more = {}, before) => add(program, `client${++count}`, more, before),
      after: (before) =>
        Effect.async((resume) => {
          const look = () => {
            const member = carrier()
            if (member !== undefined && last(member) > before) resume(Effect.succeed(member))
          }
          listeners.add(look)
          look()
          return Effect.sync(() => listeners.delete(look))
        }),
      notes: (file) => {
        const at = path.join(folder, file)
        return existsSync(at) ? readFileSync(at, "utf8").split("\n").slice(0, -1) : []
      }
    }
  })
