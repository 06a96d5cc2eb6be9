import { type Chunk, type Effect, type Exit, type HashMap, type Option, Schema, type Scope } from "effect"
import { describe, expect, it } from "tstyche"
import type { Args } from "../src/Args.js"
import type { Submit } from "../src/Client.js"
import type { Future } from "../src/Future.js"
import type { FutureError, SubmitError } from "../src/FutureError.js"
import type { Contract } from "../src/Task.js"

declare const submit: Submit<never>
type Submitted<A, E> = Effect.Effect<Future<A, E>, SubmitError, Scope.Scope>
type Json = string | number | boolean | null | ReadonlyArray<Json> | { readonly [k: string]: Json }
interface Tree {
  readonly value: number
  readonly children: ReadonlyArray<Tree>
}
declare class Linked {
  constructor(value: number, next: Linked | null)
  readonly value: number
  readonly next: Linked | null
}
interface User {
  readonly name: string
  readonly born: Date
  readonly tags: ReadonlyArray<string>
}

declare const inc: Contract<[x: number], number>
declare const fails: Contract<[x: number], string, "own">
declare const sum: Contract<[xs: ReadonlyArray<number>, o: { readonly k: number }], number, "own">
declare const pair: Contract<[p: readonly [number, string]], number>
declare const optional: Contract<[x: number, y?: string], number>
declare const rest: Contract<[x: number, ...ys: Array<string>], number>
declare const deep: Contract<[o: { readonly a: { readonly b: { readonly c: number } } }], number>

declare const ok: Future<number>
declare const bad: Future<number, "E1">
declare const text: Future<string, "E2">

declare const records: ReadonlyArray<Future<number, "E3">>
declare const numbers: Future<ReadonlyArray<number>, "E4">
declare const options: Future<{ readonly k: number }, "E5">
declare const effects: Contract<
  [o: Option.Option<number>, c: Chunk.Chunk<string>, h: HashMap.HashMap<string, number>],
  Option.Option<string>
>
declare const o: Option.Option<number>
declare const none: Option.None<number>
declare const c: Chunk.Chunk<string>
declare const h: HashMap.HashMap<string, number>
declare const fo: Future<Option.Option<number>, "EO">
declare const inside: Option.Option<Future<number>>
declare const binary: Contract<[d: Date, b: Uint8Array, m: ReadonlyMap<string, Date>, s: ReadonlySet<number>], number>
declare const bytes: Future<Uint8Array, "EB">
class Person extends Schema.Class<Person>("Person")({ name: Schema.String }) {}
declare const person: Contract<[p: Person], Person>
declare const linked: Contract<[n: Linked], number>
declare const tree: Contract<[t: Tree], Tree>
declare const user: Contract<[u: User], number>
declare const p: Person
declare const fp: Future<Person, "EP">
declare const ft: Future<Tree, "ET">
declare const anyJson: Contract<[j: Json], Json>
declare const json: Json
declare const unknown: Contract<[x: unknown], unknown>
declare const any: Contract<[x: any], number>
declare const anything: any

