/**
 * First in, first out, by time. What is taken leaves a gap in front that is closed now and then.
 *
 * @since 0.1.0
 */
export class Queue<A> {
  private items: Array<A> = []
  private times: Array<number> = []
  private head = 0

  /** `at` is never less than before. */
  push(item: A, at: number): void {
    this.items.push(item)
    this.times.push(at)
  }

  peek(): A | undefined {
    return this.items[this.head]
  }

  /** When the first came. */
  at(): number | undefined {
    return this.times[this.head]
  }

  shift(): void {
    this.head += 1
    if (this.head < 64 || this.head * 2 < this.items.length) return
    this.items = this.items.slice(this.head)
    this.times = this.times.slice(this.head)
    this.head = 0
  }
}
