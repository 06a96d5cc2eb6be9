/** The order of elements: natural, or one of Effect's; and the highest few of many. */
import * as Order from "effect/Order"

/**
 * Numbers by size, `NaN` below all of them; strings by their code units, bigints, booleans, Dates. What cannot be compared is
 * equal.
 */
export const compareNatural = (a: any, b: any): number =>
  a < b ? -1 : a > b ? 1 : a === b ? 0 : a !== a ? b !== b ? 0 : -1 : b !== b ? 1 : 0

/** Effect's own orders close over each other and have no text that could be sent, but a name. */
export const namedOrders: ReadonlyMap<string, (a: any, b: any) => number> = new Map<string, (a: any, b: any) => number>(
  [
    ["number", Order.number],
    ["string", Order.string],
    ["bigint", Order.bigint],
    ["boolean", Order.boolean],
    ["Date", Order.Date]
  ]
)

const names = new Map(Array.from(namedOrders, ([name, order]) => [order, name]))

export const nameOfOrder = (order: unknown): string | undefined => names.get(order as (a: any, b: any) => number)

interface Ranked<A> {
  readonly rank: unknown
  readonly seq: number
  readonly x: A
}

/** The k highest, of equal ones those that came first: a heap with the lowest of them on top. */
export class Top<A> {
  private readonly heap: Array<Ranked<A>> = []
  private seq = 0

  constructor(private readonly k: number) {}

  add(rank: unknown, x: A): void {
    const seq = this.seq++
    if (this.heap.length < this.k) this.up({ rank, seq, x })
    else if (this.k > 0 && compareNatural(rank, this.heap[0]!.rank) > 0) this.down({ rank, seq, x })
  }

  /** The ranks and what has them, the highest first. */
  sorted(): readonly [Array<unknown>, Array<A>] {
    const sorted = Array.from(this.heap).sort((a, b) => -lower(a, b))
    return [sorted.map(({ rank }) => rank), sorted.map(({ x }) => x)]
  }

  private up(item: Ranked<A>): void {
    const { heap } = this
    let at = heap.push(item) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (lower(item, heap[parent]!) >= 0) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = item
  }

  private down(item: Ranked<A>): void {
    const { heap } = this
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && lower(heap[child + 1]!, heap[child]!) < 0) child++
      if (lower(item, heap[child]!) <= 0) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = item
  }
}

/** Below 0 where `a` goes before `b` goes. */
const lower = (a: Ranked<unknown>, b: Ranked<unknown>): number => compareNatural(a.rank, b.rank) || b.seq - a.seq
