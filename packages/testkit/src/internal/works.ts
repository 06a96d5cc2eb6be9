/**
 * Makes up work: specs with a behaviour behind each. What a task does follows from its spec's digest alone, so that
 * two attempts of it agree.
 *
 * @since 0.1.0
 */
import * as Id from "@creel/core/Id"
import * as Payload from "@creel/core/Payload"
import { join, type Spec } from "@creel/core/Spec"
import type { Coverage, UserKind } from "./coverage.js"
import { digest } from "./digest.js"
import type { Behaviour, Model, Work } from "./model.js"
import type { Random } from "./random.js"
import type { Swarm } from "./swarm.js"

/** Every worker has these; `nowhere` none has. */
export const commonTasks: ReadonlyArray<string> = ["a#1", "b#1", "c#1"]

const encoder = new TextEncoder()
/** Padded, so that large values count as such where bytes are counted. */
export const payload = (text: string, bytes = 0): Payload.Payload =>
  Payload.make(encoder.encode(bytes > Payload.inlineMax ? text.padEnd(2 * Payload.inlineMax) : text))
export const textOf = (payload: Payload.Payload): string => new TextDecoder().decode(Payload.head(payload)).trimEnd()

export interface Making {
  readonly key: string
  readonly inputs: ReadonlyArray<Work>
  readonly parent: Id.Attempt | undefined
  /** Nested work is made two deep at most. */
  readonly depth: number
  readonly pure: boolean
}

export class Works {
  private serial = 0
  constructor(
    readonly model: Model,
    readonly random: Random,
    readonly swarm: Swarm,
    readonly coverage: Coverage
  ) {}

  private wants(kind: UserKind, share: number): boolean {
    const rate = this.swarm.users.get(kind)
    const yes = rate !== undefined && this.random.chance(share * rate)
    if (yes) this.coverage.fired(kind)
    return yes
  }
  /** As clients make them for themselves; two clients may have the same numbers. */
  fresh(prefix: string): string {
    const n = ++this.serial
    return Id.ownKey(`${prefix}-`, n >> 1, n % 2 === 0 ? "aaaaaa" : "bbbbbb")
  }

  /** New work under this key. For pure work the key follows from the digest. */
  make(making: Making): Work {
    const children = making.depth < 2 && !making.pure && this.wants("nested", 0.2)
      ? Array.from({ length: this.random.between(1, 3) }, () => this.child(making.depth + 1))
      : []
    const behaviour = this.behaviour(making, children)
    const salt = making.pure ? this.random.int(3) : ++this.serial
    const id = digest("spec", salt, ...making.inputs.map((x) => x.digest), ...making.pure ? [] : [making.key])
    const known = this.model.works.get(id)
    if (known !== undefined) return known
    const key = making.pure ? `p${id.slice(0, 6)}` : making.key
    const spec = this.spec(making, key, id, behaviour)
    const work: Work = { digest: id, key, spec, inputs: making.inputs.map((x) => x.digest), behaviour }
    this.model.define(work)
    return work
  }
  /** A child has no inputs of its own here: it is made when its parent is, and submitted each time that runs. */
  private child(depth: number): Work {
    return this.make({ key: this.fresh("n"), inputs: [], parent: undefined, depth, pure: false })
  }

  private behaviour(making: Making, children: ReadonlyArray<Work>): Behaviour {
    const { random } = this
    const plain = making.pure
    const slow = random.chance(this.swarm.slow)
    const fails = plain
      ? 0
      : this.wants("taskError", 0.12)
      ? Infinity
      : this.wants("taskFlaky", 0.15)
      ? random.between(1, 3)
      : 0
    const large = this.wants("largeValue", 0.4)
    if (!large) this.coverage.fired("inlineValue")
    return {
      random: !plain && this.wants("nonDeterministic", 0.2),
      fails,
      kills: plain ? 0 : this.wants("taskDeadly", 0.06) ? random.pick([1, 2, 3, Infinity]) ?? 0 : 0,
      tag: fails > 0 ? random.pick(["Boom", "Bang", undefined]) : undefined,
      schedule: fails > 0 && this.wants("taskSchedule", 0.3)
        ? { times: random.between(1, 3), delay: random.between(0, 300) }
        : undefined,
      millis: slow ? random.between(500, 3_000) : random.longTailed(1, this.swarm.longest),
      bytes: large ? random.between(Payload.inlineMax + 1, 1_000_000) : random.between(16, 200),
      deaf: this.wants("taskNotCooperative", 0.1) ? random.between(200, 8_000) : 0,
      children: children.map((x) => x.digest)
    }
  }
  private task(): string {
    const one = this.random.pick(commonTasks)!
    return this.wants("severalTasks", 0.2) ? join([one, this.random.pick(commonTasks)!]) : one
  }

  private spec(making: Making, key: string, id: string, behaviour: Behaviour): Spec {
    const { random } = this
    const plain = making.pure
    const restricted = !plain && this.wants("restricted", 0.1)
    return {
      key,
      digest: id,
      task: plain ? commonTasks[0]! : this.wants("unknownTask", 0.03) ? "nowhere" : this.task(),
      group: random.pick(["red", "green", "blue"]) ?? "red",
      args: payload(id),
      inputs: making.inputs.map((x) => x.key),
      priority: random.chance(0.2) ? random.between(-2, 2) : 0,
      slots: random.chance(0.3) ? 1 / 4 : 1,
      workers: restricted ? [`m${random.between(0, this.swarm.workers - 1)}`] : undefined,
      soft: restricted && random.chance(0.5),
      // A task that waits keeps its resources: children that ask for them too would wait for their parent.
      resources: !plain && making.depth === 0 && this.wants("resources", 0.1)
        ? { gpu: random.pick([0.5, 1]) ?? 1 }
        : undefined,
      retry: behaviour.fails > 0 && random.chance(0.6)
        ? {
          times: random.between(1, 3),
          delay: random.pick([0, 50, 500]) ?? 0,
          factor: 2,
          maxDelay: 2_000,
          jitter: random.chance(0.5) ? 0.5 : 0,
          tags: random.chance(0.3) ? ["Boom"] : undefined
        }
        : undefined,
      timeout: !plain && this.wants("taskTimeout", 0.1)
        ? Math.max(5, Math.floor(behaviour.millis * (random.chance(0.5) ? 0.5 : 20)))
        : undefined,
      parent: making.parent,
      outward: undefined
    }
  }

  /** Data a client brings. */
  offer(prefix: string): Work {
    const key = this.fresh(prefix)
    const id = digest("offer", key)
    const large = this.random.chance(0.7)
    const work: Work = {
      digest: id,
      key,
      spec: undefined,
      inputs: [],
      behaviour: {
        random: false,
        fails: 0,
        kills: 0,
        tag: undefined,
        schedule: undefined,
        millis: 0,
        bytes: large ? this.random.between(Payload.inlineMax + 1, 1_000_000) : this.random.between(16, 200),
        deaf: 0,
        children: []
      }
    }
    this.model.define(work)
    return work
  }
}
