/**
 * What a worker knows how to call, for tasks that are told whom to call: from a wire to the function.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Callable from "../Callable.js"
import * as Plain from "../PlainFunction.js"
import type * as Task from "../Task.js"
import * as Owners from "../task/owners.js"

type AnyResolved = Callable.Resolved<ReadonlyArray<unknown>, unknown, unknown>

/** Errors that have a Schema are marked, so that they cross by it. */
const owned = <A, E>(contract: Task.Contract.Any, self: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  contract.schemas.error === undefined
    ? self
    : Effect.tapError(self, (error) => Effect.sync(() => Owners.ownError(contract, error)))

const ownCause = (contract: Task.Contract.Any, exit: Exit.Exit<never, unknown>): Exit.Exit<never, unknown> => {
  if (Exit.isFailure(exit)) {
    const failure = Cause.failureOption(exit.cause)
    if (Option.isSome(failure)) Owners.ownError(contract, failure.value)
  }
  return exit
}

const ofTask = (task: Task.Task.Any): AnyResolved => {
  const { retry } = task.options
  // The worker provides what its tasks require; the types of that are lost where they are found by name.
  const start = (args: ReadonlyArray<unknown>) => task.run(args) as Effect.Effect<unknown, unknown>
  const run = retry === undefined
    ? start
    : (args: ReadonlyArray<unknown>) => Effect.retry(start(args), { schedule: retry.schedule, while: whether(retry) })
  return {
    name: task.name,
    contract: task,
    // Trying again takes time, which a call has not.
    sync: task.kind === "sync" && retry === undefined ? (...args) => task.runSync(args) : undefined,
    caught: (error) => ownCause(task, task.caught(error)),
    run: (...args) => owned(task, run(args))
  }
}

const whether = (retry: Task.Retry<any>) => (failure: unknown): boolean => retry.while?.(failure) ?? true

const isAsync = (f: unknown): boolean => {
  const kind = Object.prototype.toString.call(f)
  return kind === "[object AsyncFunction]" || kind === "[object GeneratorFunction]"
}

/** A plain function that is neither async nor a generator may return a promise all the same: it is told how not to. */
const plainSync = (f: (...args: ReadonlyArray<unknown>) => unknown) => (...args: ReadonlyArray<unknown>): unknown => {
  const result = f(...args)
  if (typeof result === "object" && result !== null && Predicate.isPromiseLike(result)) {
    throw new TypeError(
      "a plain function that is called for each element returned a promise. What to do: write it as an async function"
    )
  }
  return result
}

const ofPlain = (source: string): AnyResolved => {
  const f = Plain.compile(source)
  return {
    name: f.name === "" ? "a function" : f.name,
    contract: Plain.task,
    sync: isAsync(f) ? undefined : plainSync(f),
    caught: Exit.die,
    run: (...args) => Plain.task.run([...args, source]) as Effect.Effect<unknown, unknown>
  }
}

/** What `Task.Known` is on a worker. */
export const known = (
  byId: (id: string) => Task.Task.Any | undefined,
  allowPlain: boolean,
  worker: string
): { readonly resolve: (wire: Callable.Wire) => any } => {
  const tasks = new Map<string, AnyResolved>()
  return {
    resolve: ({ source, task: id }) => {
      if (id === Plain.taskId && source !== undefined && allowPlain) return ofPlain(source)
      const made = tasks.get(id)
      if (made !== undefined) return made
      const task = byId(id)
      if (task === undefined) throw new Callable.UnknownCallable({ task: id, worker })
      const resolved = ofTask(task)
      tasks.set(id, resolved)
      return resolved
    }
  }
}
