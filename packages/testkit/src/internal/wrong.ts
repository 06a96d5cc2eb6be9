/**
 * What a run throws when something is not right.
 *
 * @since 0.1.0
 */

/** Names the keys whose story explains it. */
export class Wrong extends Error {
  constructor(readonly rule: string, detail: string, readonly keys: ReadonlyArray<string>) {
    super(`${rule}: ${detail}`)
    this.name = "Wrong"
  }
}
