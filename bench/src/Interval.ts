/**
 * How sure a median is: between which of the values that were measured the true one lies, by the sign test. It takes nothing
 * for granted about how the values are spread, so a block that a neighbour disturbed moves it by one place and no more.
 */

/** The probability that of so many throws of a coin at most `heads` are heads. */
const atMost = (heads: number, throws: number): number => {
  let each = 0.5 ** throws
  let sum = each
  for (let n = 1; n <= heads; n++) {
    each *= (throws - n + 1) / n
    sum += each
  }
  return sum
}

/**
 * The narrowest interval between two of the values, as far from either end, that covers the median of what they are drawn
 * from in `level` of all cases. Nothing where they are too few: below six for 95 %.
 */
export const ofMedian = (values: ReadonlyArray<number>, level = 0.95): readonly [number, number] | undefined => {
  const sorted = [...values].sort((a, b) => a - b)
  let cut = -1
  while (cut + 1 < sorted.length / 2 && 1 - 2 * atMost(cut + 1, sorted.length) >= level) cut++
  return cut < 0 ? undefined : [sorted[cut]!, sorted[sorted.length - 1 - cut]!]
}
