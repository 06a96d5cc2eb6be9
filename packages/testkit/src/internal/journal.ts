/**
 * What happened, in order: always as a running hash, and as readable lines when asked. A failing run is repeated with
 * lines on, so that the common case pays for nothing but the hash.
 *
 * @since 0.1.0
 */
import { RunningHash } from "./digest.js"

interface Line {
  readonly at: number
  readonly step: number
  readonly who: string
  readonly what: string
}

const readable = (_: string, value: unknown): unknown => {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value.length > 64 ? value.subarray(0, 24) : value)
  if (value instanceof Map) return Object.fromEntries(value)
  if (value instanceof Set) return [...value]
  return value
}

/** A machine's event or command on one line. */
export const show = (value: unknown): string => typeof value === "string" ? value : JSON.stringify(value, readable)

/** What concerns everybody. */
const isCommon = ({ what, who }: Line): boolean =>
  who === "fault" || who === "world" || /^(dies|← PeerLost|← LinkDown)/.test(what)

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")

export class Journal {
  readonly hash = new RunningHash()
  readonly lines: Array<Line> = []
  step = 0
  constructor(readonly recording: boolean, readonly echo: ((line: string) => void) | undefined) {}
  /** `tag` goes into the hash; `what` is only looked at when lines are kept. */
  note(at: number, who: string, tag: string, what: unknown): void {
    this.step++
    this.hash.add(`${at}|${who}|${tag}`)
    if (!this.recording && this.echo === undefined) return
    const line = { at, step: this.step, who, what: `${tag} ${show(what)}` }
    if (this.recording) this.lines.push(line)
    this.echo?.(format(line))
  }
  /** Every line that speaks of one of these keys, the last `max` of them. */
  story(keys: ReadonlyArray<string>, max = 120): Array<string> {
    const found = keys.length === 0
      ? this.lines
      : this.lines.filter((line) =>
        isCommon(line) ||
        keys.some((key) => new RegExp(`(^|[^\\w])${escape(key)}($|[^\\w])`).test(line.what))
      )
    const shown = found.slice(-max).map(format).map((line) => line.length > 420 ? `${line.slice(0, 420)}…` : line)
    return found.length > max ? [`  (${found.length - max} earlier lines left out)`, ...shown] : shown
  }
}

const format = (line: Line): string =>
  `  ${String(line.at).padStart(7)} #${line.step} ${line.who.padEnd(8)} ${line.what}`
