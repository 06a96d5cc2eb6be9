/**
 * What is wanted for the cluster's own sake (`Client.fireAndForget`): it is in the database before the scheduler hears of
 * it, and stays there until it is done. Owned here: when it is stored and dropped, and that a new life is told of it, by a
 * client of that life's own.
 *
 * 1. The scheduler hears of such work after it was stored, and of what its client says later after that.
 * 2. What is stored is wanted here until it is done, has failed, or was cancelled: then it is dropped.
 * 3. What is counted against its tasks is stored with it (`spent`).
 * 4. With a scheduler that is over nothing more is stored: the client tells the next one.
 */
import type * as Id from "@creel/core/Id"
import type * as Note from "@creel/core/Note"
import type * as CoreScheduler from "@creel/core/Scheduler"
import type * as Spec from "@creel/core/Spec"
import type * as RpcSerialization from "@effect/rpc/RpcSerialization"
import type * as Door from "creel/Door"
import type { SchedulerEnd } from "creel/Engine"
import { SpecSchema, SpentSchema } from "creel/NoteSchema"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Queue from "effect/Queue"
import * as Runtime from "effect/Runtime"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { randomBytes } from "node:crypto"
import type { ClusterError } from "../ClusterError.js"
import * as LinkWire from "../links/wire.js"
import type { KeptRow, Life } from "../Placement.js"
import { type Change, KeptSpent, type SpentOf } from "./spent.js"

type HowMade = CoreScheduler.HowMade

const Encoded = Schema.Struct({ specs: Schema.Array(SpecSchema), cut: Schema.Array(Schema.String) })

const encode = Schema.encodeSync(Encoded)
const decode = Schema.decodeUnknownSync(Encoded)

const EncodedSpent = Schema.Array(SpentSchema)

const encodeSpent = Schema.encodeSync(EncodedSpent)
const decodeSpent = Schema.decodeUnknownSync(EncodedSpent)

/** What a row says. */
interface Row {
  readonly made: HowMade
  readonly spent: ReadonlyArray<Note.Spent>
}

/** One row: how one key is made. */
class Rows {
  constructor(private readonly makeParser: () => RpcSerialization.Parser) {}

  // A parser of its own for each: it remembers the shapes that it has seen, and a row is read without the others.
  toBytes(made: HowMade): Uint8Array {
    return this.makeParser().encode(encode(made)) as Uint8Array
  }

  spentToBytes(spent: ReadonlyArray<Note.Spent>): Uint8Array {
    return this.makeParser().encode(encodeSpent(spent)) as Uint8Array
  }

  fromBytes(bytes: Uint8Array): HowMade {
    return decode(this.makeParser().decode(bytes)[0])
  }

  spentFromBytes(spent: Uint8Array | undefined): ReadonlyArray<Note.Spent> {
    return spent === undefined ? [] : decodeSpent(this.makeParser().decode(spent)[0])
  }
}

/** The keys that this note wants to be kept, and what it brings for that. */
const keptBy = (note: Note.FromClient): { readonly keys: ReadonlyArray<Id.Key>; readonly brought: HowMade } => {
  if (note._tag === "Submit") return { keys: note.keep, brought: { specs: note.specs, cut: [] } }
  if (note._tag !== "ClientTold") return { keys: [], brought: { specs: [], cut: [] } }
  return {
    keys: note.wants.filter((want) => want.keep).map((want) => want.key),
    brought: { specs: note.specs, cut: note.cut ?? [] }
  }
}

/** Of what a note brings and what is known already: all that this key needs, inputs first. */
const closure = (key: Id.Key, brought: HowMade, known: HowMade): HowMade => {
  const all = new Map<Id.Key, Spec.Spec>()
  for (const spec of known.specs) all.set(spec.key, spec)
  for (const spec of brought.specs) all.set(spec.key, spec)
  const cutKeys = new Set([...known.cut, ...brought.cut])
  const needed = new Set<Id.Key>()
  const stack = [key]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (needed.has(at)) continue
    needed.add(at)
    if (!cutKeys.has(at)) stack.push(...(all.get(at)?.inputs ?? []))
  }
  return {
    // Both lists have inputs first, and nothing that was known needs what is brought only now.
    specs: [...all.values()].filter((spec) => needed.has(spec.key)),
    cut: [...cutKeys].filter((one) => needed.has(one))
  }
}

