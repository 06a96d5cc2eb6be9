/**
 * Rows by their names, at the places that numbers in these names say. Names are given one after another, so rows that came
 * together stand side by side, in small pages which come and go with them: no hash of a name, and nothing that doubles and
 * moves all it has while everything waits.
 *
 * Owns where a row stands. A name without a number, or one whose place another name has, stands in maps beside the pages.
 *
 * @since 0.1.0
 */
import { Maps } from "./maps.js"

class Page<A> {
  readonly rows: Array<A | undefined>
  count = 0

  constructor(size: number) {
    this.rows = new Array<A | undefined>(size).fill(undefined)
  }
}

/**
 * @since 0.1.0
 * @category models
 */
export class Table<K, A extends object> {
  private readonly pages = new Map<number, Page<A>>()
  /** The page asked for last, and its number: what is asked for next nearly always stands there too. */
  private page: Page<A> | undefined = undefined
  private pageAt = -1
  private readonly far = new Maps<K, A>()
  private readonly mask: number
  size = 0

  /**
   * `numberOf`: of a name, 0 or more and a small integer; less than 0 for a name that has none. A page has 2^`bits` places,
   * which are taken up by whoever stands there alone, too. `numberIn`: of a row's own name, where the row remembers it.
   */
  constructor(
    private readonly numberOf: (name: K) => number,
    private readonly nameOf: (row: A) => K,
    private readonly bits: number = 8,
    private readonly numberIn: (row: A) => number = (row) => numberOf(nameOf(row))
  ) {
    this.mask = (1 << bits) - 1
  }

  private find(at: number): Page<A> | undefined {
    if (at === this.pageAt) return this.page
    const page = this.pages.get(at)
    if (page === undefined) return undefined
    this.pageAt = at
    return this.page = page
  }

  get(name: K): A | undefined {
    const number = this.numberOf(name)
    if (number >= 0) {
      const row = this.find(number >> this.bits)?.rows[number & this.mask]
      if (row !== undefined && this.nameOf(row) === name) return row
    }
    return this.far.size === 0 ? undefined : this.far.get(name)
  }

  has(name: K): boolean {
    return this.get(name) !== undefined
  }

  /** Says whether its name was free; where it was not, nothing changes. */
  add(row: A): boolean {
    const name = this.nameOf(row)
    const number = this.numberIn(row)
    if (number < 0) return this.addFar(name, row)
    const known = this.find(number >> this.bits)?.rows[number & this.mask]
    if (known !== undefined) return this.nameOf(known) !== name && this.addFar(name, row)
    if (this.far.size > 0 && this.far.get(name) !== undefined) return false
    const page = this.find(number >> this.bits) ?? this.open(number >> this.bits)
    page.rows[number & this.mask] = row
    page.count++
    this.size++
    return true
  }

  private addFar(name: K, row: A): boolean {
    if (this.far.get(name) !== undefined) return false
    this.far.add(name, row)
    this.size++
    return true
  }

  private open(at: number): Page<A> {
    const page = new Page<A>(this.mask + 1)
    this.pages.set(at, page)
    this.pageAt = at
    return this.page = page
  }

  delete(name: K): void {
    const row = this.get(name)
    if (row !== undefined) this.remove(row)
  }

  /** Takes out a row, if it is the one that stands here under its name. */
  remove(row: A): void {
    const number = this.numberIn(row)
    const page = number < 0 ? undefined : this.find(number >> this.bits)
    if (page === undefined || page.rows[number & this.mask] !== row) {
      const name = this.nameOf(row)
      if (this.far.size > 0 && this.far.get(name) === row && this.far.delete(name)) this.size--
      return
    }
    page.rows[number & this.mask] = undefined
    this.size--
    if (--page.count > 0) return
    this.pages.delete(number >> this.bits)
    this.page = undefined
    this.pageAt = -1
  }

  clear(): void {
    this.pages.clear()
    this.page = undefined
    this.pageAt = -1
    this.far.clear()
    this.size = 0
  }

  /** In no particular order. */
  *values(): IterableIterator<A> {
    for (const { rows } of this.pages.values()) for (const row of rows) if (row !== undefined) yield row
    yield* this.far.values()
  }

  /** In no particular order. */
  *keys(): IterableIterator<K> {
    for (const row of this.values()) yield this.nameOf(row)
  }

  /** By a number of theirs. */
  inOrder(of: (row: A) => number): ReadonlyArray<A> {
    return [...this.values()].sort((a, b) => of(a) - of(b))
  }
}
