/**
 * What the works of group `tasks` must add up to, whoever does them.
 */

/** The sum of `x + 1` over `0 … n - 1`. */
export const incremented = (n: number): number => n * (n + 1) / 2

export const same = (n: number): number => n

/** Leaves and the additions over them. */
export const treeTasks = (n: number): number => 2 * n - 1
