/**
 * The queue of a class: its members in their order, each able to leave from the middle.
 *
 * Owns the order of its members. Nearly all come in their order: these stand in a line, where coming, leaving and
 * looking at the first take no comparison but one. The others stand in a heap beside it.
 *
 * Invariants:
 *   H3. A member of the line has place `-2 - (base + its index)`, one of the heap its index there, any other row -1.
 *   H4. The line is in order.
 *
 * @since 0.1.0
 */
import { Heap } from "./heap.js"

const none = -1
const compactAt = 1_024
const keptMax = 16_384

/**
 * Mutable for speed: only the scheduler's step touches it.
 *
 * @since 0.1.0
 * @category models
 */
export class Queue<A extends { place: number }> {
  /** From `head` to before `end`; who left from the middle left a gap. */
  private line: Array<A | undefined> = []
  private head = 0
  private end = 0
  /** How many were cut off before the line's index 0. */
  private base = 0
  private inLine = 0
  private readonly heap: Heap<A>

  constructor(private readonly before: (a: A, b: A) => boolean) {
    this.heap = new Heap(before)
  }

  get size(): number {
    return this.inLine + this.heap.size
  }

  has(item: A): boolean {
    return item.place === none ? false : item.place >= 0 ? this.heap.has(item) : this.line[this.index(item)] === item
  }

  peek(): A | undefined {
    const first = this.inLine === 0 ? undefined : this.line[this.head]
    const other = this.heap.peek()
    return first === undefined || (other !== undefined && this.before(other, first)) ? other : first
  }

  push(item: A): void {
    if (this.inLine > 0 && this.before(item, this.line[this.end - 1]!)) return this.heap.push(item)
    item.place = none - 1 - this.base - this.end
    this.line[this.end++] = item
    this.inLine++
  }

  delete(item: A): boolean {
    if (item.place === none) return false
    if (item.place >= 0) return this.heap.delete(item)
    const { line } = this
    const index = this.index(item)
    item.place = none
    line[index] = undefined
    this.inLine--
    if (this.inLine === 0) {
      this.head = this.end = this.base = 0
      if (line.length > keptMax) this.line = []
      return true
    }
    if (index === this.end - 1) { while (line[this.end - 1] === undefined) this.end-- }
    if (index === this.head) this.advance()
    return true
  }

  /** In no particular order. */
  members(): Array<A> {
    const out = [...this.heap.items]
    for (const item of this.line) if (item !== undefined) out.push(item)
    return out
  }

  /** How many members come before this one, which is one of them. Nothing is put together for it, however many there are. */
  countBefore(item: A): number {
    return this.countInLine(item) + this.heap.countBefore(item)
  }

  private countInLine(item: A): number {
    const { line } = this
    // Where it stands in line itself, nobody has to be compared with it.
    const end = item.place < none ? this.index(item) : this.end
    let count = 0
    for (let n = this.head; n < end; n++) {
      const one = line[n]
      if (one === undefined) continue
      if (item.place >= 0 && !this.before(one, item)) break
      count++
    }
    return count
  }

  /** So many of its members, the first of the line before others. */
  sample(count: number): ReadonlyArray<A> {
    const out: Array<A> = []
    for (let n = this.head; n < this.end && out.length < count; n++) {
      const item = this.line[n]
      if (item !== undefined) out.push(item)
    }
    for (let n = 0; n < this.heap.size && out.length < count; n++) out.push(this.heap.items[n]!)
    return out
  }

  private index(item: A): number {
    return none - 1 - item.place - this.base
  }

  /** The head is a member, and what is before it is cut off now and then. */
  private advance(): void {
    while (this.line[this.head] === undefined) this.head++
    if (this.head < compactAt || this.head * 2 < this.end) return
    this.line = this.line.slice(this.head, this.end)
    this.base += this.head
    this.end -= this.head
    this.head = 0
  }

  /** The broken invariants, in words. */
  check(name: string): ReadonlyArray<string> {
    const broken = [...this.heap.check(name)]
    let last: A | undefined
    let count = 0
    this.line.forEach((item, index) => {
      if (item === undefined) return
      count++
      if (index < this.head || index >= this.end || this.index(item) !== index) {
        broken.push(`H3 ${name}: member ${index} is misplaced`)
      }
      if (last !== undefined && this.before(item, last)) broken.push(`H4 ${name}: member ${index} is out of order`)
      last = item
    })
    if (count !== this.inLine) broken.push(`H3 ${name}: ${this.inLine} are said to stand in line, ${count} do`)
    if (count > 0 && this.line[this.head] === undefined) broken.push(`H3 ${name}: nobody at the head`)
    if (count > 0 && this.line[this.end - 1] === undefined) broken.push(`H3 ${name}: nobody at the end`)
    return broken
  }
}
