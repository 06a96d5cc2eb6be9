/**
 * How much a silence is out of the ordinary: the φ accrual failure detector (N. Hayashibara, X. Défago, R. Yared, T.
 * Katayama, "The φ Accrual Failure Detector", SRDS 2004). It learns how far apart signs of life are on this connection, so
 * that a steady one is given up soon and one that stumbles is not. φ is how surely nothing more will come: of the silences
 * on such a connection one in 10^φ lasts so long. As in Akka's detector, the deviation has a least value, a pause beyond
 * the usual is acceptable, and the normal distribution is approximated by a logistic function.
 *
 * 1. What comes sooner than expected says nothing about what comes late: of each beat the longest gap counts, and no gap is
 *    taken for shorter than a beat.
 * 2. The time in which this process itself stood still is no silence.
 * 3. φ grows with silence, and falls to 0 with each sign of life.
 */

export interface Options {
  /** Milliseconds between two signs of life, at most, where all is well. */
  readonly beat: number
  /** Gaps that are remembered. Default: 60. */
  readonly window?: number | undefined
}

/** In beats. What is acceptable beyond the usual: a collector of garbage at the other end, a busy machine. */
const pause = 1.5
/** In beats. Connections within a machine would have none, and the first late beat would break them. */
const leastDeviation = 0.25

export class Detector {
  private readonly gaps: Array<number> = []
  private readonly beat: number
  private readonly window: number
  private next = 0
  private sum = 0
  private squares = 0
  /** The longest gap since the last beat. */
  private longest = 0

  constructor(options: Options, private last: number) {
    this.beat = options.beat
    this.window = options.window ?? 60
  }

  /** A sign of life. */
  heard(now: number): void {
    this.longest = Math.max(this.longest, now - this.last)
    this.last = now
  }

  /** This process stood still for so many milliseconds: what came meanwhile has not been read yet. */
  stood(millis: number): void {
    this.last += millis
  }

  /** A beat has passed. */
  beaten(now: number): void {
    // In a silence there is nothing to be learnt: it counts as one gap, when it is over.
    if (this.longest === 0 && now - this.last >= this.beat) return
    const gap = Math.max(this.beat, this.longest)
    const old = this.gaps[this.next]
    if (old !== undefined) this.count(-1, old)
    this.gaps[this.next] = gap
    this.next = (this.next + 1) % this.window
    this.count(1, gap)
    this.longest = 0
  }

  private count(sign: 1 | -1, gap: number): void {
    this.sum += sign * gap
    this.squares += sign * gap * gap
  }

  silence(now: number): number {
    return now - this.last
  }

  phi(now: number): number {
    const { length } = this.gaps
    const mean = length === 0 ? this.beat : this.sum / length
    const variance = length === 0 ? 0 : Math.max(0, this.squares / length - mean * mean)
    const deviation = Math.max(Math.sqrt(variance), leastDeviation * this.beat)
    const y = (this.silence(now) - mean - pause * this.beat) / deviation
    if (y <= -6) return 0
    const e = Math.exp(-y * (1.5976 + 0.070566 * y * y))
    // For long silences 1 - 1/(1+e) is lost in rounding; e/(1+e) is the same and is not.
    return e === 0 ? Infinity : -Math.log10(e / (1 + e))
  }
}
