/** What is to be done whoever leaves: real processes, a real database. */
import * as Spec from "@creel/core/Spec"
import { SqlClient } from "@effect/sql"
import { assert, layer } from "@effect/vitest"
import type * as Door from "creel/Door"
import * as Engine from "creel/Engine"
import { Deferred, Effect, Exit, Logger, Schedule, Scope } from "effect"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Keeper from "../src/kept/keeper.js"
import * as LinkWire from "../src/links/wire.js"
import type * as Placement from "../src/Placement.js"
import * as Nodes from "./fixtures/nodes.js"
import * as Postgres from "./fixtures/postgres.js"
import type { Running } from "./utils/processes.js"
import { start } from "./utils/processes.js"

const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(tmpdir(), "creel-keeper-"))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

const until = <E, R>(look: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(look, { until: (there) => there, schedule: Schedule.spaced("50 millis") })

/** How much is kept in this database. */
const kept = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => Effect.map(sql<{ readonly n: number }>`SELECT count(*)::int AS n FROM creel_kept`, ([row]) => row?.n ?? 0)
)

/** The last that it has carried. */
const incarnation = (node: Running): number =>
  Math.max(
    0,
    ...[...node.said().matchAll(/scheduler of default at .*, incarnation (\d+)/g)].map((said) => Number(said[1]))
  )

const bomb = Spec.make({ key: "bomb", digest: "d:bomb", task: "bomb" })

/** The scheduler of this life, and the door at which clients are kept their word. */
const carried = (life: Placement.Life, kept: Keeper.Kept) =>
  Effect.flatMap(
    Engine.scheduler({ incarnation: Effect.succeed(life.incarnation), expect: Effect.succeed(kept.expect) }),
    kept.door
  )

const deaf = { reset: () => {}, acked: () => {}, down: () => {}, over: () => {} }

/** By a client that goes when it has said so. */
const submitted = (door: Door.Service) =>
  Effect.scoped(Effect.map(door.attachClient("c1", { ...deaf, notes: () => {} }), (mouth) =>
    mouth.send([
      { _tag: "ClientTold", name: "c1", specs: [], wants: [], offers: [] },
      { _tag: "Submit", specs: [bomb], wants: [], keep: ["bomb"] }
    ])))

/** A worker whose process the task ends as soon as it begins. */
const bombed = (door: Door.Service, id: string) =>
  Effect.gen(function*() {
    const bang = yield* Deferred.make<void>()
    const mouth = yield* door.attachWorker(id, {
      ...deaf,
      notes: (notes) => {
        for (const note of notes) {
          if (note._tag === "RunTask" && note.asks === true) {
            mouth.send([{ _tag: "TaskStarted", key: "bomb", attempt: note.attempt, at: 0, asks: true }])
          } else if (note._tag === "RunTask" || note._tag === "BeginTask") Deferred.unsafeDone(bang, Exit.void)
        }
      }
    })
    const info = { name: id, node: id, resources: {}, slots: 1, tasks: ["bomb"] }
    mouth.send([{ _tag: "WorkerTold", info, values: [], jobs: [], outcomes: [] }])
    return Deferred.await(bang)
  })

/** One life of the scheduler of this node, which ends with the effect. */
const inLife = <A, E, R>(
  said: Nodes.Ears,
  during: (life: Placement.Life, door: Door.Service) => Effect.Effect<A, E, R>
) =>
  Effect.gen(function*() {
    const { life } = yield* Nodes.next(said, "began")
    const kept = Effect.flatMap(Keeper.make(life), (kept) => carried(life, kept))
    const answer = yield* Effect.scoped(Effect.flatMap(kept, (door) => during(life, door)))
    yield* life.end("its process is gone")
    yield* Nodes.next(said, "ended")
    return answer
  })

layer(Postgres.layer, { excludeTestServices: true })("what a client does not wait for", (it) => {
  it.scoped("is done though what is counted against it was written by another version, and that is said", () =>
    Effect.gen(function*() {
      const postgres = yield* Postgres.Postgres
      const said = yield* Nodes.ears
      yield* Nodes.start(yield* postgres.database("other"), said, "a", ["x"])
      // Deaths were their texts alone.
      const before = [{ key: "bomb", digest: "d:bomb", failures: 0, deaths: ["one", "two"], begins: undefined }]
      const spent = (yield* LinkWire.makeParser)().encode(before) as Uint8Array
      yield* inLife(said, (life, door) =>
        Effect.gen(function*() {
          yield* submitted(door)
          yield* until(Effect.map(life.kept.all, (rows) => rows.length === 1))
          yield* life.kept.spend([{ key: "bomb", spent }])
        }))
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel.label} ${String(message)}`))
      yield* inLife(said, (_, door) => Effect.flatten(bombed(door, "w"))).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, logger))
      )
      const warned = lines.filter((line) => line.startsWith("WARN"))
      assert.lengthOf(warned, 1)
      assert.include(warned[0], "what is counted against the tasks of bomb was written by another version")
      assert.include(warned[0], "cancel it")
    }))

  it.scoped("is done when that client and then the scheduler are killed, and is then kept no longer", () =>
    Effect.gen(function*() {
      const postgres = yield* Postgres.Postgres
      const database = yield* postgres.database("keeper")
      const at = yield* folder
      const nodes = yield* Effect.all(["a", "b", "c"].map((one) => start("node.mjs", [database, one])))
      yield* Effect.all(nodes.map((node) => node.line("ready")), { concurrency: "unbounded" })
      const client = yield* start("forgetful.mjs", [database, at])
      yield* client.line("submitted")
      yield* Effect.gen(function*() {
        yield* until(Effect.map(kept, (n) => n === 1))
        yield* client.kill("SIGKILL")
        yield* nodes.reduce((a, b) => incarnation(a) > incarnation(b) ? a : b).kill("SIGKILL")
        fs.writeFileSync(path.join(at, "go"), "")
        yield* until(Effect.sync(() => fs.existsSync(path.join(at, "result"))))
        assert.strictEqual(fs.readFileSync(path.join(at, "result"), "utf8"), "21")
        yield* until(Effect.map(kept, (n) => n === 0))
      }).pipe(Effect.provide(Postgres.client(database)))
    }))

  it.scoped("takes five processes with it and no more, though each was the scheduler's, and nobody else remembers", () =>
    Effect.gen(function*() {
      const postgres = yield* Postgres.Postgres
      const said = yield* Nodes.ears
      yield* Nodes.start(yield* postgres.database("bomb"), said, "a", ["x"])
      const begun: Array<number> = []
      for (let isThere = true; isThere && begun.length < 8;) {
        const { life } = yield* Nodes.next(said, "began")
        const inLife = yield* Scope.make()
        const door = yield* Scope.extend(Effect.flatMap(Keeper.make(life), (kept) => carried(life, kept)), inLife)
        if (begun.length === 0) yield* submitted(door)
        const gone = until(Effect.map(life.kept.all, (rows) => rows.length === 0))
        const bang = yield* bombed(door, `w${life.incarnation}`)
        isThere = yield* Effect.raceFirst(
          Effect.as(bang, true),
          begun.length === 0 ? Effect.never : Effect.as(gone, false)
        )
        if (isThere) begun.push(life.incarnation)
        // All at once: the scheduler hears nothing of its worker's end.
        yield* Scope.close(inLife, Exit.void)
        yield* life.end("its process is gone")
        yield* Nodes.next(said, "ended")
      }
      // Nobody knew that it was about to begin, the first time.
      assert.lengthOf(begun, 5)
    }))
})
