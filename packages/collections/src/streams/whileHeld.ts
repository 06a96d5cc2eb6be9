/**
 * What is found out anew for each build, but not while something that was built on it is held: the same keys must stand for
 * the same work. It owns for how long what was found is kept.
 */
import * as Client from "creel/Client"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

interface Entry<A> {
  readonly value: A
  /** Of what was submitted to find it. */
  readonly scope: Scope.CloseableScope
  users: number
}

/** In each client apart; kept until the scopes of all who asked have closed. */
export const whileHeld = <A, E, R>(
  make: Effect.Effect<A, E, R>
): Effect.Effect<A, E, Exclude<R, Scope.Scope> | Client.Client | Scope.Scope> => {
  const entries = new Map<string, Entry<A>>()
  // Two at once are one: the second waits for what the first finds.
  const turn = Effect.unsafeMakeSemaphore(1)
  const leave = (client: string, entry: Entry<A>): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (--entry.users > 0) return Effect.void
      if (entries.get(client) === entry) entries.delete(client)
      return Scope.close(entry.scope, Exit.void)
    })
  const enter = (client: string) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        let entry = entries.get(client)
        if (entry === undefined) {
          const scope = yield* Scope.make()
          const value = yield* Effect.onError(
            restore(Scope.extend(make, scope)),
            (cause) => Scope.close(scope, Exit.failCause(cause))
          )
          entry = { value, scope, users: 0 }
          entries.set(client, entry)
        }
        const entered = entry
        entered.users++
        yield* Effect.addFinalizer(() => leave(client, entered))
        return entered.value
      })
    )
  return Effect.flatMap(Client.Client, ({ id }) => turn.withPermits(1)(enter(id)))
}
