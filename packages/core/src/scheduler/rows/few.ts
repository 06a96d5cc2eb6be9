/**
 * A set that nearly always has one member or none, and then costs a field instead of a hash table.
 *
 * Invariants:
 *   The order of its members is that in which they were added.
 *
 * @since 0.1.0
 */
const none: ReadonlyArray<never> = []

/**
 * @since 0.1.0
 * @category models
 */
export class Few<A extends object> {
  private one: A | undefined = undefined
  private many: Set<A> | undefined = undefined

  get size(): number {
    return this.many !== undefined ? this.many.size : this.one === undefined ? 0 : 1
  }

  has(item: A): boolean {
    return this.many !== undefined ? this.many.has(item) : this.one === item
  }

  add(item: A): void {
    if (this.many !== undefined) this.many.add(item)
    else if (this.one === undefined) this.one = item
    else if (this.one !== item) {
      this.many = new Set([this.one, item])
      this.one = undefined
    }
  }

  delete(item: A): void {
    if (this.many !== undefined) this.many.delete(item)
    else if (this.one === item) this.one = undefined
  }

  /** Its members; of more than one, as they are when the iteration comes to them. */
  values(): Iterable<A> {
    return this.many ?? (this.one === undefined ? none : [this.one])
  }
}
