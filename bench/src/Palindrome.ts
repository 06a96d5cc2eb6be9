/**
 * What is compared within one turn that reads the same forwards and backwards (a, b, b, a): the means of both halves lie at
 * the same time, so an even drift falls out of their ratio.
 */

/** What was measured in a block, by name; what could not be measured is missing. */
export type Measures = Readonly<Record<string, number | undefined>>

/** Of each measure; missing where one block misses it. */
export const mean = <M extends Measures>(blocks: ReadonlyArray<M>): { readonly [K in keyof M]: number | undefined } => {
  const names = Object.keys(blocks[0] ?? {})
  const of = (name: string): number | undefined => {
    const found = blocks.map((block) => block[name]).filter((value) => value !== undefined)
    return found.length < blocks.length ? undefined : found.reduce((sum, value) => sum + value, 0) / found.length
  }
  return Object.fromEntries(names.map((name) => [name, of(name)])) as { [K in keyof M]: number | undefined }
}

/** By how much the others took more than those, as a share of what those took. */
export const more = <M extends Measures>(
  those: ReadonlyArray<M>,
  others: ReadonlyArray<M>
): { readonly [K in keyof M]: number | undefined } => {
  const [before, after] = [mean(those), mean(others)]
  const of = (name: keyof M): number | undefined => {
    const [one, other] = [before[name], after[name]]
    return one === undefined || other === undefined || one === 0 ? undefined : other / one - 1
  }
  return Object.fromEntries(Object.keys(before).map((name) => [name, of(name)])) as {
    [K in keyof M]: number | undefined
  }
}
