/**
 * A colour for each task name: the same in every view, on every page, and as far as possible from one run to the next.
 *
 * The hues are those of Okabe and Ito, which people with any kind of colour vision tell apart, in three lightnesses, so
 * that grey paper tells them apart too. Their red is kept for what failed.
 */

const hues: ReadonlyArray<string> = [
  // as they are
  "#4a90c8",
  "#e2a03a",
  "#2fa583",
  "#c583ad",
  "#6cc0ea",
  "#cfc14a",
  // darker
  "#2b628f",
  "#a86f12",
  "#17705a",
  "#8a4d76",
  "#3787b0",
  "#8c8220",
  // lighter
  "#9cc4e4",
  "#f1cd8b",
  "#8ed1bc",
  "#e2bcd4",
  "#b3dff5",
  "#e6de95"
]

const ofOneLightness = 6

export const failed = "#d1432f"
export const cancelled = "#8d979f"
export const moves = ["", "#7d8fa3", "#b0794f", "#6f9c8d"] as const

const hash = (text: string): number => {
  let h = 2166136261
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 16777619)
  return h >>> 0
}

export class Colours {
  private readonly given = new Map<string, string>()
  private readonly taken = new Set<number>()

  /** The colour of a name: its own by its letters, or the next that is free. */
  of(name: string): string {
    const known = this.given.get(name)
    if (known !== undefined) return known
    const colour = hues[this.choose(hash(name))]!
    this.given.set(name, colour)
    return colour
  }

  private choose(wish: number): number {
    for (let lightness = 0; lightness < hues.length / ofOneLightness; lightness++) {
      for (let i = 0; i < ofOneLightness; i++) {
        const at = lightness * ofOneLightness + (wish + i) % ofOneLightness
        if (this.taken.has(at)) continue
        this.taken.add(at)
        return at
      }
    }
    return wish % hues.length
  }
}
