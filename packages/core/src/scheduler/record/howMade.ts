/** How keys are made, to be told to another scheduler: what a client tells of its own, of any keys that are known here. */
import type { Key } from "../../Id.js"
import type { Spec } from "../../Spec.js"
import type { Row, State } from "../rows/State.js"

/**
 * Specs with those that they need before them. Of `cut` the lineage is not known; what was brought has no spec.
 *
 * @since 0.1.0
 * @category models
 */
export interface HowMade {
  readonly specs: ReadonlyArray<Spec>
  readonly cut: ReadonlyArray<Key>
}

/**
 * The specs of these and of all that they need, as far as it is known.
 *
 * @since 0.1.0
 * @category getters
 */
export const howMade = (state: State, keys: Iterable<Key>): HowMade => {
  const specs: Array<Spec> = []
  const cut: Array<Key> = []
  const seen = new Set<Row>()
  const stack: Array<{ readonly row: Row; readonly open: boolean }> = []
  const visit = (row: Row | undefined): void => {
    if (row === undefined || seen.has(row)) return
    seen.add(row)
    stack.push({ row, open: true })
  }
  for (const key of keys) {
    visit(state.rows.get(key))
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { open, row } = top
      if (open && !row.cut) {
        stack.push({ row, open: false })
        for (const input of row.inputs) visit(input)
        continue
      }
      if (row.spec === undefined) continue
      specs.push(row.spec)
      if (row.cut) cut.push(row.key)
    }
  }
  return { specs, cut }
}
