/**
 * A set whose members know their neighbours, in the order in which they were added: coming and going asks no table. A
 * member is in one of them at a time.
 *
 * @since 0.1.0
 */

export interface Link<A> {
  previous: A | undefined
  next: A | undefined
}

export class Chain<A extends Link<A>> implements Iterable<A> {
  first: A | undefined = undefined
  private last: A | undefined = undefined
  size = 0

  /** Adds one that is in none. */
  add(item: A): void {
    item.previous = this.last
    item.next = undefined
    if (this.last === undefined) this.first = item
    else this.last.next = item
    this.last = item
    this.size += 1
  }

  /** Takes out one that is in it. */
  delete(item: A): void {
    const { next, previous } = item
    if (previous === undefined) this.first = next
    else previous.next = next
    if (next === undefined) this.last = previous
    else next.previous = previous
    item.previous = item.next = undefined
    this.size -= 1
  }

  /** Goes through them all: for checks. */
  has(item: A): boolean {
    for (const one of this) if (one === item) return true
    return false
  }

  *[Symbol.iterator](): Iterator<A> {
    for (let one = this.first; one !== undefined; one = one.next) yield one
  }
}
