/**
 * A user with a client: submits, joins, releases, cancels, retries, brings data, leaves. Remembers what each future
 * stands for, and holds every answer against the model.
 *
 * 1. Every answer is right (`model.ts`, `judge.ts`).
 * 2. A want has one answer: asked again, it is the same.
 * 3. What was refused was refused for a reason.
 *
 * @since 0.1.0
 */
import * as Client from "@creel/core/Client"
import * as Id from "@creel/core/Id"
import type { Spec } from "@creel/core/Spec"
import { ClientPeer, textOfOutcome, type User } from "./clientPeer.js"
import type { UserKind } from "./coverage.js"
import { checkFailure } from "./judge.js"
import type { Work } from "./model.js"
import { weighted } from "./swarm.js"
import { payload } from "./works.js"
import type { World } from "./world.js"
import { Wrong } from "./wrong.js"

interface Handle {
  readonly work: Work
  refs: number
}

type Settled = Parameters<User["settled"]>[0]

export class Person implements User {
  readonly client: ClientPeer
  readonly handles = new Map<string, Handle>()
  /** What each want was answered. */
  readonly answers = new Map<number, string>()
  /** Wants whose release asked for its end. */
  readonly ending = new Set<string>()
  /** Names that were let go and may be used for other work. */
  private readonly names: Array<string> = []
  constructor(readonly world: World, id: string) {
    this.client = new ClientPeer(world, id, `node-${id}`, this)
  }
  get id(): string {
    return this.client.id
  }
  get active(): boolean {
    return this.client.alive && !this.client.closing
  }

  // -- what is heard ------------------------------------------------------------------------------

  settled({ outcome, row, want }: Settled): void {
    const { model } = this.world
    const of = row.spec?.digest ?? this.world.offers.get(row.key)
    if (of === undefined) {
      throw new Wrong("settled", `${this.id} was told of ${row.key}, which nobody explained`, [row.key])
    }
    const work = model.work(of)
    if (outcome._tag === "Failure" && outcome.failure.reason === "ClusterClosed" && this.client.closing) return
    const text = textOfOutcome(outcome)
    const answer = outcome._tag === "Value"
      ? `value ${text}`
      : `${outcome.failure.reason} ${outcome.failure.key} ${outcome.failure.detail}`
    const known = this.answers.get(want)
    if (known !== undefined) {
      if (known === answer) return
      if (
        outcome._tag === "Failure" && outcome.failure.reason === "ValueReplaced" &&
        this.world.swarm.client.cacheBytes !== 1_000_000
      ) return
      throw new Wrong(
        "answered twice",
        `${this.id} was told of ${row.key} (want ${want}) "${known}", then "${answer}"`,
        [row.key]
      )
    }
    this.answers.set(want, answer)
    if (outcome._tag === "Failure" && outcome.failure.reason === "Lost" && row.spec !== undefined) {
      this.world.coverage.fired("cutLost")
    }
    if (outcome._tag === "Value") model.checkValue(of, text ?? "", this.id)
    else checkFailure({ model, client: this.id, of: work, failure: outcome.failure })
    this.world.settled()
  }
  refused({ failure, key }: Parameters<User["refused"]>[0]): void {
    const isRight = failure.reason === "ClusterClosed"
      ? this.client.closing
      : failure.reason !== "DuplicateKey" && !this.handles.has(key)
    if (!isRight) {
      throw new Wrong("refused", `${this.id} was refused ${key}: ${failure.reason} "${failure.detail}"`, [key])
    }
  }
  ended(key: string, _want: number): void {
    this.ending.delete(key)
  }
  /** A join of a released or unsettled future may still come. */
  isSettled(key: string): boolean {
    return Client.get(this.client.machine, key)?.settled !== undefined
  }

  // -- what is done -------------------------------------------------------------------------------

  act(): void {
    this.world.model.pardon()
    const random = this.world.random.user
    const others: ReadonlyArray<UserKind> = ["release", "cancel", "cancelForce", "retryKeys", "scatter", "scatterAll"]
    const rates = new Map([...this.world.swarm.users].filter(([kind]) => others.includes(kind)))
    const kind = random.chance(0.55) ? undefined : weighted(random, rates)
    switch (kind) {
      case "release":
        return this.release()
      case "cancel":
      case "cancelForce":
        return this.cancel(kind === "cancelForce")
      case "retryKeys":
        return this.retry()
      case "scatter":
      case "scatterAll":
        return this.scatter(kind === "scatterAll")
      default:
        if (this.handles.size > 0 && random.chance(0.35)) this.need()
        else this.submit()
    }
  }

  private has(kind: UserKind, share: number): boolean {
    const rate = this.world.swarm.users.get(kind)
    const yes = rate !== undefined && this.world.random.user.chance(share * rate)
    if (yes) this.world.coverage.fired(kind)
    return yes
  }
  private hold(work: Work): void {
    const handle = this.handles.get(work.key)
    if (handle === undefined) this.handles.set(work.key, { work, refs: 1 })
    else handle.refs++
  }