/** What is kept in this life, and the client that wants it. */
class Keeper {
  private readonly kept = new Map<Id.Key, { readonly want: number; readonly made: HowMade }>()
  private readonly spent = new KeptSpent()
  private mouth: Door.Mouth<Note.FromClient> | undefined
  private count = 0

  constructor(
    private readonly id: Id.ClientId,
    private readonly scheduler: SchedulerEnd,
    private readonly over: Queue.Queue<Id.Key>,
    /** Something is to be written. */
    private readonly counted: Queue.Queue<void>
  ) {}

  add(key: Id.Key, made: HowMade, spent: ReadonlyArray<Note.Spent> = []): void {
    if (this.kept.has(key)) return
    this.kept.set(key, { want: ++this.count, made })
    this.spent.add(key, made.specs.map((spec) => spec.key))
    this.spent.remember(spent)
  }

  has(key: Id.Key): boolean {
    return this.kept.has(key)
  }

  /** Attached when there is something to be kept, and then for the rest of the life. */
  readonly attached: Effect.Effect<void, never, Scope.Scope> = Effect.suspend(() => {
    if (this.mouth !== undefined) return Effect.void
    let early = false
    const ears: Door.Ears<Note.ToClient> = {
      reset: () => {
        if (this.mouth === undefined) early = true
        else this.tellAll()
      },
      notes: (notes) => notes.forEach((note) => this.hear(note)),
      acked: () => {},
      down: () => {},
      over: () => {}
    }
    return Effect.map(this.scheduler.door.attachClient(this.id, ears), (mouth) => {
      this.mouth = mouth
      if (early) this.tellAll()
    })
  })

  /** The scheduler has just been told of these. */
  want(keys: ReadonlyArray<Id.Key>): void {
    const wants = keys.flatMap((key) => {
      const kept = this.kept.get(key)
      return kept === undefined ? [] : [{ key, want: kept.want }]
    })
    this.mouth?.send([{ _tag: "Submit", specs: [], wants, keep: [] }])
  }

  private tellAll(): void {
    const specs = new Map<Id.Key, Spec.Spec>()
    const cut = new Set<Id.Key>()
    for (const { made } of this.kept.values()) {
      for (const spec of made.specs) if (!specs.has(spec.key)) specs.set(spec.key, spec)
      for (const key of made.cut) cut.add(key)
    }
    const wants = [...this.kept].map(([key, { want }]) => ({ key, want, told: undefined, keep: true }))
    const note: Note.ClientTold = { _tag: "ClientTold", name: "kept", specs: [...specs.values()], wants, offers: [] }
    const spent = this.spent.all
    this.mouth?.send([{ ...note, ...cut.size > 0 && { cut: [...cut] }, ...spent.length > 0 && { spent } }])
  }

  /** What is to be written now, and told once it is. */
  taken(): Change {
    return this.spent.take()
  }
  answer(answers: Change["answers"]): void {
    if (answers.length > 0) this.mouth?.send(answers)
  }

  private hear(note: Note.ToClient): void {
    // The task waits for its word, which is given when the database knows.
    if (note._tag === "TaskSpent") {
      this.spent.hear(note)
      this.counted.unsafeOffer(undefined)
    }
    if (note._tag !== "TaskStored" && note._tag !== "TaskNotStored") return
    const { key, want } = note
    if (this.kept.get(key)?.want !== want) return
    this.kept.delete(key)
    this.spent.delete(key)
    this.mouth?.send([{ _tag: "Release", wants: [{ key, want }], answer: false }])
    this.over.unsafeOffer(key)
  }
}

