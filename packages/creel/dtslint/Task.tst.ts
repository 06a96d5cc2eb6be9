import type { Cause, Chunk } from "effect"
import { Context, Data, Effect, Option, Schedule, Schema, type Scope } from "effect"
import { describe, expect, it } from "tstyche"
import type { NotPlain } from "../src/Args.js"
import type { Client } from "../src/Client.js"
import type { FutureError, SubmitError } from "../src/FutureError.js"
import * as Task from "../src/Task.js"
import * as TaskGroup from "../src/TaskGroup.js"

class Db extends Context.Tag("Db")<Db, { readonly get: (id: number) => Effect.Effect<string, "missing"> }>() {}
class User extends Schema.Class<User>("User")({ name: Schema.String }) {}
class Missing extends Schema.TaggedError<Missing>()("Missing", { id: Schema.Number }) {}
class Custom extends Data.TaggedError("Custom")<{ readonly n: number }> {}

describe("Task.make", () => {
  it("infers from a function that returns an Effect", () => {
    expect(Task.make("a", (x: number, y: string) => Effect.succeed(x + y))).type.toBe<
      Task.Task<[x: number, y: string], string, never, never>
    >()
    expect(Task.make("b", (id: number) => Effect.flatMap(Db, (db) => db.get(id)))).type.toBe<
      Task.Task<[id: number], string, "missing", Db>
    >()
    expect(Task.make("c", (x?: number, ...more: Array<string>) => Effect.succeed([x, more] as const))).type.toBe<
      Task.Task<
        [x?: number | undefined, ...more: Array<string>],
        readonly [number | undefined, Array<string>],
        never,
        never
      >
    >()
  })

  it("infers from a generator function", () => {
    const task = Task.make("g", function*(id: number) {
      const db = yield* Db
      const text = yield* db.get(id)
      if (text === "") yield* Effect.fail("empty" as const)
      return text.length
    })
    expect(task).type.toBe<Task.Task<[id: number], number, "missing" | "empty", Db>>()
    expect(Task.make("h", function*() {
      return 1 as number
    })).type.toBe<Task.Task<[], number, never, never>>()
  })

  it("takes a generic function at its bounds", () => {
    expect(Task.sync("id", <A>(a: A) => a)).type.toBe<Task.Task<[a: unknown], unknown, never>>()
    expect(Task.sync("len", <A extends string>(a: A) => a.length)).type.toBe<Task.Task<[a: string], number, never>>()
    expect(Task.make("id", <A>(a: A) => Effect.succeed(a))).type.toBe<Task.Task<[a: any], any, never, never>>()
    // Whoever wants it for a type says so.
    const id = <A>(a: A) => Effect.succeed(a)
    expect(Task.make("id", id<number>)).type.toBe<Task.Task<[a: number], number, never, never>>()
  })

  it("takes what the worker provides out of R", () => {
    const body = () =>
      Effect.gen(function*() {
        yield* Task.Current
        yield* Effect.scope
        yield* Effect.addFinalizer(() => Effect.void)
        const db = yield* Db
        return yield* db.get(1)
      })
    expect(Task.make("a", body)).type.toBe<Task.Task<[], string, "missing", Db>>()
    expect<Task.Outside<Scope.Scope | Client | Task.Current | Db>>().type.toBe<Db>()
  })

  it("takes schemas of the types, and no others", () => {
    expect(Task.make("a", (u: User) => Effect.succeed(u), { args: [User], success: User })).type.toBe<
      Task.Task<[u: User], User, never, never>
    >()
    expect(
      Task.make("b", (n: number, d: Date) => n > 0 ? Effect.succeed(d) : new Missing({ id: n }), {
        error: Missing,
        args: [undefined, Schema.Date],
        success: Schema.Date
      })
    ).type.toBe<Task.Task<[n: number, d: Date], Date, Missing, never>>()
    expect(Task.make).type.not.toBeCallableWith("c", () => Effect.succeed(1), { success: Schema.String })
    expect(Task.make).type.not.toBeCallableWith("d", () => Effect.fail("x"), { error: Schema.Number })
    expect(Task.make).type.not.toBeCallableWith("e", (_: number) => Effect.void, { args: [Schema.String] })
  })

  it("asks for a Schema where types can tell that one is needed", () => {
    // @ts-expect-error the error of this task is not plain data: give it a Schema, { error: … }
    Task.make("a", () => Effect.fail(new Custom({ n: 1 })))
    // @ts-expect-error the error of this task is not plain data
    Task.make("a", () => Effect.fail(new Error("x")), { priority: 1 })
    // @ts-expect-error the error of this task is not plain data
    Task.make("b", function*(x: number) {
      if (x > 1) return yield* new Custom({ n: 1 })
      return 1
    })
    // @ts-expect-error what this task returns is not plain data: give it a Schema, { success: … }
    Task.make("c", () => Effect.succeed({ run: () => 1 }))
    // @ts-expect-error what this task returns is not plain data
    Task.make("d", () => Effect.succeed(Option.some(new Custom({ n: 1 }))))
    // @ts-expect-error a parameter of this task is not plain data: give it a Schema, { args: [ … ] }
    Task.make("e", (_: number, e: Custom) => Effect.succeed(e.n))
    // @ts-expect-error a parameter of this task is not plain data and has no Schema in { args: [ … ] }
    Task.make("f", (_: number, e: Custom) => Effect.succeed(e.n), { args: [Schema.Number, undefined] })
    // @ts-expect-error what this task returns is not plain data
    Task.sync("g", () => new Promise<number>(() => {}))
    // @ts-expect-error the error of this task is not plain data
    Task.promise("h", () => async () => 1, { catch: (error) => new Custom({ n: Number(error) }) })
    // … and what follows needs none.
    Task.make("i", () => Effect.fail(new Missing({ id: 1 })), { error: Missing })
    Task.make("j", () => Effect.timeout(Effect.succeed(1), "1 second"))
    Task.make("k", () => Effect.fail(null! as FutureError | SubmitError))
  })

  it("knows the error in `retry`", () => {
    Task.make("a", () => Effect.fail("busy" as "busy" | "gone"), {
      retry: {
        schedule: Schedule.recurs(3),
        while: (error) => {
          expect(error).type.toBe<"busy" | "gone">()
          return error === "busy"
        }
      }
    })
  })
})

