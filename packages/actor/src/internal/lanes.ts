/**
 * The mailbox of an actor, in lanes: what watched actors had to say, then what
 * was put aside and came back, then messages. (The two lanes above these, kill
 * and stop, are not queues: the actor's loop looks at them first.)
 */

/** First in, first out; amortised constant time, and no array shifting. */
class Fifo<A> {
  private items: Array<A | undefined> = []
  private head = 0

  get length(): number {
    return this.items.length - this.head
  }

  push(item: A): void {
    this.items.push(item)
  }

  shift(): A | undefined {
    if (this.head === this.items.length) return undefined
    const item = this.items[this.head]
    this.items[this.head++] = undefined
    if (this.head > 1024 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head)
      this.head = 0
    }
    return item
  }
}

export class Lanes<A> {
  private readonly supervision = new Fifo<A>()
  private readonly returned = new Fifo<A>()
  private readonly messages = new Fifo<A>()
  private wake: (() => void) | undefined = undefined

  get depth(): number {
    return this.supervision.length + this.returned.length + this.messages.length
  }

  /** Messages only: what a bound is for. */
  get waiting(): number {
    return this.messages.length
  }

  put(lane: "supervision" | "returned" | "messages", item: A): void {
    this[lane].push(item)
    this.signal()
  }

  take(): A | undefined {
    return this.supervision.shift() ?? this.returned.shift() ?? this.messages.shift()
  }

  /** One listener, called once at the next put or signal. */
  onSignal(wake: () => void): void {
    this.wake = wake
  }

  signal(): void {
    const wake = this.wake
    this.wake = undefined
    wake?.()
  }
}
