/**
 * The stream of news, from the server into a store. It ends when the page is hidden for a while, begins anew when it is
 * seen, and comes back after every break from where it was.
 */
import { after, begin, type Cursor, cursorText, type Frame, limits, Store } from "../fold/store.js"

/** `open`: news come. `waiting`: they do not, and this is tried again. `shut`: this page is not let in (any more). */
export type Connection = "open" | "waiting" | "shut"

/** Milliseconds. */
const hiddenFor = 20_000
const again = 1500
const silence = 10_000

export class Feed {
  store = new Store("", limits)
  connection: Connection = "waiting"
  /** When the last news came, by `performance.now()`. */
  heardAt = 0
  /** Whether what is drawn stands still, while what comes is kept. */
  private cursor: Cursor = begin("")
  private source: EventSource | undefined
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly told: (another: boolean) => void) {
    document.addEventListener("visibilitychange", () => this.seen())
    setInterval(() => this.pulse(), 2000)
    this.open()
  }

  /** The scheduler's clock, now. */
  get now(): number {
    return this.store.now.now +
      (this.connection === "open" && this.store.now.reached ? performance.now() - this.heardAt : 0)
  }

  private open(): void {
    this.source?.close()
    this.heardAt = performance.now()
    const source = new EventSource(`api/stream?after=${encodeURIComponent(cursorText(this.cursor))}`)
    this.source = source
    source.onmessage = ({ data }: MessageEvent<string>) => this.take(JSON.parse(data) as Frame)
    source.onerror = () => {
      if (this.source !== source) return
      source.close()
      this.source = undefined
      this.broken()
    }
  }

  private take(frame: Frame): void {
    const another = frame.epoch !== this.store.epoch
    if (another) this.store = new Store(frame.epoch, limits)
    this.cursor = after(this.cursor, frame)
    this.connection = "open"
    this.heardAt = performance.now()
    this.store.apply(frame)
    this.told(another)
  }

  /** Whether the server is there and lets us in decides what a person is told. */
  private broken(): void {
    this.connection = this.connection === "shut" ? "shut" : "waiting"
    this.told(false)
    clearTimeout(this.timer)
    this.timer = setTimeout(() => {
      if (document.hidden) return
      fetch("api/hello").then(
        (response) => {
          this.connection = response.status === 401 || response.status === 403 ? "shut" : "waiting"
          if (this.connection === "shut") this.broken()
          else this.open()
        },
        () => this.broken()
      )
    }, again)
  }

  /** A break that nobody told of. */
  private pulse(): void {
    if (this.source === undefined || document.hidden || performance.now() - this.heardAt < silence) return
    this.source.close()
    this.source = undefined
    this.broken()
  }

  private seen(): void {
    clearTimeout(this.timer)
    if (!document.hidden) {
      if (this.source === undefined) this.open()
      return
    }
    this.timer = setTimeout(() => {
      this.source?.close()
      this.source = undefined
    }, hiddenFor)
  }
}