describe("Task.sync and Task.promise", () => {
  it("return what the function returns, Options and Effects too", () => {
    expect(Task.sync("a", (x: number) => Option.some(x))).type.toBe<
      Task.Task<[x: number], Option.Option<number>, never>
    >()
    expect(Task.sync("b", (xs: Float64Array) => xs.length)).type.toBe<Task.Task<[xs: Float64Array], number, never>>()
    expect(Task.promise("c", (_signal) => async (x: number) => String(x))).type.toBe<
      Task.Task<[x: number], string, never>
    >()
  })

  it("fail with what `catch` makes of a throw", () => {
    expect(Task.sync("a", (x: number) => x, { catch: () => "caught" as const })).type.toBe<
      Task.Task<[x: number], number, "caught">
    >()
    expect(Task.promise("b", () => async () => 1, { catch: (e) => new Missing({ id: Number(e) }), error: Missing }))
      .type.toBe<Task.Task<[], number, Missing>>()
  })
})

describe("Task.contract", () => {
  const Resize = Task.contract("resize", {
    args: [Schema.Uint8ArrayFromSelf, Schema.NumberFromString],
    success: Schema.Uint8ArrayFromSelf,
    error: Missing,
    priority: 1
  })

  it("has the types of its schemas", () => {
    expect(Resize).type.toBeAssignableTo<Task.Contract<[Uint8Array, number], Uint8Array, Missing>>()
    expect<Task.Contract.Args<typeof Resize>>().type.toBe<[Uint8Array, number]>()
    expect<Task.Contract.Success<typeof Resize>>().type.toBe<Uint8Array>()
    expect<Task.Contract.Error<typeof Resize>>().type.toBe<Missing>()
    const Bare = Task.contract("bare")
    expect<Task.Contract.Args<typeof Bare>>().type.toBe<[]>()
    expect<Task.Contract.Success<typeof Bare>>().type.toBe<void>()
    expect<Task.Contract.Error<typeof Bare>>().type.toBe<never>()
  })

  it("is implemented by functions of those types", () => {
    const task = Resize.implement((image, width) => {
      expect(image).type.toBe<Uint8Array>()
      expect(width).type.toBe<number>()
      return Effect.as(Db, image)
    })
    expect(task).type.toBe<Task.Task<[Uint8Array, number], Uint8Array, Missing, Db>>()
    const generated = Resize.implement(function*(image, width) {
      yield* Db
      if (width > 1) yield* new Missing({ id: width })
      return image
    })
    expect(generated).type.toBe<Task.Task<[Uint8Array, number], Uint8Array, Missing, Db>>()
    expect(Resize.implement).type.not.toBeCallableWith(() => Effect.succeed("x"))
    expect(Resize.implement).type.not.toBeCallableWith((image: Uint8Array) => Effect.as(Effect.fail("other"), image))
  })
})

