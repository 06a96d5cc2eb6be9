/**
 * Names. A key names wanted work, an attempt names one try at it, a value is named by the attempt that made it.
 *
 * @since 0.1.0
 */

/**
 * Names a piece of work, and the future a client holds of it.
 *
 * @since 0.1.0
 * @category models
 */
export type Key = string

/**
 * Fresh at each start of a worker: a worker that was restarted is another one. Begins with `w`.
 *
 * @since 0.1.0
 * @category models
 */
export type WorkerId = string

/**
 * Fresh at each start of a client. Begins with `c`.
 *
 * @since 0.1.0
 * @category models
 */
export type ClientId = string

/**
 * Whoever may hold a value: a worker, or a client that serves an argument.
 *
 * @since 0.1.0
 * @category models
 */
export type PeerId = WorkerId | ClientId

/**
 * Which life of the scheduler speaks. It only grows, per namespace.
 *
 * @since 0.1.0
 * @category models
 */
export type Incarnation = number

/**
 * One try at a key: the incarnation that started it and its number there, packed into one integer so that it costs
 * nothing to compare: later attempts are greater.
 *
 * @since 0.1.0
 * @category models
 */
export type Attempt = number

/**
 * Names one value, written once. The same key computed twice gives two values.
 *
 * @since 0.1.0
 * @category models
 */
export type ValueId = string

const perIncarnation = 2 ** 32

/**
 * @since 0.1.0
 * @category constructors
 */
export const attempt = (incarnation: Incarnation, number: number): Attempt => incarnation * perIncarnation + number

/**
 * @since 0.1.0
 * @category getters
 */
export const incarnationOf = (attempt: Attempt): Incarnation => Math.floor(attempt / perIncarnation)

/**
 * An attempt as people read it: `3.41` is the 41st of the scheduler's third life.
 *
 * @since 0.1.0
 * @category getters
 */
export const formatAttempt = (attempt: Attempt): string => `${incarnationOf(attempt)}.${attempt % perIncarnation}`

/**
 * The name of the value that this attempt at this key makes, if it makes one.
 *
 * @since 0.1.0
 * @category constructors
 */
export const valueId = (key: Key, attempt: Attempt): ValueId => {
  const incarnation = incarnationOf(attempt)
  if (incarnation !== lastIncarnation) {
    lastIncarnation = incarnation
    lastMark = `#${incarnation}.`
  }
  // What is short is put together first: it is made in one piece.
  return key + (lastMark + (attempt - incarnation * perIncarnation))
}

// Nearly all values are of one incarnation: what comes between is put together once.
let lastIncarnation = -1
let lastMark = ""

/**
 * The attempt that makes the value of this name; none for what a client brings.
 *
 * @since 0.1.0
 * @category getters
 */
export const makerIn = (value: ValueId): Attempt | undefined => {
  const hash = value.lastIndexOf("#")
  const dot = value.indexOf(".", hash)
  if (hash < 0 || dot < 0) return undefined
  const made = attempt(Number(value.slice(hash + 1, dot)), Number(value.slice(dot + 1)))
  return Number.isSafeInteger(made) ? made : undefined
}

/**
 * The name of a value that a client brings: an argument too large for a note, or scattered data.
 *
 * @since 0.1.0
 * @category constructors
 */
export const offeredId = (key: Key, client: ClientId): ValueId => `${key}#${client}`
