/** Names of peers: fresh at each start, twelve hex digits after the letter that says what the peer is. */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"

const half = Effect.map(Random.nextIntBetween(0x100000, 0xffffff), (n) => n.toString(16))

export const freshId = (kind: "c" | "w"): Effect.Effect<string> =>
  Effect.zipWith(half, half, (a, b) => `${kind}${a}${b}`)
