/**
 * Whose a value is: what a callable answered inside of another task crosses by the callable's Schemas, not by those of the
 * task that called it. It owns that mark, and how marked values go into bytes.
 *
 * Only objects are marked, and only where there is a Schema: primitives are plain. What has never been marked costs one
 * look at a flag.
 */
import type { Payload } from "@creel/core/Payload"
import type * as Task from "../Task.js"
import * as Value from "../Value.js"
import { encodeDeep } from "./codec.js"

interface Owner {
  readonly contract: Task.Contract.Any
  /** 0: the value itself; 1: each element of an array; 2: of arrays in an array. */
  readonly depth: number
}

const values = new WeakMap<object, Owner>()
const errors = new WeakMap<object, Task.Contract.Any>()
let anyValue = false
let anyError = false

const isObject = (u: unknown): u is object => typeof u === "object" && u !== null

export const own = <A>(contract: Task.Contract.Any, value: A, depth: number): A => {
  if (contract.schemas.success !== undefined && isObject(value)) {
    anyValue = true
    values.set(value, { contract, depth })
  }
  return value
}

export const ownError = (contract: Task.Contract.Any, error: unknown): void => {
  if (contract.schemas.error === undefined || !isObject(error)) return
  anyError = true
  errors.set(error, contract)
}

export const encodeSuccess = (
  task: Task.Contract.Any,
  value: unknown,
  options: { readonly share: boolean }
): Payload => {
  const owner = anyValue && task.schemas.success === undefined && isObject(value) ? values.get(value) : undefined
  if (owner === undefined) return task.encodeSuccess(value, options)
  const { contract, depth } = owner
  return Value.encode(encodeDeep(contract.schemas.success!, value, depth, "result"), {
    path: "result",
    share: options.share,
    schema: contract.id + "[]".repeat(depth)
  })
}

/** Of the task itself where it says what its errors are; else of the callable that the error came from. */
export const errorOwner = (task: Task.Contract.Any, error: unknown): Task.Contract.Any =>
  anyError && task.schemas.error === undefined && isObject(error) ? errors.get(error) ?? task : task
