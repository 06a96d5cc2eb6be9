/** A worker's hands, beside executors and a scheduler that do as they are told: where small values are. */
import * as Id from "@creel/core/Id"
import type * as Note from "@creel/core/Note"
import * as Payload from "@creel/core/Payload"
import * as Spec from "@creel/core/Spec"
import type * as Machine from "@creel/core/Worker"
import { assert, describe, it } from "@effect/vitest"
import { type Door, type Executor, Shelf, Store } from "creel"
import * as Effect from "effect/Effect"
import * as WorkerActor from "../src/engine/workerActor.js"
import { eventually } from "./LocalCluster.fixture.js"
import { deafService } from "./promises/deafDoor.js"

const payloadOf = (n: number): Payload.Payload => Payload.copyOf(new Uint8Array(100).fill(n))

const valueOf = Id.valueId

const input = (key: string, attempt: number, inline?: Payload.Payload): Note.Input => ({
  key,
  value: valueOf(key, attempt),
  digest: key,
  bytes: 100,
  holders: ["w1"],
  ahead: false,
  inline
})

const runTask = (key: string, attempt: number, inputs: ReadonlyArray<Note.Input> = [], asks?: true): Note.RunTask => ({
  _tag: "RunTask",
  attempt,
  order: [0, 0, attempt],
  inputs,
  failures: 0,
  ...asks === true && { asks },
  spec: Spec.make({ key, digest: key, task: "t", inputs: inputs.map((one) => one.key) })
})

const world = (config?: Partial<Machine.Config>) =>
  Effect.gen(function*() {
    const files = new Map<string, Payload.Payload>()
    const store = Store.make({
      write: (value, payload) => Effect.sync(() => void files.set(value, payload)),
      read: (value) => Effect.sync(() => files.get(value)!),
      remove: (value) => void files.delete(value)
    })
    const shelf = Shelf.make()
    shelf.serve("w1", store)
    const jobs: Array<Executor.Job> = []
    const held = new Map<string, Payload.Payload | undefined>()
    let emit: (event: Executor.ExecutorEvent) => void = () => {}
    let hear: (...notes: ReadonlyArray<Note.ToWorker>) => void = () => {}
    const actor = yield* WorkerActor.make({
      id: "w1",
      info: { name: "one", node: "n1", host: undefined, resources: {} },
      store,
      config: { postAheadMillis: 0, ...config },
      executors: {
        start: (to) => Effect.sync(() => void (emit = to)),
        run: (_, job) => void jobs.push(job),
        interrupt: () => {},
        proceed: () => {},
        end: () => {}
      },
      door: {
        ...deafService(),
        attachWorker: (_, ears: Door.Ears<Note.ToWorker>) =>
          Effect.sync(() => {
            hear = (...notes) => ears.notes(notes)
            ears.reset({ incarnation: 1, heartbeat: 1000 }, [])
            return {
              send: (notes) => {
                // Whoever is told that it is here may read it.
                for (const note of notes) if (note._tag === "ValueHeld") held.set(note.value, store.get(note.value))
              }
            }
          })
      }
    })
    const up = (executor: string) => emit({ _tag: "Up", executor, slots: 1, tasks: ["t"] })
    up("e0")
    const ended = (attempt: number, payload: Payload.Payload) =>
      emit({ _tag: "Ended", attempt, millis: 1, outcome: { _tag: "Value", payload, type: "t" } })
    const begun = (attempt: number) => eventually(() => jobs.some((job) => job.attempt === attempt))
    /** A task runs here, and its value is told. */
    const make = (key: string, attempt: number, payload: Payload.Payload) =>
      Effect.gen(function*() {
        hear(runTask(key, attempt))
        yield* begun(attempt)
        ended(attempt, payload)
        yield* eventually(() => held.has(valueOf(key, attempt)))
      })
    return {
      actor,
      begun,
      emit: (event: Executor.ExecutorEvent) => emit(event),
      ended,
      files,
      hear,
      held,
      jobs,
      make,
      shelf,
      store,
      up
    }
  })

