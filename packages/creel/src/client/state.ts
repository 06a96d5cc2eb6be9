/**
 * What a call of `Client` needs to know: which client core and attempt a service stands for, the options of the region
 * it is made in, and what crosses outward from there.
 */
import type * as Spec from "@creel/core/Spec"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as GlobalValue from "effect/GlobalValue"
import * as HashMap from "effect/HashMap"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type * as Client from "../Client.js"
import type { Hold } from "../future/holds.js"
import type * as Task from "../Task.js"
import type { AttemptBinding, ClientCore } from "./core.js"
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
  /** Where it was called from last: nearly always, where it is called from next. */
  place: Place | undefined
}

/** Where a call comes from: what a fiber's own state means for what is submitted there. */
export interface Place {
  readonly context: Context.Context<never>
  readonly annotations: HashMap.HashMap<string, unknown>
  readonly level: LogLevel.LogLevel
  readonly region: Region
  readonly from: Submission.From
  /** Of the scope there, once something has begun in it. */
  hold: Hold | undefined
}

/** Read from the fiber's own state, and made anew only where that has changed. */
export const placeOf = (state: State, fiber: AnyFiber): Place => {
  const context = fiber.currentContext as Context.Context<never>
  const annotations = fiber.getFiberRef(FiberRef.currentLogAnnotations)
  const level = fiber.getFiberRef(FiberRef.currentMinimumLogLevel)
  const here = fiber.getFiberRef(region)
  const last = state.place
  if (
    last !== undefined && last.context === context && last.annotations === annotations && last.level === level &&
    last.region === here
  ) return last
  const { attempt, core } = state
  const from = { core, attempt, outward: outwardOf(context, annotations, level) }
  return state.place = { context, annotations, level, region: here, from, hold: undefined }
}

const outwardOf = (
  context: Context.Context<never>,
  annotations: HashMap.HashMap<string, unknown>,
  level: LogLevel.LogLevel
): Spec.Outward | undefined => {
  const span = Context.getOption(context, Tracer.ParentSpan)
  const plain = HashMap.isEmpty(annotations)
  if (Option.isNone(span) && plain && level === LogLevel.Info) return undefined
  return {
    trace: Option.isNone(span)
      ? undefined
      : { traceId: span.value.traceId, spanId: span.value.spanId, sampled: span.value.sampled },
    annotations: plain
      ? undefined
      : Object.fromEntries(Array.from(annotations, ([key, value]) => [key, String(value)])),
    logLevel: level === LogLevel.Info ? undefined : level._tag
  }
}

export const scopeIn = (fiber: AnyFiber): Scope.Scope =>
  Context.get(fiber.currentContext as Context.Context<Scope.Scope>, Scope.Scope)

/**
 * Where a service of Creel's answers the state that it is bound to. Not enumerable: a copy of a service is no service of
 * Creel's.
 */
export const stateKey: unique symbol = Symbol("creel/Client/state")

/** Of the service in the fiber's own context. */
export const stateIn = (fiber: AnyFiber): State =>
  stateOf(Context.get(fiber.currentContext as Context.Context<Client.Client>, Tag))

const stateOf = (service: Client.Service): State => {
  const state = (service as { readonly [stateKey]?: State })[stateKey]
  if (state === undefined) {
    throw new Error("this Client service was not made by Creel: a wrapper must pass calls on to one that was")
  }
  return state
}

/** From now on calls of this service are on this core, for this attempt. */
export const bind = (service: Client.Service, state: State): Client.Service =>
  Object.defineProperty(service, stateKey, { value: state })
