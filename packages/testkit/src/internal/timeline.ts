/**
 * Virtual time: what will happen, and when. Things due at the same millisecond happen in the order they were planned.
 *
 * @since 0.1.0
 */
interface Entry {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)

/** A binary heap, mutated in place: a run takes it millions of times. */
export class Timeline {
  now = 0
  private order = 0
  private readonly heap: Array<Entry> = []
  constructor(start: number) {
    this.now = start
  }
  get size(): number {
    return this.heap.length
  }
  after(delay: number, run: () => void): void {
    this.at(this.now + delay, run)
  }
  at(at: number, run: () => void): void {
    const entry: Entry = { at: Math.max(at, this.now), order: this.order++, run }
    const heap = this.heap
    let i = heap.push(entry) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(entry, heap[parent]!)) break
      heap[i] = heap[parent]!
      i = parent
    }
    heap[i] = entry
  }
  /** When the next thing is due. */
  peek(): number | undefined {
    return this.heap[0]?.at
  }
  /** Moves time to the next thing and does it; false when nothing is planned. */
  advance(): boolean {
    const entry = this.pop()
    if (entry === undefined) return false
    this.now = entry.at
    entry.run()
    return true
  }
  private pop(): Entry | undefined {
    const heap = this.heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[i] = heap[child]!
      i = child
    }
    heap[i] = last
    return first
  }
}
