/**
 * Those that came last, by a number of theirs that grows with each: at the place which their number says, so that finding
 * one costs no hash, and nothing to be asked of a string. It need not know all: whoever does not find it here asks a table.
 *
 * @since 0.1.0
 */
const placesMax = 2 ** 16

/**
 * @since 0.1.0
 * @category models
 */
export class Recent<A extends object> {
  private places: Array<A | undefined> = new Array<A | undefined>(64).fill(undefined)
  private listed = 0

  constructor(private readonly numberOf: (item: A) => number) {}

  get(number: number): A | undefined {
    const item = this.places[number & (this.places.length - 1)]
    return item !== undefined && this.numberOf(item) === number ? item : undefined
  }

  /** Whoever stood at its place came long before, and is known here no more. */
  add(item: A): void {
    if (this.listed * 2 > this.places.length && this.listed < placesMax) this.grow()
    const at = this.numberOf(item) & (this.places.length - 1)
    if (this.places[at] === undefined) this.listed++
    this.places[at] = item
  }

  /** While its number is still the one under which it was added. */
  delete(item: A): void {
    const at = this.numberOf(item) & (this.places.length - 1)
    if (this.places[at] !== item) return
    this.places[at] = undefined
    this.listed--
  }

  clear(): void {
    this.places.fill(undefined)
    this.listed = 0
  }

  private grow(): void {
    const old = this.places
    this.places = new Array<A | undefined>(old.length * 2).fill(undefined)
    this.listed = 0
    for (const item of old) if (item !== undefined) this.add(item)
  }
}
