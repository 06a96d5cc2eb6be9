/**
 * The shape of one attempt. Mutated in place, for speed, and by `step` alone.
 *
 * @since 0.1.0
 */
import type { Attempt } from "../../Id.js"
import { type Assigned, nothingAhead, type Row } from "./rowShapes.js"
import type { Worker } from "./shapes.js"

/**
 * One attempt, in the books of its worker from the order to run until its one end.
 *
 * `Current`: its row is Assigned to it. `Loose`: its worker is suspect and the row may be tried elsewhere; whoever is
 * first wins. `Ending`: cancelled or withdrawn; nothing but its end is awaited. `Orphan`: told of by its worker, and no
 * client has claimed it yet.
 *
 * @since 0.1.0
 * @category models
 */
export class Run implements Assigned {
  readonly _tag = "Assigned"
  ahead: Array<Row> = nothingAhead
  phase: "Current" | "Loose" | "Ending" | "Orphan" = "Current"
  /** When it began to run, if that was said. */
  started: number | undefined = undefined
  /** What it waits for, its slot given away. */
  suspended: ReadonlyArray<Row> | undefined = undefined
  /** The worker that asked for it back. */
  thief: Worker | undefined = undefined
  /** It has refused to come back. */
  refused = false
  /** It asked whether it may begin. */
  asks = false
  /** It keeps others out: see `apart`. */
  apart = false
  previous: Run | undefined = undefined
  next: Run | undefined = undefined
  /** The same among those of its kind there. */
  earlier: Run | undefined = undefined
  later: Run | undefined = undefined
  /** How often its row had failed when it was ordered, for all that its scheduler knew. */
  failures: number
  constructor(
    readonly attempt: Attempt,
    public row: Row,
    readonly worker: Worker,
    readonly slots: number,
    /** Expected milliseconds it was booked with. */
    readonly millis: number,
    readonly at: number
  ) {
    this.failures = row.failures
  }
  get run(): Run {
    return this
  }
}
