/**
 * Where the nodes of a graph stand: in layers, each node right of all it needs, and near to what it is connected with. Fast
 * enough for some thousand nodes, several times a second.
 */

export interface Placed {
  /** Layer and place in it, for each node. */
  readonly layer: ReadonlyArray<number>
  readonly row: ReadonlyArray<number>
  readonly layers: number
  readonly rows: number
}

type Edges = ReadonlyArray<readonly [from: number, to: number]>

const neighbours = (size: number, edges: Edges, side: 0 | 1): Array<Array<number>> => {
  const lists: Array<Array<number>> = Array.from({ length: size }, () => [])
  for (const edge of edges) {
    if (edge[0] !== edge[1]) lists[edge[side]]!.push(edge[side === 0 ? 1 : 0])
  }
  return lists
}

/** The longest way to each node from one that needs nothing; groups may need each other in circles, which end it. */
const depths = (size: number, inputs: ReadonlyArray<ReadonlyArray<number>>): Array<number> => {
  const depth = new Array<number>(size).fill(-1)
  const open = new Uint8Array(size)
  const visit = (start: number): void => {
    const stack = [start]
    while (stack.length > 0) {
      const node = stack[stack.length - 1]!
      if (depth[node]! >= 0) {
        stack.pop()
        continue
      }
      const first = open[node] === 0
      open[node] = 1
      const missing = first ? inputs[node]!.filter((input) => depth[input] === -1 && open[input] === 0) : []
      if (missing.length > 0) {
        stack.push(...missing)
        continue
      }
      depth[node] = 1 + inputs[node]!.reduce((most, input) => Math.max(most, depth[input]!), -1)
      stack.pop()
    }
  }
  for (let node = 0; node < size; node++) if (depth[node] === -1) visit(node)
  return depth
}

/** Each layer is sorted by the middle of the neighbours in the layers before it, and then after it. */
const sweep = (layers: Array<Array<number>>, row: Array<number>, lists: ReadonlyArray<ReadonlyArray<number>>): void => {
  for (const layer of layers) {
    const middle = new Map<number, number>()
    for (const node of layer) {
      const around = lists[node]!
      const sum = around.reduce((total, other) => total + row[other]!, 0)
      middle.set(node, around.length === 0 ? row[node]! : sum / around.length)
    }
    layer.sort((a, b) => middle.get(a)! - middle.get(b)! || a - b)
    layer.forEach((node, index) => row[node] = index - (layer.length - 1) / 2)
  }
}

export const place = (size: number, edges: Edges): Placed => {
  const inputs = neighbours(size, edges, 1)
  const outputs = neighbours(size, edges, 0)
  const layer = depths(size, inputs)
  const count = layer.reduce((most, one) => Math.max(most, one + 1), 0)
  const layers: Array<Array<number>> = Array.from({ length: count }, () => [])
  layer.forEach((one, node) => layers[one]!.push(node))
  const row = new Array<number>(size).fill(0)
  for (const one of layers) one.forEach((node, index) => row[node] = index - (one.length - 1) / 2)
  for (let turn = 0; turn < 3; turn++) {
    sweep(layers, row, inputs)
    sweep([...layers].reverse(), row, outputs)
  }
  const rows = layers.reduce((most, one) => Math.max(most, one.length), 0)
  return { layer, row, layers: count, rows }
}
