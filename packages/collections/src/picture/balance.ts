/**
 * Where boxes and arrows stand within their layers, once their order is known: each as near to the middle of its
 * neighbours as those beside it allow.
 */

export interface Slot {
  /** Half of what it takes across its layer, the space around it included. */
  readonly half: number
  /** Its neighbours in other layers and how much each pulls. */
  readonly pulls: ReadonlyArray<readonly [slot: number, weight: number]>
}

/** Rounds after which nothing moves by more than the eye can see, but in graphs nobody can read anyway. */
const rounds = 40

/** Moves `at`, the middles of the slots, in place. */
export const balance = (
  slots: ReadonlyArray<Slot>,
  layers: ReadonlyArray<ReadonlyArray<number>>,
  at: Array<number>
): void => {
  for (let round = 0; round < rounds; round++) {
    let moved = 0
    for (let n = 0; n < layers.length; n++) {
      moved = Math.max(moved, settle(slots, layers[round % 2 === 0 ? n : layers.length - 1 - n]!, at))
    }
    if (moved < 0.25) return
  }
}

interface Block {
  /** Where its first slot wants to stand, as a weighted mean. */
  sum: number
  weight: number
  readonly first: number
  count: number
}

/**
 * One layer, given the others: the places nearest to where each wants to be that keep order and distance. Slots that
 * push each other become one block, which stands at the mean of what its slots want.
 */
const settle = (slots: ReadonlyArray<Slot>, layer: ReadonlyArray<number>, at: Array<number>): number => {
  // Measured from the first slot of the layer, were all pushed together: distances fall away.
  const off: Array<number> = [0]
  for (let i = 1; i < layer.length; i++) off.push(off[i - 1]! + slots[layer[i - 1]!]!.half + slots[layer[i]!]!.half)
  const blocks: Array<Block> = []
  layer.forEach((slot, i) => {
    const { pulls } = slots[slot]!
    let sum = 0
    let weight = 0
    for (const [other, pull] of pulls) {
      sum += at[other]! * pull
      weight += pull
    }
    // What nothing pulls stays, but gives way.
    const [want, strength] = weight === 0 ? [at[slot]!, 0.01] : [sum / weight, weight]
    blocks.push({ sum: (want - off[i]!) * strength, weight: strength, first: i, count: 1 })
    while (blocks.length > 1) {
      const last = blocks[blocks.length - 1]!
      const before = blocks[blocks.length - 2]!
      if (before.sum / before.weight <= last.sum / last.weight) break
      blocks.pop()
      before.sum += last.sum
      before.weight += last.weight
      before.count += last.count
    }
  })
  let moved = 0
  for (const block of blocks) {
    for (let i = block.first; i < block.first + block.count; i++) {
      const to = block.sum / block.weight + off[i]!
      moved = Math.max(moved, Math.abs(to - at[layer[i]!]!))
      at[layer[i]!] = to
    }
  }
  return moved
}
