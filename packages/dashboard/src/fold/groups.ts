/**
 * How far each group of tasks is, and when its last will be done.
 *
 * The time left is what was measured where there is a measure: how many of the group ended per second of late. Before
 * that it is what one takes, shared by all slots.
 */
import type { Glance, GroupGlance } from "./glance.js"
import type { Group } from "./store.js"

/** Milliseconds after which what ended counts half. */
const halfLife = 4000

/** Milliseconds that a group stays to be seen when nothing of it is known any more. */
const remembered = 120_000

const rowsMax = 64

interface Past {
  ended: number
  broken: number
  /** Of the time since `since`, each weighing less the older it is. */
  weight: number
  weighedAt: number
  since: number
  seen: number
  last: GroupGlance | undefined
}

const remaining = (group: GroupGlance): number => group.waiting + group.queued + group.assigned + group.running

export class Groups {
  private readonly past = new Map<string, Past>()
  private told = ""

  /** So many of them ended up to then, well and badly. */
  ended(name: string, well: number, broken: number, at: number): void {
    const past = this.of(name, at)
    past.ended += well
    past.broken += broken
    this.age(past, at)
    past.weight += well + broken
  }

  private of(name: string, at: number): Past {
    const known = this.past.get(name)
    if (known !== undefined) return known
    const past = { ended: 0, broken: 0, weight: 0, weighedAt: at, since: at, seen: at, last: undefined }
    this.past.set(name, past)
    return past
  }

  private age(past: Past, now: number): void {
    if (now <= past.weighedAt) return
    past.weight *= 2 ** -((now - past.weighedAt) / halfLife)
    past.weighedAt = now
  }

  /** Per millisecond. */
  private rate(past: Past, now: number): number {
    this.age(past, now)
    const seconds = now - past.since
    if (seconds < halfLife / 4) return 0
    // The weights of all of time up to now add up to this.
    const time = (halfLife / Math.LN2) * (1 - 2 ** -(seconds / halfLife))
    return past.weight / time
  }

  private left(group: GroupGlance, past: Past, slots: number, now: number): number | undefined {
    const rest = remaining(group)
    if (rest === 0) return undefined
    const rate = this.rate(past, now)
    // A rate of a thousandth of what there is to do is none.
    if (rate > 0 && past.weight > 0.5) return rest / rate
    if (group.millis === undefined || slots === 0) return undefined
    return rest * group.millis / Math.min(slots, rest)
  }

  /** All groups, those with work first; nothing when nothing has changed. */
  tell(glance: Glance, slots: number): ReadonlyArray<Group> | undefined {
    const { groups, now } = glance
    const out: Array<Group> = []
    const present = new Set<string>()
    for (const group of groups) {
      const past = this.of(group.group, now)
      past.seen = now
      past.last = group
      present.add(group.group)
      const left = this.left(group, past, slots, now)
      out.push({
        ...group,
        millis: group.millis === undefined ? undefined : Math.round(group.millis * 100) / 100,
        ended: Math.round(past.ended),
        broken: past.broken,
        gone: false,
        left: left === undefined ? undefined : Math.ceil(left / 1000) * 1000
      })
    }
    this.released(out, present, now)
    const text = JSON.stringify(out)
    if (text === this.told) return undefined
    this.told = text
    return out
  }

  private released(out: Array<Group>, present: ReadonlySet<string>, now: number): void {
    for (const [name, past] of this.past) {
      if (present.has(name)) continue
      if (now - past.seen > remembered || (past.last === undefined && past.ended + past.broken === 0)) {
        this.past.delete(name)
      } else if (out.length < rowsMax && name !== "") {
        out.push({
          ...none(name, past.last?.millis),
          ended: Math.round(past.ended),
          broken: past.broken,
          gone: true,
          left: undefined
        })
      }
    }
  }
}

const none = (group: string, millis: number | undefined): GroupGlance => ({
  group,
  idle: 0,
  waiting: 0,
  queued: 0,
  assigned: 0,
  running: 0,
  stored: 0,
  failed: 0,
  millis
})
