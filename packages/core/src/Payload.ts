/**
 * Encoded bytes, as the machines see them: sizes to count, never values to look into. How values become payloads
 * is `creel`'s business (`Value`).
 *
 * @since 0.1.0
 */

/**
 * One encoded value: a small self-contained head, and the large buffers that stand out of band, each its own
 * (shared, where the encoder was asked to share) memory. A head never is a view into a pool: it can be posted as it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Payload {
  readonly head: Uint8Array
  readonly buffers: ReadonlyArray<ArrayBuffer | SharedArrayBuffer>
}

/**
 * How many bytes a payload holds, head and buffers together.
 *
 * @since 0.1.0
 * @category getters
 */
export const bytes = (payload: Payload): number => {
  let total = payload.head.byteLength
  for (const buffer of payload.buffers) total += buffer.byteLength
  return total
}

/**
 * Payloads up to this many bytes (and without buffers) ride along with notes; larger ones travel by the data plane.
 *
 * @since 0.1.0
 * @category constants
 */
export const inlineMax = 1024

/**
 * Whether a payload is small enough to ride along with a note.
 *
 * @since 0.1.0
 * @category guards
 */
export const isInline = (payload: Payload): boolean =>
  payload.buffers.length === 0 && payload.head.byteLength <= inlineMax

/**
 * @since 0.1.0
 * @category constants
 */
export const empty: Payload = { head: new Uint8Array(0), buffers: [] }
