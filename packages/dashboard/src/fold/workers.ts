/** Who the workers are, by name, with those that are gone for a while; and what ended on each. */
import type { Clocks } from "creel/TaskStream"
import type { Glance, WorkerGlance } from "./glance.js"
import type { Failed, Worker } from "./store.js"

/** Milliseconds that one stays to be seen after it is gone. */
const remembered = 60_000

const namesMax = 10_000

interface Known {
  view: WorkerGlance
  ended: number
  broken: number
  came: { readonly count: number; readonly bytes: number }
  restarts: number
  wrong: Failed | undefined
  /** The most slots it ever had. */
  most: number
  gone: number | undefined
  /** Whether it ever had an executor: one that starts is not one that has none any more. */
  worked: boolean
  down: number | undefined
}

export class Workers {
  private known = new Map<string, Known>()
  /** Names outlive their workers: events speak of them. */
  private readonly names = new Map<string, string>()
  private clocks: Clocks | undefined

  see(glance: Glance, clocks: Clocks): void {
    this.clocks = clocks
    const present = new Set<string>()
    for (const view of glance.workers) {
      present.add(view.id)
      this.names.set(view.id, view.info.name)
      const known = this.known.get(view.id)
      const isUp = view.info.slots > 0
      if (known === undefined) {
        this.known.set(view.id, this.begun(view, glance))
      } else {
        if (view.info.slots > known.view.info.slots && known.view.info.slots < known.most) known.restarts++
        known.most = Math.max(known.most, view.info.slots)
        known.view = view
        known.gone = undefined
        known.worked ||= isUp
        known.down = isUp || !known.worked ? undefined : known.down ?? glance.now
      }
    }
    const again = new Set(glance.workers.map(({ info }) => info.name))
    for (const [id, known] of this.known) {
      if (present.has(id)) continue
      known.gone ??= glance.now
      // Its next life, of the same name, stands for it.
      if (again.has(known.view.info.name) || glance.now - known.gone > remembered) this.known.delete(id)
    }
    if (this.names.size > namesMax) {
      for (const id of this.names.keys()) {
        if (this.names.size <= namesMax / 2) break
        if (!this.known.has(id)) this.names.delete(id)
      }
      clocks.keep(present)
    }
  }

  private begun(view: WorkerGlance, { workers }: Glance): Known {
    const { name, slots } = view.info
    const nothing = { ended: 0, broken: 0, came: { count: 0, bytes: 0 }, restarts: 0, wrong: undefined }
    const fresh = { ...nothing, view, most: slots, gone: undefined, worked: slots > 0, down: undefined }
    const present = new Set(workers.map(({ id }) => id))
    for (const [id, before] of this.known) {
      if (present.has(id) || before.view.info.name !== name) continue
      return { ...fresh, restarts: before.restarts + 1, wrong: before.wrong }
    }
    return fresh
  }

  name(peer: string): string {
    return this.names.get(peer) ?? peer
  }

  ended(id: string, well: number, broken: number): void {
    const known = this.known.get(id)
    if (known === undefined) return
    known.ended += well
    known.broken += broken
  }

  moved(id: string, bytes: number): void {
    const known = this.known.get(id)
    if (known !== undefined) known.came = { count: known.came.count + 1, bytes: known.came.bytes + bytes }
  }

  /** A task failed for good there: machines say the id, what runs code says the name. */
  failed(worker: string, failed: Failed): void {
    for (const [id, known] of this.known) {
      if (id === worker || known.view.info.name === worker) known.wrong = failed
    }
  }

  list(now: number): ReadonlyArray<Worker> {
    return [...this.known.values()].map((known) => this.row(known, now))
  }

  private row({ broken, came, down, ended, gone, restarts, view, wrong }: Known, now: number): Worker {
    const { info, now: running, ...rest } = view
    const offset = this.clocks?.offset(view.id) ?? 0
    return {
      ...rest,
      load: Math.round(rest.load),
      silent: gone === undefined ? rest.silent : rest.silent + now - gone,
      name: info.name,
      node: info.node,
      host: info.host,
      slots: info.slots,
      tasks: info.tasks,
      now: gone === undefined ? running.map((one) => ({ ...one, since: one.since + offset })) : [],
      ended: Math.round(ended),
      broken,
      came,
      restarts,
      wrong,
      gone,
      down
    }
  }
}
