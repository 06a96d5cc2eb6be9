/**
 * What is held, why, and what would go if somebody let go of it.
 *
 * Owns these answers and their words. Nothing here changes the state: what a release would do is worked out beside it, by
 * the rules that `settle` and `rows` follow.
 *
 * @since 0.1.0
 */
import type { ClientId, Key, PeerId, WorkerId } from "../../Id.js"
import type { ExecutorMemory, WorkerMemory } from "../../Note.js"
import * as Payload from "../../Payload.js"
import { isActive, isRoot, isWanted, type Peer, type Row, type State, type Worker } from "../rows/State.js"

const named = 20

const none: ReadonlyArray<never> = []

// -------------------------------------------------------------------------------------------------
// what is held
// -------------------------------------------------------------------------------------------------

/**
 * What one worker holds, in bytes. What it said itself is as old as its last sign of life, and absent where it says
 * nothing; `held` is of now.
 *
 * @since 0.1.0
 * @category models
 */
export interface HeldOnWorker {
  readonly id: WorkerId
  readonly name: string
  readonly node: string
  readonly held: number
  readonly values: number
  readonly memory: WorkerMemory | undefined
  readonly processBytes: number | undefined
  readonly sharedBytes: number | undefined
  readonly executors: ReadonlyArray<ExecutorMemory>
}

/**
 * What workers hold of one group: values, copies of them, and the bytes of all copies.
 *
 * @since 0.1.0
 * @category models
 */
export interface HeldOfGroup {
  readonly group: string
  readonly keys: number
  readonly copies: number
  readonly bytes: number
}

/**
 * A value on workers: the bytes of one copy.
 *
 * @since 0.1.0
 * @category models
 */
export interface HeldValue {
  readonly key: Key
  readonly group: string
  readonly bytes: number
  readonly copies: number
}

/**
 * What each worker holds, in the order they joined: a question that costs little however much is held.
 *
 * @since 0.1.0
 * @category getters
 */
export const heldOnWorkers = (state: State): ReadonlyArray<HeldOnWorker> =>
  Array.from(state.workers.values(), (worker) => ({
    id: worker.id,
    name: worker.info.name,
    node: worker.info.node,
    held: worker.heldBytes,
    values: worker.held.size,
    memory: worker.memory,
    processBytes: worker.processBytes,
    sharedBytes: worker.sharedBytes,
    executors: worker.heaps ?? none
  }))

/**
 * What workers hold by group, the most bytes first, and the so many largest values. It looks at every value.
 *
 * @since 0.1.0
 * @category getters
 */
export const heldValues = (
  state: State,
  largest: number
): { readonly groups: ReadonlyArray<HeldOfGroup>; readonly largest: ReadonlyArray<HeldValue> } => {
  const groups = new Map<string, { -readonly [K in keyof HeldOfGroup]: HeldOfGroup[K] }>()
  const top: Array<HeldValue> = []
  for (const worker of state.workers.values()) {
    for (const row of worker.held) {
      const s = row.state
      if (s._tag !== "Stored") continue
      const { name } = row.group
      let into = groups.get(name)
      if (into === undefined) groups.set(name, into = { group: name, keys: 0, copies: 0, bytes: 0 })
      into.copies++
      into.bytes += s.bytes
      // Each value once, with its first holder.
      if (s.holders.find(isWorker) !== worker) continue
      into.keys++
      if (top.length < largest || s.bytes > (top.at(-1)?.bytes ?? Infinity)) {
        insert(top, { key: row.key, group: name, bytes: s.bytes, copies: s.holders.filter(isWorker).length }, largest)
      }
    }
  }
  return { groups: [...groups.values()].sort((a, b) => b.bytes - a.bytes), largest: top }
}

const insert = (top: Array<HeldValue>, value: HeldValue, most: number): void => {
  let at = top.length
  while (at > 0 && top[at - 1]!.bytes < value.bytes) at--
  top.splice(at, 0, value)
  if (top.length > most) top.pop()
}

const isWorker = (peer: Peer): peer is Worker => peer._tag === "Worker"

// -------------------------------------------------------------------------------------------------
// why
// -------------------------------------------------------------------------------------------------

/**
 * Keys of a set that may be large: how many there are, and the first twenty.
 *
 * @since 0.1.0
 * @category models
 */
export interface Some {
  readonly count: number
  readonly keys: ReadonlyArray<Key>
}

/**
 * Why a key is known, and its value held. `summary` says it all to a person.
 *
 * @since 0.1.0
 * @category models
 */
export interface WhyHeld {
  readonly key: Key
  readonly known: boolean
  /** Of one copy; absent while there is no value. */
  readonly bytes: number | undefined
  /** Who holds it: workers, the client that brought it, and `scheduler` for small values kept there. */
  readonly holders: ReadonlyArray<PeerId>
  /** Clients that want the value. */
  readonly wantedBy: ReadonlyArray<{ readonly id: ClientId; readonly name: string }>
  /** Unfinished tasks that have it as an input. */
  readonly neededBy: Some
  /**
   * What is wanted and was made from it, directly or through what is wanted no more: how it is made is remembered for
   * these, so that they can be computed again.
   */
  readonly lineageOf: Some
  /** A client brought it: it cannot be computed, so its value stays as long as anything made from it is wanted. */
  readonly scattered: boolean
  /** Its lineage was cut (by a checkpoint, or beyond the budget): it cannot be computed again either. */
  readonly cut: boolean
  /** The cluster itself wants it until it is done: `fireAndForget`. */
  readonly kept: boolean
  /** Brought, and not yet named by anything. */
  readonly fresh: boolean
  readonly summary: string
}

