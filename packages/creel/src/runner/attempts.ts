/**
 * What the code of an attempt sees: its Scope, the Client of its attempt, `Task.Current`, its annotations. All of it is
 * laid out beforehand, so that an attempt costs one fiber, begun with what it needs, instead of a fiber that sets it up.
 */
import * as Id from "@creel/core/Id"
import type * as Spec from "@creel/core/Spec"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as FiberRefs from "effect/FiberRefs"
import * as HashMap from "effect/HashMap"
import * as LogLevel from "effect/LogLevel"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type { AttemptBinding, ClientCore } from "../client/core.js"
import { tagKey } from "../client/state.js"
import type { Job } from "../Executor.js"
import * as Task from "../Task.js"
import { lazyClient } from "./attemptClient.js"

type Refs = FiberRefs.FiberRefs["locals"]

/** How many scopes are made at once. */
const scopesAhead = 64
const makeScopes = Effect.replicateEffect(Scope.make(), scopesAhead)

export class Attempts {
  private readonly runtime: Runtime.Runtime<never>
  private readonly refs: Refs
  private readonly annotations: HashMap.HashMap<string, unknown>
  private readonly services: ReadonlyMap<string, unknown>
  private scopes: Array<Scope.CloseableScope> = []

  constructor(
    runtime: Runtime.Runtime<never>,
    private readonly core: ClientCore,
    private readonly worker: string,
    known: Context.Tag.Service<typeof Task.Known>
  ) {
    this.services = new Map(runtime.context.unsafeMap).set(Task.Known.key, known)
    // What a fork makes of the refs is the same for every attempt: it is done once, and each begins with a copy.
    this.refs = FiberRefs.forkAs(runtime.fiberRefs, FiberId.unsafeMake()).locals
    this.runtime = Runtime.make({ ...runtime, fiberRefs: FiberRefs.empty() })
    this.annotations = HashMap.make(["creel.worker", worker])
  }

  /** Runs it until it first waits. */
  fork<A, E>(effect: Effect.Effect<A, E>, job: Job, binding: AttemptBinding): Fiber.RuntimeFiber<A, E> {
    const scope = this.scope()
    const scoped = Effect.onExit(effect, (exit) => Scope.close(scope, exit))
    const trace = job.outward?.trace
    return Runtime.runFork(this.runtime)(trace === undefined ? scoped : withTrace(scoped, job, trace), {
      updateRefs: (_, fiberId) => FiberRefs.unsafeMake(this.refsOf(job, binding, scope, fiberId))
    })
  }

  private refsOf(job: Job, binding: AttemptBinding, scope: Scope.Scope, fiberId: FiberId.Single): Refs {
    const refs = new Map(this.refs)
    refs.set(FiberRef.currentContext, [[fiberId, this.contextOf(job, binding, scope)]])
    refs.set(FiberRef.currentLogAnnotations, [[fiberId, this.annotationsOf(job)]])
    const level = job.outward?.logLevel
    if (level !== undefined) {
      refs.set(FiberRef.currentMinimumLogLevel, [[fiberId, LogLevel.fromLiteral(level as LogLevel.Literal)]])
    }
    return refs
  }

  private contextOf(job: Job, binding: AttemptBinding, scope: Scope.Scope): Context.Context<never> {
    const services = new Map(this.services)
    services.set(Scope.Scope.key, scope)
    services.set(Task.Current.key, {
      key: job.key,
      attempt: Id.formatAttempt(job.attempt),
      worker: this.worker,
      group: job.group
    })
    services.set(tagKey, lazyClient(this.core, binding))
    return Context.unsafeMake(services)
  }

  /** What is in every log line of the task. */
  private annotationsOf(job: Job): HashMap.HashMap<string, unknown> {
    let annotations = HashMap.set(this.annotations, "creel.key", job.key)
    annotations = HashMap.set(annotations, "creel.attempt", Id.formatAttempt(job.attempt))
    const outward = job.outward?.annotations
    if (outward === undefined) return annotations
    for (const [key, value] of Object.entries(outward)) annotations = HashMap.set(annotations, key, value)
    return annotations
  }

  private scope(): Scope.CloseableScope {
    const scope = this.scopes.pop()
    if (scope !== undefined) return scope
    // Making scopes waits for nothing; one run for many, since a run is a fiber.
    this.scopes = Effect.runSync(makeScopes)
    return this.scopes.pop()!
  }
}

const withTrace = <A, E, R>(
  self: Effect.Effect<A, E, R>,
  job: Job,
  trace: NonNullable<Spec.Outward["trace"]>
): Effect.Effect<A, E, R> =>
  Effect.withSpan(self, `creel.task ${job.group}`, {
    parent: Tracer.externalSpan(trace),
    attributes: { "creel.key": job.key, "creel.attempt": Id.formatAttempt(job.attempt) }
  })
