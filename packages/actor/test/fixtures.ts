/** Actors for the tests: one that counts, one that notes what it is given. */
import { Actor } from "@creel/actor"
import { Rpc, RpcGroup } from "@effect/rpc"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"

export class TooMuch extends Schema.TaggedError<TooMuch>()("TooMuch", { limit: Schema.Number }) {}

export class Counter extends RpcGroup.make(
  Rpc.make("Add", { payload: { by: Schema.Number }, success: Schema.Number, error: TooMuch }),
  Rpc.make("Get", { success: Schema.Number }),
  Rpc.make("Crash", { payload: { why: Schema.String } })
) {}

export const counter = (options?: { readonly log?: Array<string> }) =>
  Actor.make(Counter, {
    name: "counter",
    behavior: () =>
      Effect.gen(function*() {
        const count = yield* Ref.make(0)
        yield* Effect.addFinalizer(() => Effect.sync(() => options?.log?.push("released")))
        return Counter.of({
          Add: ({ by }) => by > 100 ? Effect.fail(new TooMuch({ limit: 100 })) : Ref.updateAndGet(count, (n) => n + by),
          Get: () => Ref.get(count),
          Crash: ({ why }) => Effect.die(new Error(why))
        })
      })
  })

/** Notes what it is given, in order; `Wait` takes until the gate opens. */
export class Notes extends RpcGroup.make(
  Rpc.make("Note", { payload: { text: Schema.String } }),
  Rpc.make("Wait", { payload: { text: Schema.String }, success: Schema.String }),
  Rpc.make("Open"),
  Rpc.make("Gone", { payload: { actor: Schema.String } })
) {}

export interface NotesOptions {
  readonly capacity?: number
  readonly stash?: number
  readonly gate?: Deferred.Deferred<void>
  readonly setup?: (context: Actor.ActorContext<NotesRpcs>) => Effect.Effect<void>
}
export type NotesRpcs = RpcGroup.Rpcs<typeof Notes>

export const notes = (seen: Array<string>, { gate, setup, ...options }: NotesOptions = {}) =>
  Actor.make(Notes, {
    name: "notes",
    ...options,
    behavior: (context) =>
      Effect.gen(function*() {
        yield* Effect.addFinalizer(() => Effect.sync(() => seen.push("released")))
        if (setup !== undefined) yield* setup(context)
        return Notes.of({
          Note: ({ text }) => Effect.sync(() => void seen.push(text)),
          Wait: ({ text }) =>
            Effect.gen(function*() {
              seen.push(`begin ${text}`)
              if (gate !== undefined) yield* Deferred.await(gate)
              seen.push(`end ${text}`)
              return text
            }).pipe(Effect.onInterrupt(() => Effect.sync(() => seen.push(`interrupt ${text}`)))),
          Open: () => Effect.void,
          Gone: ({ actor }) => Effect.sync(() => void seen.push(`gone ${actor}`))
        })
      })
  })

export type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false

export const quiet = Effect.yieldNow().pipe(Effect.repeatN(50))
