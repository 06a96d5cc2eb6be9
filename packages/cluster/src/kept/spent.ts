/**
 * What is counted against tasks that are kept for the cluster's own sake: their deaths, and the failures that retries hid.
 * Owned here: what was heard of it, in which rows it stands, and that whoever asks whether it may begin is answered when it
 * is in the database.
 *
 * 1. A task begins after its row says so: it may take everybody along who knows.
 * 2. A row says what was last heard of all that it needs, and of nothing else.
 */
import type * as Id from "@creel/core/Id"
import type * as Note from "@creel/core/Note"

/** As a row has it. */
export interface SpentOf {
  readonly key: Id.Key
  readonly spent: ReadonlyArray<Note.Spent>
}

/** What is to be written, and who is to be answered then. */
export interface Change {
  readonly rows: ReadonlyArray<SpentOf>
  readonly answers: ReadonlyArray<Note.SpentHeard>
}

/** Mutated in place: after a scheduler's death every task that is kept asks. */
export class KeptSpent {
  private readonly counted = new Map<Id.Key, Note.Spent>()
  /** The tasks of each row, and the rows of each task. */
  private readonly tasks = new Map<Id.Key, ReadonlyArray<Id.Key>>()
  private readonly rows = new Map<Id.Key, Set<Id.Key>>()
  private changed = new Set<Id.Key>()
  private answers: Array<Note.SpentHeard> = []

  add(row: Id.Key, tasks: ReadonlyArray<Id.Key>): void {
    this.tasks.set(row, tasks)
    for (const task of tasks) {
      const rows = this.rows.get(task)
      if (rows === undefined) this.rows.set(task, new Set([row]))
      else rows.add(row)
    }
  }

  /** An earlier life wrote this: of several rows the one that knows most of a task. */
  remember(all: ReadonlyArray<Note.Spent>): void {
    for (const spent of all) {
      const known = this.counted.get(spent.key)
      if (known === undefined || known.deaths.length <= spent.deaths.length) this.counted.set(spent.key, spent)
    }
  }

  /** It is done. */
  delete(row: Id.Key): void {
    for (const task of this.tasks.get(row) ?? []) {
      const rows = this.rows.get(task)
      if (rows?.delete(row) !== true || rows.size > 0) continue
      this.rows.delete(task)
      this.counted.delete(task)
    }
    this.tasks.delete(row)
    this.changed.delete(row)
  }

  hear({ begins, deaths, digest, failures, key }: Note.TaskSpent): void {
    const any = failures > 0 || deaths.length > 0 || begins !== undefined
    const rows = this.rows.get(key) ?? new Set()
    if (any && rows.size > 0) this.counted.set(key, { key, digest, failures, deaths, begins })
    if (any || this.counted.delete(key)) { for (const row of rows) this.changed.add(row) }
    if (begins !== undefined) this.answers.push({ _tag: "SpentHeard", key, attempt: begins })
  }

  /** All that is known. */
  get all(): ReadonlyArray<Note.Spent> {
    return [...this.counted.values()]
  }

  private of(row: Id.Key): SpentOf {
    return { key: row, spent: (this.tasks.get(row) ?? []).flatMap((task) => this.counted.get(task) ?? []) }
  }

  /** What has changed since this was asked last. */
  take(): Change {
    const change = { rows: [...this.changed].map((row) => this.of(row)), answers: this.answers }
    this.changed = new Set()
    this.answers = []
    return change
  }
}
