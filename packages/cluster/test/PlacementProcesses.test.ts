import { assert, layer } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as Nodes from "./fixtures/nodes.js"
import * as Postgres from "./fixtures/postgres.js"
import * as PostgresShared from "./fixtures/postgresShared.js"
import * as Processes from "./fixtures/processes.js"

// Where a process stands still for seconds, as on busy machines, its scheduler may have lived twice: who has it counts, and
// that lives are numbered, not how many there were.

/** A node that carries the scheduler and one that could, each a process; and a client in this one. */
const two = (name: string) =>
  Effect.gen(function*() {
    const url = yield* Effect.flatMap(Postgres.Postgres, (postgres) => postgres.database(name))
    const a = yield* Processes.start(url, "a", ["x"])
    yield* Processes.until(a, "acts", 1)
    const b = yield* Processes.start(url, "b", ["x"])
    yield* Processes.until(b, "up")
    const client = yield* Nodes.client(url, { expiry: "4 seconds" })
    assert.strictEqual((yield* client.locate("x")).address, "a:1")
    return { a, b, client }
  })

layer(PostgresShared.layer, { excludeTestServices: true, timeout: "120 seconds" })("Placement of processes", (it) => {
  it.scoped("kill -9 of the scheduler's node: another takes over, and a call in flight is answered by it", () =>
    Effect.gen(function*() {
      const { a, b, client } = yield* two("killed")
      // Sent to one who reads nothing any more, over a connection that is open.
      yield* a.signal("SIGSTOP")
      const inFlight = yield* Effect.fork(client.locate("x"))
      yield* a.signal("SIGKILL")
      yield* a.exit
      yield* Processes.until(b, "began", 2)
      const place = yield* Fiber.join(inFlight)
      assert.isAtLeast(place.incarnation, 2)
      assert.deepStrictEqual(place, { ...place, namespace: "x", address: `b:${place.incarnation}` })
    }))

  it.scoped("SIGSTOP of the scheduler's node: another takes over; awake again it acts no more, and can carry again", () =>
    Effect.gen(function*() {
      const { a, b, client } = yield* two("frozen")
      yield* a.signal("SIGSTOP")
      yield* Processes.until(b, "acts", 2)
      assert.match((yield* client.locate("x")).address, /^b:/)
      // What it had said before is read by now: it was frozen for the whole expiry.
      yield* a.lines.takeAll
      yield* a.signal("SIGCONT")
      const woken = yield* Processes.until(a, "ended", 1)
      assert.deepStrictEqual(woken.map((line) => line.what), ["ended"])
      assert.match((yield* client.locate("x")).address, /^b:/)
      yield* b.signal("SIGKILL")
      yield* Processes.until(a, "began")
      assert.match((yield* client.locate("x")).address, /^a:/)
    }))

  it.scoped("SIGTERM of the scheduler's node: it ends there, then begins on another", () =>
    Effect.gen(function*() {
      const { a, b, client } = yield* two("terminated")
      yield* a.signal("SIGTERM")
      const last = (yield* Processes.until(a, "down")).filter((line) => line.what !== "acts")
      yield* a.exit
      assert.deepStrictEqual(last.map((line) => `${line.what} ${line.incarnation}`), ["ended 1", "down 0"])
      const [began] = (yield* Processes.until(b, "began", 2)).slice(-1)
      assert.isAtLeast(began?.at ?? 0, last[0]?.at ?? Infinity)
      assert.match((yield* client.locate("x")).address, /^b:/)
    }))
})