  submit(): void {
    const { random, works } = this.world
    const batch: Array<Work> = []
    const offers: Array<Work> = []
    const pool = [...this.handles.values()].map((x) => x.work).slice(-12)
    const pick = (from: ReadonlyArray<Work>): ReadonlyArray<Work> => {
      const some = Array.from({ length: random.user.int(4) }, () => random.user.pick(from)).filter((x) =>
        x !== undefined
      )
      return [...new Map(some.map((work) => [work.key, work])).values()]
    }
    for (let n = random.user.between(1, 6); n > 0; n--) {
      const pure = this.has("pureShared", 0.3)
      const inputs = [...pick(pure ? batch.filter((x) => x.key.startsWith("p")) : [...pool, ...batch])]
      if (!pure && this.has("offer", 0.15)) {
        const offer = works.offer("o")
        offers.push(offer)
        inputs.push(offer)
      }
      const work = works.make({ key: this.name(inputs), inputs, parent: undefined, depth: 0, pure })
      if (!batch.includes(work)) batch.push(work)
    }
    const wanted = batch.filter((_, i) => i === batch.length - 1 || random.user.chance(0.5))
    const keep = this.has("fireAndForget", 0.15) ? batch.filter(() => random.user.chance(0.3)) : []
    for (const work of wanted) this.hold(work)
    this.client.tell(
      ...offers.map((work) => this.offering(work, undefined, false)),
      {
        _tag: "Submit",
        specs: batch.map((x) => x.spec).filter((x): x is Spec => x !== undefined),
        wants: wanted.map((x) => x.key),
        keep: keep.map((x) => x.key)
      }
    )
    for (const work of wanted) if (random.user.chance(0.3)) this.client.tell({ _tag: "Need", keys: [work.key] })
  }
  /** A new name, or one that meant other work before and that none of the inputs has. */
  private name(inputs: ReadonlyArray<Work>): string {
    const old = this.world.random.user.pick(this.names)
    const { model } = this.world
    const reusable = old !== undefined && this.client.idle && !this.handles.has(old)
      && Client.get(this.client.machine, old) === undefined
      && !inputs.some((input) => [...model.lineage(input.digest)].some((x) => model.work(x).key === old))
    if (reusable && this.has("keyReused", 0.8)) {
      this.names.splice(this.names.indexOf(old), 1)
      return old
    }
    return this.world.works.fresh("t")
  }
  private offering(
    work: Work,
    scatter: undefined | { readonly workers: ReadonlyArray<string> | undefined; readonly all: boolean },
    wanted: boolean
  ): Client.Event {
    const value = Id.offeredId(work.key, this.id)
    const text = this.world.model.expected(work.digest) ?? ""
    const { bytes } = work.behaviour
    this.client.store.set(value, text)
    this.world.offers.set(work.key, work.digest)
    return {
      _tag: "Offer",
      key: work.key,
      value,
      digest: work.digest,
      bytes,
      inline: bytes <= 1024 ? payload(text) : undefined,
      scatter,
      wanted
    }
  }
  private scatter(all: boolean): void {
    const work = this.world.works.offer("o")
    this.world.coverage.fired(all ? "scatterAll" : "scatter")
    this.hold(work)
    this.client.tell(this.offering(work, { workers: undefined, all }, true))
  }
  private need(): void {
    const handle = this.world.random.user.pick([...this.handles.values()])
    if (handle === undefined) return
    const again = this.world.random.user.chance(0.2)
    if (again) handle.refs++
    const { key } = handle.work
    this.client.tell(again ? { _tag: "Retain", key } : { _tag: "Need", keys: [key] })
  }
  private release(): void {
    const { user } = this.world.random
    for (const [key, handle] of [...this.handles]) {
      if (!user.chance(0.3)) continue
      this.world.coverage.fired("release")
      const count = user.chance(0.3) ? 1 : handle.refs
      this.letGo(key, count, user.chance(0.4))
    }
  }
  letGo(key: string, count: number, answer: boolean): void {
    const handle = this.handles.get(key)
    if (handle === undefined) return
    handle.refs -= count
    if (handle.refs <= 0) {
      this.handles.delete(key)
      if (key.startsWith("t")) this.names.push(key)
    }
    if (answer) this.ending.add(key)
    this.client.tell({ _tag: "Release", keys: [key], count, answer })
  }
  private cancel(force: boolean): void {
    const { model, random, timeline } = this.world
    const keys = [...this.handles.values()].filter(() => random.user.chance(0.15))
    if (keys.length === 0) return
    this.world.coverage.fired(force ? "cancelForce" : "cancel")
    for (const { work } of keys) {
      model.cancels.push({ client: this.id, key: work.key, digest: work.digest, force, at: timeline.now })
    }
    // What is cancelled is dropped: data that nobody can make again is lost to whoever tries again.
    for (const { work } of keys) if (work.spec === undefined) model.bereft.add(work.digest)
    this.client.tell({ _tag: "Cancel", keys: keys.map((x) => x.work.key), force, by: this.id, reason: "enough" })
  }
  private retry(): void {
    const failed = [...this.handles.keys()].filter((key) =>
      Client.get(this.client.machine, key)?.settled?._tag === "Failure"
    )
    if (failed.length === 0) return
    this.world.coverage.fired("retryKeys")
    // Data that was let go of while nothing that needed it was left to be done is gone by right.
    for (const key of failed) {
      this.world.model.recordLetGo(this.handles.get(key)!.work.digest, new Set(this.handles.keys()))
    }
    this.client.tell({ _tag: "RetryKeys", keys: failed })
  }
  /** Wants every answer, as the liveness phase does. */
  needAll(): void {
    this.client.tell({ _tag: "Need", keys: [...this.handles.keys()] })
  }
  releaseAll(): void {
    for (const [key, handle] of [...this.handles]) this.letGo(key, handle.refs, true)
  }
  /** Keys that have no answer yet. */
  unsettled(): Array<string> {
    return [...this.handles.keys()].filter((key) => {
      const row = Client.get(this.client.machine, key)
      return row === undefined || row.settled === undefined || row.joined
    })
  }
}
