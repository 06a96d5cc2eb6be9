/**
 * What the right answers are. This file owns truth: which spec a digest stands for, which values and failures
 * attempts really produced, which deaths, cancels and losses really happened. It never asks a machine.
 *
 * 1. A value given to an attempt as an input is a right value of the input's spec.
 * 2. A value delivered is a right value of the spec its future was submitted with: for work that is determined by its
 *    inputs the one that follows from the graph, otherwise one that some attempt at this very spec made.
 * 3. A failure delivered is one that truly happened to the key it blames, and that key is this one or one of those it
 *    depends on.
 * 4. What a task made is lost only if its lineage was cut and all who held it then have lost it since.
 * 5. Failures that retries should have hidden, deaths below the limit and cancels by those who may not, are wrong.
 *
 * @since 0.1.0
 */
import type { Spec } from "@creel/core/Spec"
import { digest } from "./digest.js"
import { Wrong } from "./wrong.js"

/** How a simulated task behaves: fixed by its spec's digest. */
export interface Behaviour {
  /** Whether the value depends on the attempt. */
  readonly random: boolean
  /** How many first attempts fail: 0 none, Infinity all. */
  readonly fails: number
  /** How many first attempts kill their executor. */
  readonly kills: number
  /** The `_tag` of its failure. */
  readonly tag: string | undefined
  /** Retries its own definition grants, with this delay; absent: the spec's `retry` decides. */
  readonly schedule: { readonly times: number; readonly delay: number } | undefined
  readonly millis: number
  readonly bytes: number
  /** Ignores interruption for this long. */
  readonly deaf: number
  /** Tasks it submits and waits for, by digest. */
  readonly children: ReadonlyArray<string>
}

export interface Work {
  readonly digest: string
  readonly key: string
  /** Absent for what a client brings. */
  readonly spec: Spec | undefined
  readonly inputs: ReadonlyArray<string>
  readonly behaviour: Behaviour
}

export interface CancelAsked {
  readonly client: string
  readonly key: string
  readonly digest: string
  readonly force: boolean
  readonly at: number
}

/** How many failures retries hide: more must have happened before one is told. */
export const retriesOf = (work: Work): number => {
  const { schedule, tag } = work.behaviour
  if (schedule !== undefined) return schedule.times
  const retry = work.spec?.retry
  if (retry === undefined) return 0
  return retry.tags === undefined || (tag !== undefined && retry.tags.includes(tag)) ? retry.times : 0
}

/** How many failures may come before a run at all: those by timeout are not the task's schedule's business. */
export const failuresMax = (work: Work): number =>
  Math.max(work.behaviour.schedule?.times ?? 0, work.spec?.retry?.times ?? 0)

/** Deaths under a running task before it is given up; the fourth fails it. */
export const deathsAllowed = 3

/** What a task may take along: its deaths, and two that nobody could have heard of (see `wary` in the scheduler). */
const killsMax = deathsAllowed + 1 + 2

export class Model {
  readonly works = new Map<string, Work>()
  /** Digests each key has stood for. */
  readonly meanings = new Map<string, Set<string>>()
  readonly made = new Map<string, Set<string>>()
  readonly failed = new Map<string, Set<string>>()
  readonly deaths = new Map<string, number>()
  private readonly kills = new Map<string, number>()
  /** Since anybody last submitted, released, cancelled, retried or went. */
  private readonly killsSince = new Map<string, number>()
  /** Work of which some attempt had not ended, for all its worker knew, when its timeout was over. */
  readonly ranLong = new Set<string>()
  readonly cancels: Array<CancelAsked> = []
  /** Offers whose holders, or some of them, went. */
  readonly bereft = new Set<string>()
  /** Work whose lineage was cut: its values then, and those who held them and have not lost or dropped them since. */
  private readonly cuts = new Map<string, Map<string, Set<string>>>()
  /** Bytes that the inputs of one task may take on a worker. */
  memoryLimit = Infinity
  private readonly expectedValues = new Map<string, string | undefined>()
  private readonly lineages = new Map<string, ReadonlySet<string>>()

  define(work: Work): void {
    this.works.set(work.digest, work)
    const meanings = this.meanings.get(work.key) ?? new Set()
    meanings.add(work.digest)
    this.meanings.set(work.key, meanings)
  }
  work(of: string): Work {
    const work = this.works.get(of)
    if (work === undefined) throw new Wrong("unknown digest", of, [])
    return work
  }

