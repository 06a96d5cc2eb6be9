/**
 * What tasks are made of. `codec` owns the way of arguments and results through schemas.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import { pipeArguments } from "effect/Pipeable"
import type * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
import type * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { digestText } from "../codec/digest.js"
import type * as Task from "../Task.js"
import * as codec from "./codec.js"

const TypeId = Symbol.for("creel/Task")

const variance = {
  /* c8 ignore next */
  _P: (_: never) => undefined,
  /* c8 ignore next */
  _A: (_: never) => _,
  /* c8 ignore next */
  _E: (_: never) => _
}

type Any = Task.Contract<ReadonlyArray<unknown>, unknown, unknown>

const Proto = {
  ...Inspectable.BaseProto,
  [TypeId]: variance,
  pipe() {
    return pipeArguments(this, arguments)
  },
  toJSON(this: Any) {
    return { _id: "Task", name: this.name, digest: this.digest }
  },
  toString(this: Any) {
    return `Task(${this.name})`
  },
  [Inspectable.NodeInspectSymbol](this: Any) {
    return this.toString()
  }
}

interface AllOptions extends Task.SubmitOptions {
  readonly args?: Task.Schemas["args"]
  readonly success?: Task.Schemas["success"]
  readonly error?: Task.Schemas["error"]
  readonly slots?: Task.Definition["slots"]
  readonly advice?: string | undefined
  readonly version?: string | number | undefined
  readonly catch?: ((error: unknown) => unknown) | undefined
}

interface MakeOptions extends Omit<AllOptions, "retry"> {
  readonly retry?: Task.Retry<unknown> | Task.RetryOptions | undefined
}

const submissionKeys = [
  "key",
  "priority",
  "workers",
  "allowOtherWorkers",
  "resources",
  "timeout",
  "pure",
  "group",
  "retry"
] as const satisfies ReadonlyArray<keyof Task.SubmitOptions>

/** What was given, and nothing that was not: an absent option must not hide an earlier one. */
const pickSubmission = (options: Readonly<Record<string, unknown>>): Task.SubmitOptions => {
  const out: Record<string, unknown> = {}
  for (const key of submissionKeys) if (options[key] !== undefined) out[key] = options[key]
  return out
}

/** A schema as text: its two sides, for a transformation differs from what it transforms between. */
const schemaText = (schema: Schema.Schema.AnyNoContext | undefined): string =>
  schema === undefined
    ? "plain"
    : `${schema.ast}|${SchemaAST.encodedAST(schema.ast)}|${SchemaAST.typeAST(schema.ast)}`

const contractFields = (name: string, schemas: Task.Schemas, version: string | number | undefined) => {
  const args = schemas.args === undefined ? "plain" : schemas.args.map(schemaText).join(",")
  const parts = ["creel/contract", name, args, schemaText(schemas.success), schemaText(schemas.error)]
  const digest = digestText(version === undefined ? parts : [...parts, `version ${version}`]).slice(0, 12)
  const id = `${name}#${digest}`
  return { name, digest, id, schemas, ...codec.make(name, id, schemas) }
}

const schemasOf = (options: MakeOptions | undefined): Task.Schemas => ({
  args: options?.args,
  success: options?.success,
  error: options?.error
})

type Body = Pick<Task.Task.Any, "kind" | "run" | "start" | "runSync" | "caught">

const create = (name: string, options: MakeOptions | undefined, body: Body): Task.Task.Any => {
  if (typeof name !== "string" || name === "") throw new TypeError("a task needs a name that is not empty")
  const { retry, ...rest } = options ?? {}
  const schedule = retry !== undefined && "schedule" in retry ? retry : undefined
  return Object.assign(Object.create(Proto), contractFields(name, schemasOf(options), options?.version), body, {
    options: {
      retry: schedule,
      slots: options?.slots ?? (body.kind === "sync" ? "cpu" : undefined),
      ...(options?.advice === undefined ? {} : { advice: options.advice })
    },
    submission: pickSubmission(schedule === undefined ? { ...rest, retry } : rest)
  })
}

type Fn = (...args: ReadonlyArray<unknown>) => unknown

const isIterator = (u: unknown): u is Generator<never, unknown, never> =>
  typeof u === "object" && u !== null && "next" in u && typeof u.next === "function"