describe("submit", () => {
  it("adds nothing where nothing can fail", () => {
    expect(submit(inc, 1)).type.toBe<Submitted<number, never>>()
    expect(submit(inc, ok)).type.toBe<Submitted<number, never>>()
  })

  it("adds the errors of the task and of the futures among its arguments", () => {
    expect(submit(fails, 1)).type.toBe<Submitted<string, "own">>()
    expect(submit(inc, bad)).type.toBe<Submitted<number, "E1">>()
    expect(submit(fails, bad)).type.toBe<Submitted<string, "own" | "E1">>()
    expect(submit(sum, [1, bad, ok], { k: 1 })).type.toBe<Submitted<number, "own" | "E1">>()
    expect(submit(sum, [1], { k: bad })).type.toBe<Submitted<number, "own" | "E1">>()
    expect(submit(pair, [bad, text])).type.toBe<Submitted<number, "E1" | "E2">>()
    expect(submit(deep, { a: { b: { c: bad } } })).type.toBe<Submitted<number, "E1">>()
    expect(submit(sum, records, { k: 1 })).type.toBe<Submitted<number, "own" | "E3">>()
  })

  it("takes a future of the whole as well as futures of the parts", () => {
    expect(submit(sum, numbers, options)).type.toBe<Submitted<number, "own" | "E4" | "E5">>()
  })

  it("leaves FutureError out of the errors of a task", () => {
    expect(bad.await).type.toBe<Effect.Effect<Exit.Exit<number, "E1" | FutureError>>>()
    expect(submit(inc, bad)).type.toBe<Submitted<number, "E1">>()
  })

  it("infers Effect's data types", () => {
    expect(submit(effects, o, c, h)).type.toBe<Submitted<Option.Option<string>, never>>()
    expect(submit(effects, none, c, h)).type.toBe<Submitted<Option.Option<string>, never>>()
    expect(submit(effects, fo, c, h)).type.toBe<Submitted<Option.Option<string>, "EO">>()
    // A future inside an Option is a value, and not of this type.
    expect(submit).type.not.toBeCallableWith(effects, inside, c, h)
  })

  it("infers Date, typed arrays, Map and Set", () => {
    expect(submit(binary, new Date(), new Uint8Array(1), new Map<string, Date>(), new Set([1]))).type.toBe<
      Submitted<number, never>
    >()
    expect(submit(binary, new Date(), bytes, new Map<string, Date>(), new Set([1]))).type.toBe<
      Submitted<number, "EB">
    >()
  })

  it("infers classes, of Schema and others, and types that name themselves", () => {
    expect(submit(person, p)).type.toBe<Submitted<Person, never>>()
    expect(submit(person, fp)).type.toBe<Submitted<Person, "EP">>()
    expect(submit(linked, new Linked(1, null))).type.toBe<Submitted<number, never>>()
    expect(submit(tree, { value: 1, children: [{ value: 2, children: [] }] })).type.toBe<Submitted<Tree, never>>()
    expect(submit(tree, { value: bad, children: [ft] })).type.toBe<Submitted<Tree, "E1" | "ET">>()
    expect(submit(user, { name: text, born: new Date(), tags: ["a", text] })).type.toBe<Submitted<number, "E2">>()
  })

  it("infers recursive JSON", () => {
    expect(submit(anyJson, { a: [1, { b: "x" }] })).type.toBe<Submitted<Json, never>>()
    expect(submit(anyJson, json)).type.toBe<Submitted<Json, never>>()
    expect(submit(anyJson, { a: [1, { b: text }] })).type.toBe<Submitted<Json, "E2">>()
  })

  it("infers unknown and any", () => {
    expect(submit(unknown, 1)).type.toBe<Submitted<unknown, never>>()
    expect(submit(unknown, { a: [bad] })).type.toBe<Submitted<unknown, "E1">>()
    expect(submit(unknown, anything)).type.toBe<Submitted<unknown, never>>()
    expect(submit(any, 1)).type.toBe<Submitted<number, never>>()
    expect(submit(any, bad)).type.toBe<Submitted<number, "E1">>()
    expect(submit(inc, anything)).type.toBe<Submitted<number, never>>()
  })

  it("infers optional and rest parameters", () => {
    expect(submit(optional, 1)).type.toBe<Submitted<number, never>>()
    expect(submit(optional, 1, text)).type.toBe<Submitted<number, "E2">>()
    expect(submit(rest, bad)).type.toBe<Submitted<number, "E1">>()
    expect(submit(rest, 1, "a", text, "b")).type.toBe<Submitted<number, "E2">>()
    expect(submit).type.not.toBeCallableWith(optional)
    expect(submit).type.not.toBeCallableWith(rest, 1, 2)
  })

  it("infers in generic functions", () => {
    const twice = <A, E>(task: Contract<[a: A], A, E>, a: Future<A, E>) => submit(task, a)
    expect(twice(inc, ok)).type.toBe<Submitted<number, never>>()
    const through = <A>(f: (a: A) => A, a: A) => submit(f, a)
    expect(through((x: number) => x, 1)).type.toBeAssignableTo<Submitted<unknown, unknown>>()
  })

  it("infers plain functions, generic ones too", () => {
    expect(submit((x: number) => x + 1, 1)).type.toBe<Submitted<number, never>>()
    expect(submit((x: number) => x + 1, bad)).type.toBe<Submitted<number, "E1">>()
    expect(submit(async (x: number) => String(x), bad)).type.toBe<Submitted<string, "E1">>()
    expect(submit((x: number, e: Effect.Effect<string, "EE">) => e, 1, null!)).type.toBe<Submitted<string, "EE">>()
    expect(submit((o: Option.Option<number>) => o, null!)).type.toBe<Submitted<Option.Option<number>, never>>()
    expect(submit((_: number, ...xs: Array<string>) => xs, 1, "a")).type.toBe<Submitted<Array<string>, never>>()
  })

  it("refuses what is no argument", () => {
    expect(submit).type.not.toBeCallableWith(inc, "x")
    expect(submit).type.not.toBeCallableWith(inc, text)
    expect(submit).type.not.toBeCallableWith(inc)
    expect(submit).type.not.toBeCallableWith(inc, 1, 2)
    expect(submit).type.not.toBeCallableWith(sum, [1, "x"], { k: 1 })
    expect(submit).type.not.toBeCallableWith(sum, [1, text], { k: 1 })
    expect(submit).type.not.toBeCallableWith(sum, [1], {})
  })
})

describe("Args", () => {
  it("follows four levels", () => {
    type Four = Args<[{ a: { b: { c: { d: number } } } }]>
    expect<Four>().type.toBeAssignableFrom<[{ a: { b: { c: { d: Future<number, "E"> } } } }]>()
    type Five = Args<[{ a: { b: { c: { d: { e: number } } } } }]>
    expect<Five>().type.not.toBeAssignableFrom<[{ a: { b: { c: { d: { e: Future<number, "E"> } } } } }]>()
  })
})
