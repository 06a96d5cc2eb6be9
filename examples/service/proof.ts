// A proof of work: a number that makes the hash of a text begin with so many zero bits. Easily checked, found by trying.
import { createHash } from "node:crypto"

export const hash = (text: string, nonce: number): string =>
  createHash("sha256").update(`${text}:${nonce}`).digest("hex")

export const isProof = (text: string, nonce: number, bits: number): boolean => {
  const digest = hash(text, nonce)
  const whole = bits >>> 2
  if (!digest.startsWith("0".repeat(whole))) return false
  return bits % 4 === 0 || parseInt(digest[whole]!, 16) < 1 << (4 - bits % 4)
}

/** Tries `count` numbers, each `step` after the last. */
export const look = (text: string, bits: number, from: number, step: number, count: number): number | undefined => {
  for (let i = 0, nonce = from; i < count; i++, nonce += step) if (isProof(text, nonce, bits)) return nonce
  return undefined
}
