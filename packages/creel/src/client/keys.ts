/**
 * The names one client gives to work. It owns the numbering of submissions, and the mark by which keys that users name
 * stay in this client's own space.
 */
import * as Id from "@creel/core/Id"

export class ClientKeys {
  private counter = 0
  private readonly nonce: string
  private readonly base: number

  constructor(private readonly client: Id.ClientId) {
    this.nonce = client.slice(1, 7)
    this.base = parseInt(this.nonce, 16) || 1
  }

  /** A key of its own for each submission: all different, and not alike to the eye. `prefix` is `name-`. */
  fresh(prefix: string): Id.Key {
    const n = ++this.counter
    return Id.ownKey(prefix, n + this.base, n > 0xffffffff ? n + this.nonce : this.nonce)
  }

  /** Keys that users name live in this client's own space. */
  named(key: string): Id.Key {
    return `${key}~${this.nonce}`
  }

  /** The keys of a graph that an attempt computes are the attempt's own: many attempts share a client. */
  within(attempt: Id.Attempt | undefined, key: string): Id.Key {
    return attempt === undefined ? this.named(key) : `${key}~${this.nonce}.${attempt}`
  }

  /** A name of its own for each time that something is brought: a word to drop the last one must not mean this one. */
  offered(key: Id.Key): Id.ValueId {
    return Id.offeredId(key, `${this.client}~${++this.counter}`)
  }

  /** As users know it. */
  shown(key: Id.Key): string {
    const mark = `~${this.nonce}`
    if (key.endsWith(mark)) return key.slice(0, -mark.length)
    const at = key.lastIndexOf(`${mark}.`)
    return at < 0 ? key : key.slice(0, at)
  }

  /** For one line of a log. */
  short(key: Id.Key): string {
    const shown = this.shown(key)
    if (shown !== key) return shown
    const dash = shown.lastIndexOf("-")
    return dash < 0 || shown.length - dash <= 6 ? shown : `${shown.slice(0, dash + 5)}…`
  }
}
