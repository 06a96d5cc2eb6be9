/**
 * Plain functions as tasks: only their text crosses. The text is parsed where the function is submitted, and a function
 * that closes over anything but JavaScript's globals is refused there and then, by name. Workers that accept such functions
 * have one more task, `task`, which makes a function of the text, once per text, and runs it.
 *
 * How the value is given decides, as with tasks: an async function's promise is awaited, a generator runs as `Effect.gen`
 * would run it, an Effect that is returned runs (an Option or an Either is a value), everything else is the value.
 *
 * @since 0.1.0
 */
import type { Payload } from "@creel/core/Payload"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import type { YieldWrap } from "effect/Utils"
import { canonicalDigest } from "./codec/digest.js"
import type { SubmitError } from "./FutureError.js"
import { parse, type Parsed } from "./plain/source.js"
import * as Task from "./Task.js"
import * as Value from "./Value.js"

/**
 * What a plain function returns: the value of its promise, of its Effect or of its generator, or what it is.
 *
 * @since 0.1.0
 * @category models
 */
export type Success<X> = X extends PromiseLike<infer A> ? Awaited<A>
  : X extends Option.Option<any> | Either.Either<any, any> ? X
  : X extends Effect.Effect<infer A, infer _E, infer _R> ? A
  : X extends Generator<YieldWrap<Effect.Effect<any, any, any>>, infer A, any> ? A
  : X

/**
 * What a plain function fails with: what its Effect or its generator fails with.
 *
 * @since 0.1.0
 * @category models
 */
export type Error<X> = X extends PromiseLike<any> | Option.Option<any> | Either.Either<any, any> ? never
  : X extends Effect.Effect<infer _A, infer E, infer _R> ? E
  : X extends Generator<YieldWrap<Effect.Effect<infer _A, infer E, infer _R>>, any, any> ? E
  : never

/**
 * What a worker announces when it accepts plain functions (see `Spec.task`).
 *
 * @since 0.1.0
 * @category constants
 */
export const taskId = "creel/plain#1"

const kept = 512

const compiled = new Map<string, (...args: ReadonlyArray<unknown>) => unknown>()

/**
 * The function of a text, made once per text. This runs code: who calls it has decided to.
 *
 * @since 0.1.0
 * @category constructors
 */
export const compile = (source: string): (...args: ReadonlyArray<unknown>) => unknown => {
  const known = compiled.get(source)
  if (known !== undefined) return known
  // The two parameters are what esbuild and vite leave in a function's text.
  const f: unknown = new Function("__name", "__vite_ssr_dynamic_import__", `"use strict"; return ${source}`)(
    (f: unknown) => f,
    (specifier: string) => import(/* @vite-ignore */ /* webpackIgnore: true */ specifier)
  )
  if (typeof f !== "function") throw new TypeError("the text of a plain function is no function")
  if (compiled.size >= kept) compiled.delete(compiled.keys().next().value!)
  const made = f as (...args: ReadonlyArray<unknown>) => unknown
  compiled.set(source, made)
  return made
}

const isGenerator = (u: unknown): u is Generator<YieldWrap<Effect.Effect<unknown, unknown>>, unknown, never> =>
  Predicate.hasProperty(u, "next") && Predicate.hasProperty(u, "throw") && Predicate.hasProperty(u, Symbol.iterator)

const settle = (result: unknown): Effect.Effect<unknown, unknown> => {
  if (Predicate.isPromiseLike(result)) return Effect.promise(() => result)
  if (Option.isOption(result) || Either.isEither(result)) return Effect.succeed(result)
  // What a function without imports can get hold of requires what the worker provides, at most.
  if (Effect.isEffect(result)) return result as Effect.Effect<unknown, unknown>
  return isGenerator(result) ? Effect.gen(() => result) : Effect.succeed(result)
}

/**
 * The task by which workers run plain functions. Its last argument is the function's text.
 *
 * @since 0.1.0
 * @category constants
 */
export const task: Task.Any = Object.assign(
  Task.make(
    "creel/plain",
    (...args: ReadonlyArray<unknown>): Effect.Effect<unknown, unknown> =>
      settle(compile(String(args[args.length - 1]))(...args.slice(0, -1)))
  ),
  { id: taskId }
)

/**
 * A plain function as what `submit` takes. A function that returns its value takes a whole slot, as `Task.sync` does.
 *
 * Refused are functions that close over variables (`this` and `import.meta` among them), and what has no text of its own: bound
 * and built-in functions, classes, accessors, async generators.
 *
 * @example
 * ```ts
 * import { PlainFunction } from "creel"
 * import { Either } from "effect"
 *
 * const factor = 2
 * const refused = PlainFunction.fromFunction((x: number) => x * factor)
 * console.log(Either.isLeft(refused)) // true: it closes over the variable factor
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromFunction = <P extends ReadonlyArray<any>, X>(
  f: (...args: P) => X
): Either.Either<Task.Contract<P, Success<X>, Error<X>>, SubmitError> => Either.map(parse(f), contractOf)

/** @internal */
export const sourceOf = (
  f: (...args: Array<unknown>) => unknown
): Either.Either<{ readonly contract: Task.Contract<any, any, any>; readonly source: string }, SubmitError> =>
  Either.map(parse(f), (parsed) => ({ contract: contractOf(parsed), source: parsed.source }))

const contracts = new WeakMap<Parsed, Task.Contract.Any>()

const contractOf = (parsed: Parsed): Task.Contract<any, any, any> => {
  const known = contracts.get(parsed)
  if (known !== undefined) return known as Task.Contract<any, any, any>
  const contract: Task.Contract<any, any, any> = Object.assign(Object.create(Object.getPrototypeOf(task)), task, {
    name: parsed.name,
    source: parsed.source,
    options: { retry: undefined, slots: parsed.form === "sync" ? "cpu" : undefined },
    encodeArgs: (args: ReadonlyArray<unknown>, asInput: (leaf: object) => number | undefined): Payload =>
      Value.encodeArgs([...args, parsed.source], asInput, { share: true }),
    digestArgs: (args: ReadonlyArray<unknown>, inputKey: (leaf: object) => string | undefined): string =>
      canonicalDigest([...args, parsed.source], inputKey, "args")
  })
  contracts.set(parsed, contract)
  return contract
}