describe("small values of a worker", () => {
  it.scopedLive("are there before anyone hears of them, are not put into the store, and go when they are dropped", () =>
    Effect.gen(function*() {
      const { actor, begun, hear, held, jobs, make, shelf, store } = yield* world()
      const value = valueOf("a", 1)
      yield* make("a", 1, payloadOf(1))
      assert.strictEqual(held.get(value), payloadOf(1))
      assert.strictEqual(store.size(), 0)
      assert.strictEqual(actor.state().heldBytes, 100)
      assert.strictEqual(yield* shelf.read(value, "w1"), payloadOf(1))
      // Beside one that rode along with its job.
      hear(runTask("b", 2, [input("a", 1), input("z", 9, payloadOf(9))]))
      yield* begun(2)
      assert.deepStrictEqual(jobs.at(-1)!.inputs.map(({ payload }) => payload), [payloadOf(1), payloadOf(9)])
      assert.strictEqual(store.size(), 0)
      hear({ _tag: "DropValue", value })
      yield* eventually(() => actor.state().heldBytes === 100)
      assert.strictEqual((yield* Effect.flip(shelf.read(value, "w1"))).why, "gone")
      assert.strictEqual(yield* shelf.read(valueOf("z", 9), "w1"), payloadOf(9))
    }))

  it.scopedLive("large ones are put there", () =>
    Effect.gen(function*() {
      const { held, make, store } = yield* world()
      const large = Payload.make(new Uint8Array(2000))
      yield* make("a", 1, large)
      assert.strictEqual(held.get(valueOf("a", 1)), large)
      assert.deepStrictEqual([store.size(), store.bytes()], [1, 2000])
    }))

  it.scopedLive("go to the disk where small ones may, are read there, and are loaded for who needs them", () =>
    Effect.gen(function*() {
      const { actor, begun, files, hear, jobs, make, shelf, store } = yield* world({
        memory: { limit: 1000, target: 0.3, disk: 1e6, spillMin: 1 }
      })
      for (let n = 1; n <= 5; n++) yield* make("a", n, payloadOf(n))
      yield* eventually(() => actor.state().memory!.here <= 300)
      assert.strictEqual(actor.state().memory!.onDisk, 200)
      assert.deepStrictEqual([...files.keys()], [valueOf("a", 1), valueOf("a", 2)])
      for (let n = 1; n <= 5; n++) assert.strictEqual(yield* shelf.read(valueOf("a", n), "w1"), payloadOf(n))
      assert.strictEqual(store.get(valueOf("a", 1)), undefined)
      hear(runTask("b", 9, [input("a", 1), input("a", 5)]))
      yield* begun(9)
      assert.deepStrictEqual(jobs.at(-1)!.inputs.map(({ payload }) => payload), [payloadOf(1), payloadOf(5)])
      for (let n = 1; n <= 5; n++) hear({ _tag: "DropValue", value: valueOf("a", n) })
      yield* eventually(() => actor.state().heldBytes === 0)
      assert.deepStrictEqual([files.size, store.size(), store.bytes()], [0, 0, 0])
    }))

  it.scopedLive("are given to a job that may begin, though they are dropped in the same breath", () =>
    Effect.gen(function*() {
      const { actor, begun, hear, jobs, make } = yield* world()
      yield* make("a", 1, payloadOf(1))
      hear(runTask("b", 2, [input("a", 1)], true))
      yield* eventually(() => actor.state().jobs.get(2)?.state._tag === "Running")
      hear(
        { _tag: "BeginTask", key: "b", attempt: 2 },
        { _tag: "DropValue", value: valueOf("a", 1) }
      )
      yield* begun(2)
      assert.deepStrictEqual(jobs.at(-1)!.inputs.map(({ payload }) => payload), [payloadOf(1)])
      assert.strictEqual(actor.state().heldBytes, 0)
    }))

  it.scopedLive("that an executor speaks of when it is down are none", () =>
    Effect.gen(function*() {
      const { actor, begun, emit, ended, hear, held, up } = yield* world()
      hear(runTask("a", 1))
      yield* begun(1)
      up("e1")
      yield* eventually(() => actor.state().executors.has("e1"))
      emit({ _tag: "Down", executor: "e0", started: [], detail: "exit code 9", expected: true })
      ended(1, payloadOf(1))
      hear(runTask("b", 2))
      yield* begun(2)
      ended(2, payloadOf(2))
      yield* eventually(() => held.has(valueOf("b", 2)))
      assert.deepStrictEqual([...held], [[valueOf("b", 2), payloadOf(2)]])
      assert.strictEqual(actor.state().heldBytes, 100)
    }))
})
