/**
 * How long until a cluster is ready, until it has answered the first task, and until then since the program was started.
 */
import type { Client } from "creel/Client"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"
import { cluster, withPool } from "../subjects/subject.js"

const firstIs = (value: number): Effect.Effect<void> =>
  value === 2 ? Effect.void : Effect.dieMessage(`the first result is ${value}, not 2`)

const said = (order: Order, started: number) =>
  Effect.sync(() => {
    emit({ figure: "startup-first", value: performance.now() - started })
    emit({ figure: "startup-program", value: Date.now() - order.startedAt })
  })

const onCreel = (order: Order, creel: Layer.Layer<Client, unknown>) =>
  Effect.gen(function*() {
    const { Client } = yield* Effect.promise(() => import("creel"))
    const Tasks = yield* Effect.promise(() => import("../tasks.js"))
    const started = performance.now()
    const context = yield* Layer.build(creel)
    emit({ figure: "startup-ready", value: performance.now() - started })
    yield* Effect.provide(Effect.flatMap(Client.run(Tasks.inc, 1), firstIs), context)
    yield* said(order, started)
  }).pipe(Effect.scoped)

const onRpc = (order: Order) =>
  Effect.gen(function*() {
    const { Client, effectRpc } = yield* Effect.promise(() => import("../subjects/effectRpc.js"))
    const started = performance.now()
    const context = yield* Layer.build(effectRpc)
    emit({ figure: "startup-ready", value: performance.now() - started })
    yield* Effect.provide(Effect.flatMap(Effect.flatMap(Client, (client) => client.inc({ x: 1 })), firstIs), context)
    yield* said(order, started)
  }).pipe(Effect.scoped)

const onPool = (order: Order) =>
  Effect.gen(function*() {
    // the library, named as the subject is, is loaded before the clock starts, as for all
    yield* Effect.promise(() => import(order.subject.replace(/-\d+$/, "")))
    const started = performance.now()
    yield* withPool(order.subject, (pool) =>
      Effect.promise(() => pool.inc(1)).pipe(Effect.flatMap(firstIs), Effect.zipRight(said(order, started))))
  })

export const run = (order: Order): Effect.Effect<void, unknown> =>
  Effect.flatMap(cluster(order.subject), (creel) => {
    if (creel !== undefined) return onCreel(order, creel)
    return order.subject === "effect-rpc" ? onRpc(order) : onPool(order)
  })
