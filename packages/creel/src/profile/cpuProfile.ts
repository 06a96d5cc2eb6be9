/** What V8 writes of a thread, folded by tasks, and trees written as files for other programs. Pure. */
import type * as Note from "@creel/core/Note"
import { CallTrees } from "./callTrees.js"

/** `Profiler.Profile`; lines count from 0, times are microseconds. */
export interface CpuProfile {
  readonly nodes: ReadonlyArray<{
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      readonly lineNumber: number
      readonly columnNumber?: number | undefined
    }
    readonly children?: ReadonlyArray<number> | undefined
  }>
  readonly startTime: number
  readonly endTime: number
  readonly samples?: ReadonlyArray<number> | undefined
  readonly timeDeltas?: ReadonlyArray<number> | undefined
}

type Frame = CpuProfile["nodes"][number]["callFrame"]

export interface FoldOptions {
  readonly taskAt: (micros: number) => string
  readonly own: ReadonlyArray<string>
  readonly nodesMax: number
}

/** Installed packages that carry tasks; in a checkout they say where they are. */
const carriers =
  /[\\/]node_modules[\\/](?:\.pnpm[\\/][^\\/]+[\\/]node_modules[\\/])?(?:effect|@effect|creel|@creel)[\\/]/

const isCarrier = ({ url }: Frame, own: ReadonlyArray<string>): boolean =>
  url.startsWith("node:") || own.some((prefix) => url.startsWith(prefix)) || carriers.test(url)

/** What V8 calls what is none of the program's functions: `(program)`, `(garbage collector)`. */
const isMeta = ({ functionName, url }: Frame): boolean => url === "" && functionName.startsWith("(")

/** Below a task: what was done to run it, and was not its own code. */
const around = "(around the task)"

/** The calls of one sample, from the outermost on, without the root and without what carries the task. */
const ownCalls = (stack: ReadonlyArray<Frame>, own: ReadonlyArray<string>): ReadonlyArray<Frame> | undefined => {
  const first = stack.findIndex((frame) => frame.url !== "" && !isCarrier(frame, own))
  if (first >= 0) return stack.slice(first)
  // Code that was made of text has no address, nor have the engine's own functions.
  let last = stack.length
  while (last > 0 && stack[last - 1]!.url === "") last--
  const rest = stack.slice(last)
  return rest.length > 0 ? rest : undefined
}

const titleOf = ({ functionName }: Frame): string => functionName === "" ? "(anonymous)" : functionName

/** Imperative on purpose: so many samples, and a stack for each. */
class Folding {
  readonly trees = new CallTrees()
  readonly isIdle: (id: number) => boolean
  private readonly frames = new Map<number, Frame>()
  private readonly callers = new Map<number, number>()
  /** The node of a place in the stack, for each task. */
  private readonly known = new Map<string, number>()

  constructor({ nodes }: CpuProfile, private readonly own: ReadonlyArray<string>) {
    for (const { callFrame, children, id } of nodes) {
      this.frames.set(id, callFrame)
      for (const child of children ?? []) this.callers.set(child, id)
    }
    this.isIdle = (id) => {
      const frame = this.frames.get(id)
      return frame !== undefined && isMeta(frame) && frame.functionName === "(idle)"
    }
  }

  node(id: number, task: string): number {
    const name = `${id} ${task}`
    const known = this.known.get(name)
    if (known !== undefined) return known
    const made = this.make(id, task)
    this.known.set(name, made)
    return made
  }

  private make(id: number, task: string): number {
    const stack: Array<Frame> = []
    for (let at: number | undefined = id; at !== undefined; at = this.callers.get(at)) {
      const frame = this.frames.get(at)
      if (frame !== undefined && this.callers.has(at)) stack.push(frame)
    }
    stack.reverse()
    const calls = task === "" ? stack : ownCalls(stack, this.own)
    let node = this.trees.child(0, task)
    if (calls === undefined) node = this.trees.child(node, around)
    for (const frame of calls ?? stack) {
      node = this.trees.child(node, titleOf(frame), frame.url, Math.max(0, frame.lineNumber + 1))
    }
    return node
  }
}

/** A sample lasts until the next one. */
export const fold = (profile: CpuProfile, { nodesMax, own, taskAt }: FoldOptions) => {
  const folding = new Folding(profile, own)
  const samples = profile.samples ?? []
  const deltas = profile.timeDeltas ?? []
  let now = profile.startTime
  let sampled = 0
  let idle = 0
  for (let n = 0; n < samples.length; n++) {
    // The engine's clock was seen to go back by a few microseconds.
    now += Math.max(0, deltas[n] ?? 0)
    const micros = Math.max(0, n + 1 < samples.length ? deltas[n + 1] ?? 0 : profile.endTime - now)
    sampled += micros
    if (folding.isIdle(samples[n]!)) idle += micros
    else folding.trees.spent(folding.node(samples[n]!, taskAt(now)), micros)
  }
  return { tree: folding.trees.take(nodesMax), sampled, idle }
}

const taskless = "(no task)"

const titleIn = (tree: Note.CallTree, node: number): string => {
  const title = tree.names[tree.titles[node]!]!
  return title === "" ? taskless : title
}

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, one) => total + one, 0)

export const toSpeedscope = (tree: Note.CallTree, name: string): string => {
  const frames = tree.parents.map((_, node) => ({
    name: titleIn(tree, node),
    ...tree.lines[node]! > 0 && { file: tree.names[tree.files[node]!], line: tree.lines[node] }
  }))
  const samples: Array<ReadonlyArray<number>> = []
  const weights: Array<number> = []
  const stacks: Array<ReadonlyArray<number>> = []
  for (let node = 0; node < tree.parents.length; node++) {
    stacks.push(node === 0 ? [] : [...stacks[tree.parents[node]!]!, node])
    if (tree.selfs[node]! <= 0) continue
    samples.push(stacks[node]!)
    weights.push(tree.selfs[node]!)
  }
  return JSON.stringify({
    $schema: "https://www.speedscope.app/file-format-schema.json",
    name,
    exporter: "creel",
    shared: { frames },
    profiles: [{ type: "sampled", name, unit: "microseconds", startValue: 0, endValue: sum(weights), samples, weights }]
  })
}

export const ofTree = (tree: Note.CallTree): CpuProfile => {
  const children: Array<Array<number>> = tree.parents.map(() => [])
  tree.parents.forEach((parent, node) => children[parent]?.push(node + 1))
  const spent = tree.selfs.flatMap((micros, node) => micros > 0 ? [{ node, micros }] : [])
  // The first sample takes no time; after that each has the time that the one before it took.
  const deltas = [0, ...spent.map(({ micros }) => micros)]
  return {
    nodes: tree.parents.map((_, node) => ({
      id: node + 1,
      callFrame: {
        functionName: node === 0 ? "(root)" : titleIn(tree, node),
        scriptId: "0",
        url: tree.names[tree.files[node]!]!,
        lineNumber: tree.lines[node]! - 1,
        columnNumber: -1
      },
      children: children[node]!
    })),
    startTime: 0,
    endTime: sum(deltas),
    samples: [...spent.map(({ node }) => node + 1), ...spent.slice(-1).map(({ node }) => node + 1)],
    timeDeltas: deltas
  }
}
