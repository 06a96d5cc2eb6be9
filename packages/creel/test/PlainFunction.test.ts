import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Either, Exit, Option } from "effect"
import type { SubmitError } from "../src/FutureError.js"
import { parse } from "../src/plain/source.js"
import * as PlainFunction from "../src/PlainFunction.js"
import * as Task from "../src/Task.js"
import * as Value from "../src/Value.js"

const refusal = (f: unknown): SubmitError => {
  const result = parse(f)
  assert(Either.isLeft(result), `expected a refusal of ${String(f)}`)
  return result.left
}

const captures = (f: unknown): ReadonlyArray<string> => {
  const error = refusal(f)
  assert.strictEqual(error.reason, "CapturedVariables")
  return error.captured ?? []
}

/** Crosses as the engine makes it cross. */
const run = (f: (...args: Array<any>) => unknown, ...args: Array<unknown>) =>
  Effect.gen(function*() {
    const contract = yield* PlainFunction.fromFunction(f)
    assert.strictEqual(contract.id, PlainFunction.taskId)
    const payload = contract.encodeArgs(args, () => undefined)
    const result = yield* PlainFunction.task.run(PlainFunction.task.decodeArgs(payload, []))
    return contract.decodeSuccess(PlainFunction.task.encodeSuccess(result))
  }) as Effect.Effect<unknown, unknown>

/** A function as another tool would have left it in the text. */
const evaluated = (text: string): unknown => new Function("__name", `return (${text})`)((f: unknown) => f)

const factor = 3

