/**
 * A set that mostly has no member or one: then it is nothing, or that one, and a set of its own only beyond. Rows are
 * related to few others, there are very many rows, and a `Set` for each would cost more than the row.
 *
 * @since 0.1.0
 */

export type Few<A extends object> = undefined | A | Set<A>

export const plus = <A extends object>(few: Few<A>, one: A): Few<A> => {
  if (few === undefined || few === one) return one
  return few instanceof Set ? few.add(one) : new Set([few, one])
}

export const minus = <A extends object>(few: Few<A>, one: A): Few<A> => {
  if (!(few instanceof Set)) return few === one ? undefined : few
  few.delete(one)
  return few.size === 0 ? undefined : few
}

export const has = <A extends object>(few: Few<A>, one: A): boolean =>
  few === one || (few instanceof Set && few.has(one))

/** As they are now: whoever goes through them may change the set. */
export const members = <A extends object>(few: Few<A>): ReadonlyArray<A> =>
  few === undefined ? none : few instanceof Set ? [...few] : [few]

export const size = (few: Few<object>): number => few === undefined ? 0 : few instanceof Set ? few.size : 1

const none: ReadonlyArray<never> = []
