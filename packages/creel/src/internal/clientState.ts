/**
 * What a call of `Client` needs to know: which client core and attempt a service stands for, and the options of the
 * region it is made in.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as GlobalValue from "effect/GlobalValue"
import type * as Client from "../Client.js"
import type * as Task from "../Task.js"
import type { AttemptBinding, ClientCore } from "./clientCore.js"
import * as Submission from "./submission.js"

/** `Client` finds its service by this. */
export const tagKey = "creel/Client"

/** The tag that `Client` is, for the modules that `Client` is made of. */
export const Tag = Context.GenericTag<Client.Client, Client.Service>(tagKey)

export type AnyFiber = Fiber.RuntimeFiber<any, any>

export interface Region {
  readonly submission: Task.SubmitOptions
  readonly batchSize: number
  readonly failWhenFull: boolean
}

export const region = GlobalValue.globalValue(
  Symbol.for("creel/Client/region"),
  () => FiberRef.unsafeMake<Region>({ submission: Submission.noOptions, batchSize: 1000, failWhenFull: false })
)

export const withOptions =
  (options: Client.RegionOptions) => <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.locallyWith(self, region, (outer) => {
      const { batchSize, onFullOutbox, ...submission } = options
      return {
        submission: { ...outer.submission, ...submission },
        batchSize: batchSize ?? outer.batchSize,
        failWhenFull: onFullOutbox === undefined ? outer.failWhenFull : onFullOutbox === "fail"
      }
    })

export interface State {
  readonly core: ClientCore
  readonly attempt: AttemptBinding | undefined
  readonly io: number
}

const states = new WeakMap<Client.Service, State>()

/** Of the service in the fiber's own context. */
export const stateIn = (fiber: AnyFiber): State =>
  stateOf(Context.get(fiber.currentContext as Context.Context<Client.Client>, Tag))

const stateOf = (service: Client.Service): State => {
  const state = states.get(service)
  if (state === undefined) {
    throw new Error("this Client service was not made by Creel: a wrapper must pass calls on to one that was")
  }
  return state
}

/** From now on calls of this service are on this core, for this attempt. */
export const bind = (service: Client.Service, state: State): Client.Service => {
  states.set(service, state)
  return service
}
