/**
 * How long this process may think that it owns a shard. A lock in the database is a lease: whoever does not renew it
 * within the expiry loses it to another. Owned here: when each lock was last confirmed, on this process's own
 * monotonic clock. Not owned: the locks themselves, which are the database's.
 *
 * 1. A lease is counted from before its question was sent, so that it ends here before it ends in the database.
 * 2. What was frozen does not hold: time goes on while a process is stopped, and the first look after it sees that.
 */
import * as Duration from "effect/Duration"

/** Leases of one process, by the shard's name. */
export class Leases {
  private readonly confirmed = new Map<string, number>()
  readonly expiry: number
  /** Ended so much earlier here: for timers that come late, and clocks that do not go at the same pace. */
  readonly margin: number

  constructor(expiry: Duration.DurationInput, readonly now: () => number = () => performance.now()) {
    this.expiry = Duration.toMillis(expiry)
    this.margin = this.expiry / 8
  }

  /** The database said that these are this process's, in answer to a question sent at `asked`. */
  confirm(shards: Iterable<string>, asked: number): void {
    for (const shard of shards) this.confirmed.set(shard, Math.max(asked, this.confirmed.get(shard) ?? asked))
  }

  forget(shard: string): void {
    this.confirmed.delete(shard)
  }

  forgetAll(): void {
    this.confirmed.clear()
  }

  /** Milliseconds for which the lock is certainly this process's, from now; 0 if it is not. */
  left(shard: string): number {
    const at = this.confirmed.get(shard)
    return at === undefined ? 0 : Math.max(0, at + this.expiry - this.margin - this.now())
  }

  held(shard: string): boolean {
    return this.left(shard) > 0
  }
}
