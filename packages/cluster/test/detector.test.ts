/** Suspicion from silence, with times that are made up. */
import { assert, describe, it } from "@effect/vitest"
import { Detector } from "../src/links/detector.js"

const beat = 1000

/** Signs of life so far apart, one after another; each beat is looked at. Gives the time of the last one. */
const live = (detector: Detector, gaps: ReadonlyArray<number>): number => {
  let now = 0
  let tick = beat
  for (const gap of gaps) {
    now += gap
    for (; tick < now; tick += beat) detector.beaten(tick)
    detector.heard(now)
  }
  return now
}

/** After how long a silence φ reaches this. */
const reaches = (detector: Detector, now: number, phi: number): number => {
  for (let silence = 0; silence < 60_000; silence += 10) if (detector.phi(now + silence) >= phi) return silence
  return Infinity
}

const repeat = (gaps: ReadonlyArray<number>, times: number) => Array.from({ length: times }, () => gaps).flat()

describe("the detector", () => {
  it("gives a steady connection up within four seconds, and a new one too", () => {
    const steady = new Detector({ beat }, 0)
    const silence = reaches(steady, live(steady, repeat([1000], 100)), 8)
    assert.isAbove(silence, 3000)
    assert.isBelow(silence, 4000)
    assert.isBelow(reaches(new Detector({ beat }, 0), 0, 8), 4000)
  })

  it("bears with one that stumbles", () => {
    const steady = new Detector({ beat }, 0)
    const stumbling = new Detector({ beat }, 0)
    const patience = reaches(stumbling, live(stumbling, repeat([1000, 3500, 1000, 1000], 20)), 8)
    assert.isAbove(patience, reaches(steady, live(steady, repeat([1000], 100)), 8) + 2000)
  })

  it("forgets that it stumbled", () => {
    const detector = new Detector({ beat }, 0)
    const silence = reaches(detector, live(detector, [...repeat([1000, 3500], 20), ...repeat([1000], 70)]), 8)
    assert.isBelow(silence, 4000)
  })

  it("learns nothing of haste: a busy connection that falls still is no dead one", () => {
    const detector = new Detector({ beat }, 0)
    const now = live(detector, repeat([5], 20_000))
    assert.isBelow(detector.phi(now + 2000), 1)
    assert.isAbove(reaches(detector, now, 8), 3000)
  })

  it("does not count the time in which this process stood still", () => {
    const detector = new Detector({ beat }, 0)
    const now = live(detector, repeat([1000], 20))
    detector.stood(30_000)
    assert.isBelow(detector.phi(now + 31_000), 1)
    detector.heard(now + 31_000)
    detector.beaten(now + 31_000)
    assert.isBelow(reaches(detector, now + 31_000, 8), 4000)
  })

  it("suspects more the longer it is still, and no more once something is heard", () => {
    const detector = new Detector({ beat }, 0)
    const now = live(detector, repeat([1000], 20))
    let last = 0
    for (let silence = 0; silence <= 20_000; silence += 100) {
      const phi = detector.phi(now + silence)
      assert.isAtLeast(phi, last)
      last = phi
    }
    assert.strictEqual(last, Infinity)
    detector.heard(now + 20_000)
    assert.isBelow(detector.phi(now + 20_000), 0.1)
  })
})
