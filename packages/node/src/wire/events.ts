/** Events up, as columns: what each consists of. */
import type { AttemptEvent } from "../ExecutorRpcs.js"
import type { Batch } from "./batch.js"
import { BatchReader, BatchWriter, readAll } from "./batch.js"
import type { Wire } from "./wire.js"
import { channelWork, owned, unshared } from "./wire.js"

const kindValue = 0
const kindClaimed = 1
const kindUnready = 2
const kindResumed = 3
/** Rare ones cross as they are. */
const kindOther = 4

/** The executor's side. What is said in one turn crosses at once. */
export const makeSender = (wire: Wire, shares: boolean): (event: AttemptEvent) => void => {
  const out = new BatchWriter(shares ? (payload) => payload : unshared)
  const soon = wire.gather(channelWork, () => out.take(), "turn")
  return (event) => {
    if (event._tag === "Ended" && event.outcome._tag === "Value") {
      out.number(kindValue)
      out.attempt(event.attempt)
      out.millis(event.millis)
      out.name(event.outcome.type)
      out.payload(event.outcome.payload)
    } else if (event._tag === "Claimed" || event._tag === "Unready" || event._tag === "Resumed") {
      out.number(event._tag === "Claimed" ? kindClaimed : event._tag === "Unready" ? kindUnready : kindResumed)
      out.attempt(event.attempt)
    } else {
      out.number(kindOther)
      out.other(event)
    }
    soon()
  }
}

const read = (from: BatchReader): AttemptEvent => {
  const kind = from.number()
  switch (kind) {
    case kindValue: {
      const attempt = from.attempt()
      const millis = from.millis()
      const type = from.name()
      return { _tag: "Ended", attempt, outcome: { _tag: "Value", payload: from.payload()!, type }, millis }
    }
    case kindClaimed:
      return { _tag: "Claimed", attempt: from.attempt() }
    case kindUnready:
      return { _tag: "Unready", attempt: from.attempt() }
    case kindResumed:
      return { _tag: "Resumed", attempt: from.attempt() }
    default:
      return from.other<AttemptEvent>()
  }
}

/** The node's side. */
export const listen = (wire: Wire, hear: (event: AttemptEvent) => void): () => void => {
  const from = new BatchReader(owned)
  return wire.listen(channelWork, (batch) => readAll(from, batch as Batch, read, hear))
}