/** Calls the function: an Effect as it stands, a generator as Effect.gen would run it. */
const startBody = (name: string, f: Fn, args: ReadonlyArray<unknown>): Effect.Effect<unknown, unknown> => {
  let result: unknown
  try {
    result = f(...args)
  } catch (error) {
    return Exit.die(error)
  }
  if (Effect.isEffect(result)) return result as Effect.Effect<unknown, unknown>
  // A generator runs once: it was made for this run.
  if (isIterator(result)) {
    const iterator = result
    return Effect.gen(() => iterator)
  }
  return Effect.dieMessage(
    `the function of task ${name} returned neither an Effect nor a generator: use Task.sync or Task.promise for ` +
      "functions that return their value"
  )
}

const notSync = (name: string) => (): never => {
  throw new TypeError(`task ${name} does not return its value: it has to be run as an Effect`)
}

const effectBody = (name: string, f: Fn): Body => ({
  kind: "effect",
  run: (args) => Effect.suspend(() => startBody(name, f, args)),
  start: (args) => startBody(name, f, args),
  runSync: notSync(name),
  caught: Exit.die
})

export const make = (name: string, f: Fn, options?: MakeOptions): Task.Task.Any =>
  create(name, options, effectBody(name, f))

export const sync = (name: string, f: Fn, options?: MakeOptions): Task.Task.Any => {
  const caught = options?.catch
  const run: Body["run"] = caught === undefined
    ? (args) => Effect.sync(() => f(...args))
    : (args) => Effect.try({ try: () => f(...args), catch: caught })
  return create(name, options, {
    kind: "sync",
    run,
    start: run,
    runSync: (args) => f(...args),
    caught: caught === undefined ? Exit.die : (error) => failBy(caught, error)
  })
}

/** A `catch` that throws is a defect of its own. */
const failBy = (caught: (error: unknown) => unknown, error: unknown): Exit.Exit<never, unknown> => {
  try {
    return Exit.fail(caught(error))
  } catch (defect) {
    return Exit.die(defect)
  }
}

export const promise = (
  name: string,
  f: (signal: AbortSignal) => (...args: ReadonlyArray<unknown>) => PromiseLike<unknown>,
  options?: MakeOptions
): Task.Task.Any => {
  const caught = options?.catch
  const run: Body["run"] = caught === undefined
    ? (args) => Effect.promise((signal) => f(signal)(...args))
    : (args) => Effect.tryPromise({ try: (signal) => f(signal)(...args), catch: caught })
  return create(name, options, {
    kind: "promise",
    run,
    start: run,
    runSync: notSync(name),
    caught: Exit.die
  })
}

export const contract = (name: string, options?: AllOptions): Any =>
  Object.assign(
    Object.create(Proto),
    contractFields(
      name,
      { args: options?.args ?? [], success: options?.success, error: options?.error },
      options?.version
    ),
    {
      options: { retry: undefined, slots: undefined },
      submission: pickSubmission({ ...options }),
      implement(this: Any, f: Fn, more?: Partial<Task.Definition>): Task.Task.Any {
        const { implement: _, ...fields } = { ...this } as Any & { readonly implement: unknown }
        return Object.assign(Object.create(Proto), fields, effectBody(name, f), {
          options: { retry: more?.retry, slots: more?.slots }
        })
      }
    }
  )

export const withOptions = <T extends Task.Contract.Any>(self: T, options: Task.SubmitOptions): T =>
  Object.assign(Object.create(Object.getPrototypeOf(self)), self, {
    submission: { ...self.submission, ...pickSubmission({ ...options }) }
  })

/**
 * Where a schedule stands after so many failures is found by running it from its beginning: whoever retries may be
 * another worker than last time, and has nothing but the count. Time passes by what the schedule itself asks for.
 */
export const retryAfter = (
  schedule: Schedule.Schedule<unknown, unknown>,
  failure: unknown,
  failures: number
): Effect.Effect<"final" | { readonly retryAfter: number }> =>
  Effect.gen(function*() {
    let now = yield* Clock.currentTimeMillis
    let state: unknown = schedule.initial
    let delay = 0
    for (let i = 0; i <= failures; i++) {
      const [next, , decision] = yield* schedule.step(now, failure, state)
      if (ScheduleDecision.isDone(decision)) return "final"
      delay = Math.max(0, ScheduleIntervals.start(decision.intervals) - now)
      now += delay
      state = next
    }
    return { retryAfter: delay }
  })