/** While the database does not answer, it is asked again; a life that is over asks no more. */
const untilAnswered = <A>(life: Life, effect: Effect.Effect<A, ClusterError>): Effect.Effect<A, ClusterError> =>
  Effect.retry(effect, {
    schedule: Schedule.spaced("200 millis"),
    while: (error) => error.reason === "StorageFailed" && life.held()
  })

const dropping = (life: Life, over: Queue.Queue<Id.Key>): Effect.Effect<never> =>
  Effect.gen(function*() {
    const keys = [...(yield* Queue.takeBetween(over, 1, 500))]
    yield* Effect.catchAll(untilAnswered(life, life.kept.drop(keys)), (error) =>
      Effect.logDebug("what was kept is done, and may be done again by the next scheduler", error))
  }).pipe(Effect.forever)

const counting = (life: Life, rows: Rows, keeper: Keeper, counted: Queue.Queue<void>): Effect.Effect<never> =>
  Effect.gen(function*() {
    yield* Queue.take(counted)
    const { answers, rows: changed } = keeper.taken()
    const bytesOf = ({ key, spent }: SpentOf) => ({ key, spent: rows.spentToBytes(spent) })
    yield* Effect.matchEffect(untilAnswered(life, life.kept.spend(changed.map(bytesOf))), {
      onSuccess: () => Effect.sync(() => keeper.answer(answers)),
      onFailure: (error) =>
        Effect.logDebug("what is counted against tasks is not written, and they do not begin", error)
    })
  }).pipe(Effect.forever)

/** The notes of one client, in order; those that follow work which is to be kept wait until it is stored. */
class Line {
  private waiting: Array<Note.FromClient> = []
  private busy = false
  private idle = Deferred.unsafeMake<void>(FiberId.none)

  constructor(
    private readonly mouth: Door.Mouth<Note.FromClient>,
    private readonly keep: (note: Note.FromClient) => Effect.Effect<void> | undefined,
    private readonly run: (effect: Effect.Effect<void>) => void
  ) {}

  readonly send = (notes: ReadonlyArray<Note.FromClient>): void => {
    // Nearly always: nothing waits, and nothing is to be kept.
    if (!this.busy && notes.every((note) => keptBy(note).keys.length === 0)) return this.mouth.send(notes)
    this.waiting.push(...notes)
    if (this.busy) return
    this.busy = true
    this.idle = Deferred.unsafeMake(FiberId.none)
    this.run(Effect.ensuring(
      this.next,
      Effect.suspend(() => {
        this.busy = false
        return Deferred.succeed(this.idle, undefined)
      })
    ))
  }

  private readonly next: Effect.Effect<void> = Effect.suspend(() => {
    const note = this.waiting.shift()
    if (note === undefined) return Effect.void
    const kept = this.keep(note)
    if (kept !== undefined) return Effect.zipRight(kept, this.next)
    this.mouth.send([note])
    return this.next
  })

  /** When all of it has been said. */
  readonly said: Effect.Effect<void> = Effect.suspend(() => this.busy ? Deferred.await(this.idle) : Effect.void)
}

export interface Kept {
  /** Who tells a new life of what was kept before; nobody where nothing was. */
  readonly expect: ReadonlyArray<Id.PeerId>
  /** Begins to tell, and gives the door at which clients are kept their word. */
  readonly door: (scheduler: SchedulerEnd) => Effect.Effect<Door.Service, never, Scope.Scope>
}

/** What earlier lives kept. What cannot be read was written by another version, which may come back. */
const before = (life: Life, rows: Rows): Effect.Effect<ReadonlyMap<Id.Key, Row>, ClusterError> =>
  Effect.gen(function*() {
    const kept = new Map<Id.Key, Row>()
    for (const { bytes, key, spent } of yield* untilAnswered(life, life.kept.all)) {
      const made = yield* Effect.try(() => rows.fromBytes(bytes)).pipe(
        Effect.catchAll((error) =>
          Effect.logWarning(
            `what is kept as ${key} cannot be read, and is left for a node of the version that wrote it`,
            error.error
          )
        )
      )
      if (made === undefined) continue
      kept.set(key, { made, spent: yield* counted(rows, key, spent) })
    }
    return kept
  })