/**
 * Says why a key is known, and its value held.
 *
 * @since 0.1.0
 * @category getters
 */
export const whyHeld = (state: State, key: Key): WhyHeld => {
  const row = state.rows.get(key)
  if (row === undefined) {
    return {
      key,
      known: false,
      bytes: undefined,
      holders: none,
      wantedBy: none,
      neededBy: some(none),
      lineageOf: some(none),
      scattered: false,
      cut: false,
      kept: false,
      fresh: false,
      summary: `nothing is held for ${key}: it is not known here, since it was never submitted, or was released`
    }
  }
  const s = row.state
  const holders = s._tag === "Stored" ? s.holders.map((peer) => peer.id) : []
  if (s._tag === "Stored" && s.inline !== undefined) holders.push("scheduler")
  const facts = {
    key,
    known: true,
    bytes: s._tag === "Stored" ? s.bytes : undefined,
    holders,
    wantedBy: row.wants.filter((want) => !want.over).map(({ client }) => ({ id: client.id, name: client.name })),
    neededBy: some([...(row.dependents?.values() ?? none)].filter((one) => isActive(one.state))),
    lineageOf: some(descendants(row)),
    scattered: row.spec === undefined,
    cut: row.cut,
    kept: row.keep,
    fresh: row.fresh
  }
  return { ...facts, summary: sentence(state, row, facts) }
}

const some = (rows: ReadonlyArray<Row>): Some => ({
  count: rows.length,
  keys: rows.slice(0, named).map((row) => row.key)
})

/** The nearest wanted rows that were made from it and are done. */
const descendants = (row: Row): ReadonlyArray<Row> => {
  const found: Array<Row> = []
  const seen = new Set([row])
  for (const one of seen) {
    for (const dependent of one.dependents?.values() ?? none) {
      if (seen.has(dependent)) continue
      if (!isWanted(dependent)) seen.add(dependent)
      else if (!isActive(dependent.state)) found.push(dependent)
    }
  }
  return [...new Set(found)]
}

const sentence = (state: State, row: Row, facts: Omit<WhyHeld, "summary">): string => {
  const s = row.state
  const names = facts.holders.map((id) => state.workers.get(id)?.info.name ?? state.clients.get(id)?.name ?? id)
  const what = s._tag === "Stored"
    ? `${row.key} is held (${s.bytes} bytes on ${names.join(", ")})`
    : `${row.key} has no value now (${s._tag})`
  const reasons: Array<string> = []
  const { wantedBy } = facts
  if (wantedBy.length > 0) {
    const clients = wantedBy.slice(0, named).map((one) => `${one.name} (${one.id})`).join(", ")
    reasons.push(`wanted by ${plural(wantedBy.length, "client")}: ${clients}`)
  }
  if (facts.neededBy.count > 0) reasons.push(`needed by ${list(facts.neededBy, "unfinished task")}`)
  if (facts.kept) reasons.push("wanted by the cluster itself until it is done (fireAndForget)")
  if (facts.fresh) reasons.push("brought by a client that has yet to name it")
  if (facts.lineageOf.count > 0) {
    const made = list(facts.lineageOf, "wanted result")
    reasons.push(
      facts.scattered
        ? `it was brought by a client, cannot be computed again, and may be needed to recompute ${made}`
        : facts.cut
        ? `its lineage was cut, it cannot be computed again, and may be needed to recompute ${made}`
        : row.cutting !== undefined
        ? `its lineage is about to be cut, and it may then be needed to recompute ${made}`
        : `how it is made is remembered to recompute ${made}`
    )
  } else if (facts.cut) {
    reasons.push("its lineage was cut, so it cannot be computed again")
  } else if (facts.scattered && row.dependents !== undefined && row.dependents.size > 0 && isWanted(row)) {
    reasons.push("it was brought by a client, cannot be computed again, and is named by work that is known here")
  }
  return `${what}: ${reasons.length === 0 ? "nobody wants it, and it is about to go" : reasons.join("; ")}`
}

const plural = (count: number, what: string): string => count === 1 ? `1 ${what}` : `${count} ${what}s`

const list = ({ count, keys }: Some, what: string): string =>
  `${plural(count, what)}: ${keys.slice(0, 5).join(", ")}${count > 5 ? ", …" : ""}`

// -------------------------------------------------------------------------------------------------
// what would go
// -------------------------------------------------------------------------------------------------

/**
 * What would go if a client released some keys.
 *
 * @since 0.1.0
 * @category models
 */
