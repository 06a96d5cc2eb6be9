/**
 * Where a node keeps values: encoded bytes by the name of the value, nothing about tasks or futures. What is in the
 * store is servable; who may read it, and when it is dropped, others decide.
 *
 * @since 0.1.0
 */
import type * as Id from "@creel/core/Id"
import * as Payload from "@creel/core/Payload"

/**
 * The values of one holder.
 *
 * @since 0.1.0
 * @category models
 */
export interface Store {
  readonly get: (value: Id.ValueId) => Payload.Payload | undefined
  /** A value is written once: a second write of the same name is ignored. */
  readonly put: (value: Id.ValueId, payload: Payload.Payload) => void
  readonly drop: (value: Id.ValueId) => void
  /** Bytes held, heads and buffers together. */
  readonly bytes: () => number
  readonly size: () => number
}

/**
 * A store in memory.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (): Store => {
  const values = new Map<Id.ValueId, Payload.Payload>()
  let bytes = 0
  return {
    get: (value) => values.get(value),
    put: (value, payload) => {
      if (values.has(value)) return
      values.set(value, payload)
      bytes += Payload.bytes(payload)
    },
    drop: (value) => {
      const payload = values.get(value)
      if (payload === undefined) return
      values.delete(value)
      bytes -= Payload.bytes(payload)
    },
    bytes: () => bytes,
    size: () => values.size
  }
}
