/**
 * Which task this thread runs, from moment to moment, for as long as somebody profiles it; else nothing is written down.
 *
 * Synchronous tasks say when they begin and end. Of fibers, each resumption counts: which attempt a fiber belongs to is
 * known by `Task.Current`, which those it forks have too.
 */
import * as FiberRef from "effect/FiberRef"
import * as Supervisor from "effect/Supervisor"
import * as Task from "../Task.js"

/** Changes that are written down at most: those of half a minute of very small tasks. */
const changesMax = 2_000_000

export class Attribution {
  private readonly names: Array<string> = [""]
  private readonly known = new Map<string, number>([["", 0]])
  private readonly times: Array<number> = []
  private readonly tasks: Array<number> = []
  private readonly outer: Array<number> = []
  private current = 0

  enter(group: string): void {
    this.outer.push(this.current)
    let name = this.known.get(group)
    if (name === undefined) {
      name = this.names.push(group) - 1
      this.known.set(group, name)
    }
    this.change(name)
  }

  leave(): void {
    // Without one, what ends began before anybody looked.
    this.change(this.outer.pop() ?? 0)
  }

  private change(to: number): void {
    if (to === this.current || this.times.length >= changesMax) return
    this.current = to
    this.times.push(performance.now())
    this.tasks.push(to)
  }

  /** For moments (of `performance.now()`) that are asked for in their order: the name of the task; empty where none ran. */
  reader(): (now: number) => string {
    let next = 0
    return (now) => {
      while (next < this.times.length && this.times[next]! <= now) next++
      // What follows was not written down.
      if (next === changesMax) return ""
      return next === 0 ? "" : this.names[this.tasks[next - 1]!]!
    }
  }
}

/** What is being written, if anything is. */
export let written: Attribution | undefined

const groupOf = (fiber: { getFiberRef: <A>(ref: FiberRef.FiberRef<A>) => A }): string => {
  const current = fiber.getFiberRef(FiberRef.currentContext).unsafeMap.get(Task.Current.key)
  return current === undefined ? "" : (current as typeof Task.Current.Service).group
}

/**
 * Begins, and answers how to end. Each fiber has had this supervisor since it began, those that run already too, and costs
 * nothing by it: so it is this one that is made to speak, and made silent again. Undefined: it is being done already.
 */
export const begin = (): { readonly attribution: Attribution; readonly end: () => void } | undefined => {
  if (written !== undefined) return undefined
  const attribution = new Attribution()
  written = attribution
  const hooks: Partial<Pick<Supervisor.Supervisor<void>, "onResume" | "onSuspend">> = {
    onResume: (fiber) => attribution.enter(groupOf(fiber)),
    onSuspend: () => attribution.leave()
  }
  Object.assign(Supervisor.none, hooks)
  return {
    attribution,
    end: () => {
      written = undefined
      // The last first: so the object stays what V8 is quick with.
      for (const hook of Object.keys(hooks).reverse()) Reflect.deleteProperty(Supervisor.none, hook)
    }
  }
}
