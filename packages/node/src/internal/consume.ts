/** Reads a mailbox in whatever batches it comes, without a fiber or a yield per batch. */
import * as Effect from "effect/Effect"
import type * as Mailbox from "effect/Mailbox"

export const consume = <A, E>(mailbox: Mailbox.ReadonlyMailbox<A, E>, f: (a: A) => void): Effect.Effect<void, E> => {
  let open = true
  return Effect.whileLoop({
    while: () => open,
    body: () => mailbox.takeAll,
    step: ([chunk, done]) => {
      open = !done
      for (const a of chunk) f(a)
    }
  })
}