  /** The one right value, or undefined where chance had a say. */
  expected(of: string): string | undefined {
    if (this.expectedValues.has(of)) return this.expectedValues.get(of)
    const work = this.work(of)
    const value = this.compute(work)
    this.expectedValues.set(of, value)
    return value
  }
  private compute(work: Work): string | undefined {
    if (work.spec === undefined) return digest("offered", work.digest)
    if (work.behaviour.random) return undefined
    const parts: Array<string> = []
    for (const input of [...work.inputs, ...work.behaviour.children]) {
      const value = this.expected(input)
      if (value === undefined) return undefined
      parts.push(value)
    }
    return digest("value", work.digest, ...parts)
  }
  isRight(of: string, value: string): boolean {
    const expected = this.expected(of)
    return expected === undefined ? this.made.get(of)?.has(value) === true : expected === value
  }

  /** What an attempt at this work makes of what it was given. */
  run(
    of: string,
    attempt: number,
    given: ReadonlyArray<readonly [key: string, value: string]>,
    children: ReadonlyArray<string>
  ): string {
    const work = this.work(of)
    const parts = [...given.map((x) => x[1]), ...children]
    const value = work.behaviour.random
      ? digest("value", of, attempt, ...parts)
      : digest("value", of, ...parts)
    const made = this.made.get(of) ?? new Set()
    made.add(value)
    this.made.set(of, made)
    return value
  }
  /** Rule 1. */
  checkGiven(work: Work, given: ReadonlyArray<readonly [key: string, value: string]>): void {
    const keys = work.inputs.map((input) => this.work(input).key)
    if (given.length !== keys.length || given.some(([key], i) => key !== keys[i])) {
      throw new Wrong("inputs", `${work.key} needs ${keys.join(" ")}, was given ${given.map((x) => x[0]).join(" ")}`, [
        work.key
      ])
    }
    given.forEach(([key, value], i) => {
      const input = work.inputs[i] ?? ""
      if (!this.isRight(input, value)) {
        throw new Wrong(
          "wrong input",
          `${work.key} was given ${value} for ${key}, right is ${this.expected(input) ?? "another"}`,
          [work.key, key]
        )
      }
    })
  }

  recordCut(of: string, value: string | undefined, holders: ReadonlyArray<string>): void {
    const values = this.cuts.get(of) ?? new Map<string, Set<string>>()
    this.cuts.set(of, values)
    if (value !== undefined && !values.has(value)) values.set(value, new Set(holders))
  }
  /** This holder has it no more, or was given up. */
  recordGone(values: ReadonlyArray<string>, holder: string): void {
    if (this.cuts.size === 0) return
    for (const kept of this.cuts.values()) for (const value of values) kept.get(value)?.delete(holder)
  }
  /** What was cut is lost with the last who held it; all else can be made again. */
  whyNotLost(of: string): string | undefined {
    const values = this.cuts.get(of)
    if (values === undefined) return "it can be made again"
    const held = [...values].filter(([, holders]) => holders.size > 0)
    return held.length === 0
      ? undefined
      : `it was cut, and ${held.map(([value, holders]) => `${value} is on ${[...holders].join(" ")}`).join(", ")}`
  }

  /** This is tried again, by somebody who holds no more than these. */
  recordLetGo(of: string, held: ReadonlySet<string>): void {
    for (const digest of this.lineage(of)) {
      const { key, spec } = this.work(digest)
      if (spec === undefined && !held.has(key)) this.bereft.add(digest)
    }
  }

  recordFailure(of: string, cause: string): void {
    const failed = this.failed.get(of) ?? new Set()
    failed.add(cause)
    this.failed.set(of, failed)
  }
  /** Whether this run kills its executor. */
  kill(work: Work): boolean {
    const kills = this.kills.get(work.digest) ?? 0
    if (kills >= work.behaviour.kills) return false
    this.kills.set(work.digest, kills + 1)
    const since = (this.killsSince.get(work.digest) ?? 0) + 1
    this.killsSince.set(work.digest, since)
    if (since > killsMax) {
      throw new Wrong("kills on", `${work.key} took ${since} executors or workers with it`, [work.key])
    }
    return true
  }
  /** Somebody did something: what was forgotten, or wanted anew, begins anew. */
  pardon(): void {
    this.killsSince.clear()
  }
  recordDeath(of: string): void {
    this.deaths.set(of, (this.deaths.get(of) ?? 0) + 1)
  }

  /** The digests this one depends on, itself included. */
  lineage(of: string): ReadonlySet<string> {
    const known = this.lineages.get(of)
    if (known !== undefined) return known
    const all = new Set([of])
    for (const input of this.work(of).inputs) for (const x of this.lineage(input)) all.add(x)
    this.lineages.set(of, all)
    return all
  }

  checkValue(of: string, value: string, who: string): void {
    if (this.isRight(of, value)) return
    const { key } = this.work(of)
    throw new Wrong(
      "wrong answer",
      `${who} was handed ${value} for ${key} (${of}), right is ${this.expected(of) ?? "one of its attempts'"}`,
      [key]
    )
  }
}
