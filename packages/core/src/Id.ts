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

/** What an engine keeps in the place itself. */
const small = 2 ** 30 - 1

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
 * The number of an attempt within its incarnation, up to 2^30: those that follow each other have numbers that do.
 *
 * @since 0.1.0
 * @category getters
 */
export const numberOf = (attempt: Attempt): number => attempt & small

/**
 * An attempt as people read it: `3.41` is the 41st of the scheduler's third life.
 *
 * @since 0.1.0
 * @category getters
 */
export const formatAttempt = (attempt: Attempt): string => `${incarnationOf(attempt)}.${attempt % perIncarnation}`

// Numbers that follow each other look alike: multiplied by this odd number they do not, and its inverse gives them back.
const spread = 0x9e3779b1
const inverse = 0x0e8b2f51
const digits = 8
const letters = 6

/** Of each hexadecimal digit its character. */
const codeOf = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0))

const digitOf = Int8Array.from({ length: 128 }, (_, code) => {
  const digit = parseInt(String.fromCharCode(code), 16)
  return Number.isNaN(digit) ? -1 : digit
})

/**
 * A key that nothing else has: `prefix`, which ends with a dash; eight digits that say the number and do not look like those of
 * the numbers beside it; and the mark of the client, six letters.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ownKey = (prefix: string, number: number, mark: string): Key => {
  const n = Math.imul(number, spread)
  // In one piece: put together from parts, each part is a string of its own.
  const spelled = String.fromCharCode(
    codeOf[n >>> 28]!,
    codeOf[n >>> 24 & 15]!,
    codeOf[n >>> 20 & 15]!,
    codeOf[n >>> 16 & 15]!,
    codeOf[n >>> 12 & 15]!,
    codeOf[n >>> 8 & 15]!,
    codeOf[n >>> 4 & 15]!,
    codeOf[n & 15]!
  )
  return prefix + spelled + mark
}

/**
 * The number in a key of `ownKey`, or in one that has a tilde before the mark, as those of lazy values do; up to 2^30. Keys that
 * were made one after another have numbers that follow each other. Less than 0 for any other key.
 *
 * @since 0.1.0
 * @category getters
 */
export const numberIn = (key: Key): number => {
  let from = key.length - digits - letters
  if (key.charCodeAt(from + digits - 1) === tilde) from--
  if (from < 1 || key.charCodeAt(from - 1) !== dash) return -1
  let n = 0
  for (let i = from; i < from + digits; i++) {
    const code = key.charCodeAt(i)
    const digit = code < 128 ? digitOf[code]! : -1
    if (digit < 0) return -1
    n = n << 4 | digit
  }
  return Math.imul(n, inverse) & small
}

const dash = 45
const tilde = 126
const dot = 46
const hash = 35
const zero = 48
const nine = 57

/**
 * The name of the value that this attempt at this key makes, if it makes one.
 *
 * @since 0.1.0
 * @category constructors
 */
export const valueId = (key: Key, attempt: Attempt): ValueId => {
  const incarnation = incarnationOf(attempt)
  const number = attempt - incarnation * perIncarnation
  const thousands = Math.floor(number / 1000)
  if (incarnation !== lastIncarnation || thousands !== lastThousands) {
    lastIncarnation = incarnation
    lastThousands = thousands
    lastMark = `#${incarnation}.${thousands === 0 ? "" : thousands}`
  }
  const last = number - thousands * 1000
  // What is short is put together first: it is made in one piece.
  return key + (lastMark + (thousands === 0 ? last : lastDigits[last]!))
}

// Attempts come one after another: what is the same for a thousand of them is put together once, and no number is spelled.
let lastIncarnation = -1
let lastThousands = -1
let lastMark = ""
const lastDigits = Array.from({ length: 1000 }, (_, n) => String(n).padStart(3, "0"))

/**
 * The attempt that makes the value of this name; none for what a client brings.
 *
 * @since 0.1.0
 * @category getters
 */
export const makerIn = (value: ValueId): Attempt | undefined => {
  // Read from its end, digit by digit: it is asked of every value that is let go of.
  let at = value.length
  let made = 0
  for (let unit = 1, code = 0;; unit *= 10) {
    code = value.charCodeAt(--at)
    if (code === dot && unit > 1) break
    if (!(code >= zero && code <= nine)) return undefined
    made += (code - zero) * unit
  }
  for (let unit = perIncarnation, code = 0;; unit *= 10) {
    code = value.charCodeAt(--at)
    if (code === hash && unit > perIncarnation) break
    if (!(code >= zero && code <= nine)) return undefined
    made += (code - zero) * unit
  }
  return Number.isSafeInteger(made) ? made : undefined
}

/**
 * The number of the attempt that makes the value of this name; less than 0 for what a client brings.
 *
 * @since 0.1.0
 * @category getters
 */
export const makerNumberIn = (value: ValueId): number => {
  const maker = makerIn(value)
  return maker === undefined ? -1 : numberOf(maker)
}

/**
 * The name of a value that a client brings: an argument too large for a note, or scattered data.
 *
 * @since 0.1.0
 * @category constructors
 */
export const offeredId = (key: Key, client: ClientId): ValueId => `${key}#${client}`
