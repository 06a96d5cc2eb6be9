/**
 * What there is to do for each node that adapts, asked of one scheduler. It owns who adapts: a node that has not asked for
 * three times its interval does not any more.
 */
import * as Scheduler from "@creel/core/Scheduler"
import type * as Door from "../Door.js"

interface Asked {
  readonly slots: number
  readonly until: number
}

export class Demands {
  private readonly adapting = new Map<string, Asked>()

  of(state: Scheduler.State, { interval, node, slots }: Door.DemandOfNode, now: number): Door.Demand {
    this.adapting.set(node, { slots, until: now + 3 * interval })
    let together = 0
    for (const [other, asked] of this.adapting) {
      if (asked.until <= now) this.adapting.delete(other)
      else together += asked.slots
    }
    const { parallel, work, workers } = Scheduler.demand(state, node, now)
    let elsewhere = 0
    for (const worker of workers) if (worker.open && !this.adapting.has(worker.node)) elsewhere += worker.slots
    return {
      work,
      parallel,
      elsewhere,
      share: together > 0 ? slots / together : 1,
      workers: workers.filter((worker) => worker.node === node)
    }
  }
}