describe("PlainFunction", () => {
  describe("runs", () => {
    it.effect("arrow functions, functions, methods and async functions", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* run((x: number) => x + 1, 1), 2)
        assert.strictEqual(
          yield* run(function(x: number) {
            return x * 2
          }, 4),
          8
        )
        assert.strictEqual(
          yield* run(
            {
              method(x: number) {
                return x - 1
              }
            }.method,
            4
          ),
          3
        )
        assert.strictEqual(
          yield* run(
            {
              async method(x: number) {
                return x - 1
              }
            }.method,
            4
          ),
          3
        )
        assert.strictEqual(yield* run(async (x: number) => (await Promise.resolve(x)) + 1, 1), 2)
        const named = function fact(n: number): number {
          return n <= 1 ? 1 : n * fact(n - 1)
        }
        assert.strictEqual(yield* run(named, 5), 120)
      }))

    it.effect("what a generator yields and what an Effect is, and leaves Options alone", () =>
      Effect.gen(function*() {
        const effect = Effect.sync(() => 5)
        assert.strictEqual(
          yield* PlainFunction.task.run([effect, "((e) => e)"]) as Effect.Effect<unknown>,
          5
        )
        assert.strictEqual(
          yield* PlainFunction.task.run([effect, "(function*(e) { return (yield* e) + 1 })"]) as Effect.Effect<unknown>,
          6
        )
        assert.deepStrictEqual(yield* run((o: Option.Option<number>) => o, Option.some(1)), Option.some(1))
        assert.deepStrictEqual(yield* run((o: Option.Option<number>) => o, Option.none()), Option.none())
      }))

    it.effect("functions whose inner functions were given names by esbuild", () =>
      Effect.gen(function*() {
        const f = evaluated(`(x) => { const inner = /* @__PURE__ */ __name((y) => y + 1, "inner"); return inner(x) }`)
        assert.strictEqual(yield* run(f as (x: number) => number, 1), 2)
      }))

    it.effect("a throw as a defect, and a rejection as one", () =>
      Effect.gen(function*() {
        for (
          const f of [() => {
            throw new Error("boom")
          }, async () => {
            throw new Error("boom")
          }]
        ) {
          const exit = yield* Effect.exit(run(f))
          assert(Exit.isFailure(exit) && Cause.isDie(exit.cause))
          assert.include(Cause.pretty(exit.cause), "boom")
        }
      }))

    it("one function per text", () => {
      assert.strictEqual(PlainFunction.compile("((x) => x)"), PlainFunction.compile("((x) => x)"))
    })

    it("with whole slots where the value is returned, and shares where it is awaited", () => {
      const slots = (f: (...args: Array<any>) => unknown) =>
        Either.getOrThrow(PlainFunction.fromFunction(f)).options.slots
      assert.strictEqual(slots((x: number) => x), "cpu")
      assert.isUndefined(slots(async (x: number) => x))
    })
  })

  describe("accepts", () => {
    it("globals and whatever a function defines itself", () => {
      const functions: ReadonlyArray<unknown> = [
        (x: number) => Math.max(x, Number.MAX_SAFE_INTEGER, parseInt("1"), structuredClone(1)),
        ({ a, b: [c = 1, ...rest] }: any, ...more: Array<number>) => a + c + rest.length + more.length,
        (n: number) => {
          for (let i = 0; i < n; i++) {
            const j = i
            if (j > 3) return j
          }
          return n
        },
        (xs: any) => {
          for (const x of xs) console.log(x)
          for (const k in xs) console.log(k)
        },
        () => {
          try {
            throw 1
          } catch (e) {
            return e
          }
        },
        () => {
          try {
            throw 1
          } catch {
            return 1
          }
        },
        () => {
          outer: for (;;) break outer
        },
        () => {
          class A {
            #x = 1
            get x() {
              return this.#x
            }
            static y = this.name
          }
          return new A()
        },
        () => {
          function later() {
            return hoisted
          }
          var hoisted = 1
          return later()
        },
        () => {
          const o = {
            factor: 1,
            m() {
              return this.factor
            }
          }
          return o.m() + o.factor
        },
        (x: any) => x?.factor ?? x["factor"],
        (tag: any) => tag`${1}`,
        function(this: unknown) {
          return arguments.length
        },
        (x: number) => {
          switch (x) {
            case 1: {
              const y = 1
              return y
            }
            default:
              return 0
          }
        },
        () => typeof window === "undefined" && typeof require === "undefined",
        () => /factor/.test("x"),
        evaluated("function(a, b = a, c = () => b) { return c() }"),
        evaluated("function f() { return new.target }"),
        evaluated("() => import('node:fs')"),
        evaluated("function() { { function inner() {} inner() } var { p: { q } } = {}; return q }")
      ]
      for (const f of functions) {
        const result = parse(f)
        assert(Either.isRight(result), `${String(f)}: ${Either.isLeft(result) ? result.left.message : ""}`)
      }
    })
  })

  describe("refuses", () => {
    it("each captured variable, by name", () => {
      const other = 1
      assert.deepStrictEqual(captures((x: number) => x * factor), ["factor"])
      assert.deepStrictEqual([...captures((x: number) => x * factor + other * factor)], ["factor", "other"])
      assert.deepStrictEqual(captures((x = other) => x), ["other"])
      assert.deepStrictEqual(captures(() => ({ other })), ["other"])
      assert.deepStrictEqual(captures(() => ({ [other]: 1 })), ["other"])
      assert.deepStrictEqual(
        captures(() => {
          class A extends (Object as any)[other] {}
          return A
        }),
        ["other"]
      )
      assert.deepStrictEqual(captures(() => () => () => other), ["other"])
      assert.deepStrictEqual(
        captures(() => {
          {
            const other = 2
            void other
          }
          return other
        }),
        ["other"]
      )
      assert.deepStrictEqual(captures(evaluated("() => { x = 1 }")), ["x"])
      assert.deepStrictEqual(captures(evaluated("() => { try {} catch (e) {} return e }")), ["e"])
      assert.deepStrictEqual(captures(evaluated("() => { for (let i = 0; i < 1; i++) {} return i }")), ["i"])
      assert.deepStrictEqual(captures(evaluated("() => { { function inner() {} } return inner }")), ["inner"])
      assert.deepStrictEqual(captures(evaluated("() => typeof somebody")), ["somebody"])
    })

    it("imports, under the names people know them by", () => {
      assert.deepStrictEqual(captures((x: number) => Effect.succeed(x)), ["Effect"])
      assert.deepStrictEqual(captures(evaluated("(x) => __vite_ssr_import_1__.succeed(x)")), ["succeed"])
      assert.deepStrictEqual(captures(evaluated("(x) => (0, __vi_import_0__.succeed)(x)")), ["succeed"])
    })

    it("what only looks free: this, arguments, super, import.meta, relative imports", () => {
      assert.deepStrictEqual(captures(evaluated("() => this.x")), ["this"])
      assert.deepStrictEqual(captures(evaluated("function() { return this.x }")), ["this"])
      assert.deepStrictEqual(
        captures(
          {
            x: 1,
            m() {
              return this.x
            }
          }.m
        ),
        ["this"]
      )
      assert.deepStrictEqual(
        captures(
          {
            m() {
              return super.toString()
            }
          }.m
        ),
        ["super"]
      )
      assert.deepStrictEqual(captures(evaluated("() => arguments[0]")), ["arguments"])
      assert.deepStrictEqual(captures(() => import.meta.url), ["import.meta"])
      assert.deepStrictEqual(captures(evaluated("() => import('./x.js')")), [`import("./x.js")`])
    })

    it("what has no text of its own", () => {
      class A {
        static get accessor() {
          return 1
        }
      }
      const accessor = Object.getOwnPropertyDescriptor(A, "accessor")?.get
      const computed = {
        ["a b"]: 1,
        [`x${1}`]() {
          return 1
        }
      }
      for (
        const [f, why] of [
          [Math.abs, "built into"],
          [((x: number) => x).bind(null), "bound"],
          [A, "a class"],
          [accessor, "accessor"],
          [computed.x1, "computed name"],
          [async function*() {}, "async generator"],
          [5, "number"],
          [null, "null"]
        ] as const
      ) {
        const error = refusal(f)
        assert.strictEqual(error.reason, "NotAFunction", String(f))
        assert.include(error.message, why)
      }
    })

    it("with the same function as a task in a file", () => {
      const scale = (x: number) => x * factor
      const message = refusal(scale).message
      assert.include(message, "function scale: CapturedVariables: it closes over the variable factor")
      assert.include(message, `export const scale = Task.sync("scale", (x) => x * factor)`)
      assert.include(message, "what it uses: factor")
      assert.include(refusal(async () => factor).message, `Task.promise("myTask", (signal) => async () => factor)`)
      assert.include(
        refusal(function*() {
          yield factor
        }).message,
        `Task.make("myTask"`
      )
    })
  })

  it("has a contract that says where an argument cannot cross", () => {
    const contract = Either.getOrThrow(PlainFunction.fromFunction((x: unknown) => x))
    assert.throws(() => contract.encodeArgs([{ a: () => 1 }], () => undefined), Value.NotEncodable, "args[0].a")
    assert.isTrue(Task.isContract(contract))
    assert.strictEqual(Either.getOrThrow(PlainFunction.fromFunction(function twice() {})).name, "twice")
  })

  it("digests by text and arguments", () => {
    const of = (f: (x: number) => unknown, x: number) =>
      Either.getOrThrow(PlainFunction.fromFunction(f)).digestArgs([x], () => undefined)
    assert.strictEqual(of((x) => x + 1, 1), of((x) => x + 1, 1))
    assert.notStrictEqual(of((x) => x + 1, 1), of((x) => x + 1, 2))
    assert.notStrictEqual(of((x) => x + 1, 1), of((x) => x + 2, 1))
  })
})