describe("Task.with", () => {
  it("keeps the type", () => {
    const add = Task.sync("add", (x: number, y: number) => x + y)
    expect(add.pipe(Task.with({ priority: 10 }))).type.toBe<Task.Task<[x: number, y: number], number, never>>()
    expect(Task.with(add, { key: "x" })).type.toBe<Task.Task<[x: number, y: number], number, never>>()
  })
})

describe("TaskGroup", () => {
  it("requires what its tasks require", () => {
    const pure = Task.sync("a", (x: number) => x)
    const db = Task.make("b", () => Effect.flatMap(Db, (db) => db.get(1)))
    expect(TaskGroup.make(pure)).type.toBe<TaskGroup.TaskGroup<never>>()
    expect(TaskGroup.make(pure, db)).type.toBe<TaskGroup.TaskGroup<Db>>()
    expect(TaskGroup.make(pure).merge(TaskGroup.make(db))).type.toBe<TaskGroup.TaskGroup<Db>>()
    expect(TaskGroup.make()).type.toBe<TaskGroup.TaskGroup<never>>()
  })
})

describe("NotPlain", () => {
  it("is never for plain data, and for what types cannot tell", () => {
    type Json = string | number | ReadonlyArray<Json> | { readonly [k: string]: Json }
    interface Tree {
      readonly next: Tree | undefined
      readonly tags: Map<string, Set<bigint>>
    }
    expect<NotPlain<Json>>().type.toBe<never>()
    expect<NotPlain<Tree>>().type.toBe<never>()
    expect<NotPlain<unknown>>().type.toBe<never>()
    expect<NotPlain<any>>().type.toBe<never>()
    expect<NotPlain<never>>().type.toBe<never>()
    expect<NotPlain<void>>().type.toBe<never>()
    expect<NotPlain<{ readonly a?: Date | undefined; readonly b: [Uint8Array, DataView, ArrayBuffer] }>>().type.toBe<
      never
    >()
    expect<NotPlain<Chunk.Chunk<Option.Option<Cause.Cause<string>>>>>().type.toBe<never>()
    expect<NotPlain<Cause.TimeoutException | FutureError>>().type.toBe<never>()
    expect<NotPlain<User>>().type.toBe<never>()
  })

  it("is the offender otherwise", () => {
    expect<NotPlain<number | Error>>().type.toBe<Error>()
    expect<NotPlain<() => void>>().type.toBe<() => void>()
    expect<NotPlain<symbol>>().type.toBe<symbol>()
    expect<NotPlain<Chunk.Chunk<Custom>>>().type.toBe<Custom>()
    expect<NotPlain<ReadonlyMap<string, Promise<number>>>>().type.toBe<Promise<number>>()
    expect<NotPlain<Effect.Effect<number>>>().type.toBe<Effect.Effect<number>>()
  })
})