/** The work is done all the same, and what it does is counted anew. */
const counted = (
  rows: Rows,
  key: Id.Key,
  spent: Uint8Array | undefined
): Effect.Effect<ReadonlyArray<Note.Spent>> =>
  Effect.try(() => rows.spentFromBytes(spent)).pipe(
    Effect.catchAll((error) =>
      Effect.as(
        Effect.logWarning(
          `what is counted against the tasks of ${key} was written by another version, and cannot be read: their deaths and ` +
            `failures are counted from zero; if ${key} takes nodes along, cancel it`,
          error.error
        ),
        []
      )
    )
  )

const doorOf = (life: Life, rows: Rows, keeper: Keeper, scheduler: SchedulerEnd) =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const run = Runtime.runFork(yield* Effect.runtime<never>())
    const store = (keys: ReadonlyArray<Id.Key>, brought: HowMade) =>
      Effect.gen(function*() {
        const outside = new Set(brought.specs.flatMap((spec) => [spec.key, ...spec.inputs]))
        const known = yield* scheduler.howMade([...outside, ...keys])
        const made = keys.map((key) => [key, closure(key, brought, known)] as const)
        yield* untilAnswered(
          life,
          life.kept.store(made.map(([key, one]): KeptRow => ({ key, bytes: rows.toBytes(one) })))
        )
        for (const [key, one] of made) keeper.add(key, one)
        yield* Scope.extend(keeper.attached, scope)
      })
    const keep = (mouth: Door.Mouth<Note.FromClient>) => (note: Note.FromClient) => {
      const { brought, keys } = keptBy(note)
      const fresh = keys.filter((key) => !keeper.has(key))
      if (fresh.length === 0) return undefined
      return store(fresh, brought).pipe(
        Effect.catchAll((error) =>
          Effect.logWarning(
            "what is to be kept is not in the database, and ends with its client and the scheduler",
            error
          )
        ),
        Effect.zipRight(Effect.sync(() => {
          mouth.send([note])
          keeper.want(fresh)
        }))
      )
    }
    const door: Door.Service = {
      ...scheduler.door,
      attachClient: (id, ears) =>
        Effect.gen(function*() {
          const mouth = yield* scheduler.door.attachClient(id, ears)
          const line = new Line(mouth, keep(mouth), (effect) => void run(effect, { scope }))
          // It may say goodbye while something is still being stored.
          yield* Effect.addFinalizer(() =>
            Effect.ignore(Effect.timeout(Effect.interruptible(Effect.disconnect(line.said)), "5 seconds"))
          )
          return { ...mouth, send: line.send }
        })
    }
    return door
  })

export const make = (life: Life): Effect.Effect<Kept, ClusterError, Scope.Scope> =>
  Effect.gen(function*() {
    const rows = new Rows(yield* LinkWire.makeParser)
    const kept = yield* before(life, rows)
    const over = yield* Queue.unbounded<Id.Key>()
    yield* Effect.forkScoped(Effect.interruptible(dropping(life, over)))
    const id = `k${randomBytes(6).toString("hex")}`
    return {
      expect: kept.size === 0 ? [] : [id],
      door: (scheduler) =>
        Effect.gen(function*() {
          const counted = yield* Queue.sliding<void>(1)
          const keeper = new Keeper(id, scheduler, over, counted)
          for (const [key, { made, spent }] of kept) keeper.add(key, made, spent)
          yield* Effect.forkScoped(Effect.interruptible(counting(life, rows, keeper, counted)))
          if (kept.size > 0) yield* keeper.attached
          return yield* doorOf(life, rows, keeper, scheduler)
        })
    }
  })