export interface WouldFree {
  /** On workers, each copy counted. */
  readonly bytes: number
  /** In clients that brought it, and in the scheduler. */
  readonly elsewhere: number
  /** Values of which copies would go, the most bytes first. `copies`: on workers. */
  readonly keys: ReadonlyArray<HeldValue>
  /** Unfinished work that would be given up. */
  readonly stopped: ReadonlyArray<Key>
}

/**
 * What would go if this client released these keys, all its futures of them: what only they keep alive. Work that is not
 * done yet, and that only they keep going, is given up, and so lets go of its inputs.
 *
 * @since 0.1.0
 * @category getters
 */
export const wouldFree = (state: State, client: ClientId, keys: Iterable<Key>): WouldFree => {
  const what = new Release(client)
  for (const key of keys) {
    const row = state.rows.get(key)
    if (row !== undefined && row.wants.some((want) => want.client.id === client)) what.release(row)
  }
  return what.answer()
}

/** What a row would have less. */
class Loss {
  released = false
  /** It would no longer be wanted, and so be idle. */
  unwanted = false
  forgotten = false
  consumers = 0
  dependents = 0
}

/** A release that is only thought of. It comes to the same as a real one, since wants only ever become fewer. */
class Release {
  private readonly losses = new Map<Row, Loss>()
  private readonly open: Array<Row> = []
  private readonly freed: Array<HeldValue> = []
  private readonly stopped: Array<Key> = []
  private elsewhere = 0

  constructor(private readonly client: ClientId) {}

  release(row: Row): void {
    this.of(row).released = true
    this.open.push(row)
  }

  answer(): WouldFree {
    for (let row = this.open.pop(); row !== undefined; row = this.open.pop()) this.settle(row)
    for (const row of this.losses.keys()) this.spare(row)
    return {
      bytes: this.freed.reduce((sum, one) => sum + one.bytes * one.copies, 0),
      elsewhere: this.elsewhere,
      keys: this.freed.sort((a, b) => b.bytes * b.copies - a.bytes * a.copies),
      stopped: this.stopped
    }
  }

  private of(row: Row): Loss {
    let loss = this.losses.get(row)
    if (loss === undefined) this.losses.set(row, loss = new Loss())
    return loss
  }

  /** As `isWanted`, of what would be left. */
  private isWanted(row: Row, loss: Loss): boolean {
    if (loss.unwanted) return false
    if (this.hasClients(row, loss, false) || row.keep || row.consumers > loss.consumers) return true
    if (row.fresh && !loss.released) return true
    return isRoot(row) && (row.dependents?.size ?? 0) > loss.dependents
  }

  private hasClients(row: Row, loss: Loss, overToo: boolean): boolean {
    for (let want = row.firstWant; want !== undefined; want = want.next) {
      if ((overToo || !want.over) && !(loss.released && want.client.id === this.client)) return true
    }
    return false
  }

  private settle(row: Row): void {
    const loss = this.of(row)
    if (loss.forgotten || this.isWanted(row, loss)) return
    if (!loss.unwanted) {
      loss.unwanted = true
      this.abandon(row)
    }
    if (this.hasClients(row, loss, true) || (row.dependents?.size ?? 0) > loss.dependents) return
    loss.forgotten = true
    for (const input of new Set(row.inputs)) {
      this.of(input).dependents++
      this.open.push(input)
    }
  }

  private abandon(row: Row): void {
    const s = row.state
    if (s._tag === "Stored") this.free(row, s.holders.length)
    if (!isActive(s)) {
      // What it was given may be spared now.
      for (const input of row.inputs) if (input.offer !== undefined) this.of(input)
      return
    }
    if (row.spec !== undefined) this.stopped.push(row.key)
    for (const input of row.inputs) {
      this.of(input).consumers++
      this.open.push(input)
    }
  }

  private free(row: Row, holders: number): void {
    const s = row.state
    if (s._tag !== "Stored") return
    const copies = s.holders.filter(isWorker).length
    if (copies > 0) this.freed.push({ key: row.key, group: row.group.name, bytes: s.bytes, copies })
    if (holders > copies) this.elsewhere += s.bytes * (holders - copies)
    if (holders > 0 && s.inline !== undefined) this.elsewhere += Payload.bytes(s.inline)
  }

  /** An argument that only lineage names is left with its client alone: see `settle`. */
  private spare(row: Row): void {
    const loss = this.of(row)
    const s = row.state
    if (row.offer === undefined || row.offer.scatter !== undefined || s._tag !== "Stored" || loss.unwanted) return
    if ((row.fresh && !loss.released) || row.consumers > loss.consumers || this.hasClients(row, loss, true)) return
    if (!s.holders.some((holder) => holder._tag === "Client" && holder.down === undefined)) return
    for (const dependent of row.dependents?.values() ?? none) {
      const of = this.losses.get(dependent)
      if (of === undefined ? isWanted(dependent) : this.isWanted(dependent, of)) return
    }
    const copies = s.holders.filter(isWorker).length
    if (copies > 0) this.freed.push({ key: row.key, group: row.group.name, bytes: s.bytes, copies })
  }
}
