/**
 * Digests of simulated specs and values. Not cryptographic: 53 bits tell a few thousand values apart.
 *
 * @since 0.1.0
 */
const mix = (text: string, seed: number): readonly [number, number] => {
  let a = 0xdeadbeef ^ seed
  let b = 0x41c6ce57 ^ seed
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    a = Math.imul(a ^ c, 2654435761)
    b = Math.imul(b ^ c, 1597334677)
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909)
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909)
  return [a, b]
}

export const hash32 = (text: string): number => mix(text, 0)[0] | 0

/** Fourteen hexadecimal digits that stand for the parts, in order. */
export const digest = (...parts: ReadonlyArray<string | number>): string => {
  const [a, b] = mix(parts.join("\u0000"), parts.length)
  return (b >>> 0).toString(16).padStart(8, "0") + (a >>> 8).toString(16).padStart(6, "0")
}

/** A running hash of everything that happened, to compare two runs of one seed. */
export class RunningHash {
  private a = 0x811c9dc5
  private b = 0x1b873593
  add(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i)
      this.a = Math.imul(this.a ^ c, 16777619)
      this.b = Math.imul(this.b ^ c, 2654435761) + 1
    }
  }
  get value(): string {
    return (this.a >>> 0).toString(16).padStart(8, "0") + (this.b >>> 0).toString(16).padStart(8, "0")
  }
}
