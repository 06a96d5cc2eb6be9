/** Random numbers of a seed: the same on every machine and in every run. */

const mix = (n: number): number => {
  let h = n | 0
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return h ^ (h >>> 15)
}

/**
 * Numbers from 0 to below 1, 32 bits each, for one partition of a seed: a Weyl sequence through a mixer (splitmix32).
 * Seeds are numbers of up to 53 bits.
 */
export const randomOf = (seed: number, partition: number): () => number => {
  const low = seed | 0
  const high = Math.floor(seed / 0x100000000) | 0
  let state = mix(mix(mix(low) ^ high) + Math.imul(partition + 1, 0x9e3779b9))
  return () => {
    state = (state + 0x9e3779b9) | 0
    return (mix(state) >>> 0) / 0x100000000
  }
}
