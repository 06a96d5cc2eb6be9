/**
 * The order of boxes within their layers: as they came where that crosses no arrows, else by sweeps up and down in which
 * each stands at the middle of its neighbours. Ties keep the order they came in, so that the first stays the first.
 */

export interface Layered {
  /** Nodes by layers, in the order in which they came. */
  readonly layers: ReadonlyArray<ReadonlyArray<number>>
  /** Neighbours in the layer before and in the layer after. */
  readonly before: ReadonlyArray<ReadonlyArray<number>>
  readonly after: ReadonlyArray<ReadonlyArray<number>>
}

/** More sweeps than this have not been seen to help. */
const sweeps = 24

/** Sweeps without a gain after which it is left at that. */
const patience = 6

export const order = (graph: Layered): ReadonlyArray<ReadonlyArray<number>> => {
  // Arrays are changed in place: a layout looks at each arrow some hundred times.
  const layers = graph.layers.map((layer) => [...layer])
  const place: Array<number> = []
  const number = (layer: ReadonlyArray<number>): void => layer.forEach((node, at) => place[node] = at)
  layers.forEach(number)
  let best = layers.map((layer) => [...layer])
  let least = crossings(graph, layers, place)
  for (let sweep = 0, idle = 0; sweep < sweeps && idle < patience && least > 0; sweep++) {
    const down = sweep % 2 === 0
    const neighbours = down ? graph.before : graph.after
    for (let n = 1; n < layers.length; n++) {
      const layer = layers[down ? n : layers.length - 1 - n]!
      sortByMiddle(layer, neighbours, place)
      number(layer)
    }
    exchange(graph, layers, place)
    const count = crossings(graph, layers, place)
    if (count < least) {
      least = count
      best = layers.map((layer) => [...layer])
      idle = 0
    } else idle++
  }
  return best
}

/** Those without neighbours stay where they are; the others are sorted among themselves. */
const sortByMiddle = (
  layer: Array<number>,
  neighbours: ReadonlyArray<ReadonlyArray<number>>,
  place: ReadonlyArray<number>
): void => {
  const middle = new Map<number, number>()
  for (const node of layer) {
    const of = neighbours[node]!
    if (of.length > 0) middle.set(node, of.reduce((sum, one) => sum + place[one]!, 0) / of.length)
  }
  const moving = layer.filter((node) => middle.has(node)).sort((a, b) => middle.get(a)! - middle.get(b)!)
  let next = 0
  for (let at = 0; at < layer.length; at++) {
    if (middle.has(layer[at]!)) layer[at] = moving[next++]!
  }
}

/** Neighbours change places where that saves crossings. */
const exchange = (graph: Layered, layers: ReadonlyArray<Array<number>>, place: Array<number>): void => {
  for (let round = 0, better = true; better && round < 4; round++) {
    better = false
    for (const layer of layers) {
      for (let at = 0; at + 1 < layer.length; at++) {
        const [a, b] = [layer[at]!, layer[at + 1]!]
        const gain = pairs(graph.before[a]!, graph.before[b]!, place) + pairs(graph.after[a]!, graph.after[b]!, place)
        if (gain <= 0) continue
        layer[at] = b
        layer[at + 1] = a
        place[b] = at
        place[a] = at + 1
        better = true
      }
    }
  }
}

/** How many crossings fewer there are once b stands before a. */
const pairs = (a: ReadonlyArray<number>, b: ReadonlyArray<number>, place: ReadonlyArray<number>): number => {
  if (a.length * b.length > 4096) return 0
  let gain = 0
  for (const i of a) for (const j of b) gain += Math.sign(place[i]! - place[j]!)
  return gain
}

export const crossings = (
  graph: Layered,
  layers: ReadonlyArray<ReadonlyArray<number>>,
  place: ReadonlyArray<number>
): number => layers.reduce((sum, layer) => sum + between(layer, graph.after, place), 0)

/** Arrows from one layer to the next that cross: inversions of their ends, counted with a tree of sums. */
const between = (
  layer: ReadonlyArray<number>,
  after: ReadonlyArray<ReadonlyArray<number>>,
  place: ReadonlyArray<number>
): number => {
  const ends = layer.flatMap((node) => after[node]!.map((one) => place[one]!).sort((a, b) => a - b))
  const width = ends.reduce((max, end) => Math.max(max, end + 1), 0)
  const sums = new Array<number>(width + 1).fill(0)
  let count = 0
  ends.forEach((end, seen) => {
    let notAfter = 0
    for (let i = end + 1; i > 0; i -= i & -i) notAfter += sums[i]!
    count += seen - notAfter
    for (let i = end + 1; i <= width; i += i & -i) sums[i]!++
  })
  return count
}
