/**
 * Tasks together: what a worker is given.
 *
 * @since 0.1.0
 */
import * as Inspectable from "effect/Inspectable"
import { type Pipeable, pipeArguments } from "effect/Pipeable"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as Types from "effect/Types"
import * as Task from "./Task.js"

/**
 * @since 0.1.0
 * @category type ids
 */
export const TypeId: unique symbol = Symbol.for("creel/TaskGroup")

/**
 * @since 0.1.0
 * @category type ids
 */
export type TypeId = typeof TypeId

/**
 * A set of tasks with names of their own. `R` is what a worker must provide to run all of them.
 *
 * @since 0.1.0
 * @category models
 */
export interface TaskGroup<out R = never> extends Pipeable, Inspectable.Inspectable {
  readonly [TypeId]: { readonly _R: Types.Covariant<R> }
  /** By name. */
  readonly tasks: ReadonlyMap<string, Task.Task<any, unknown, unknown, R>>
  /** Both groups in one. Throws `DuplicateTask`. */
  readonly merge: <Groups extends ReadonlyArray<TaskGroup<any>>>(
    ...groups: Groups
  ) => TaskGroup<R | TaskGroup.Context<Groups[number]>>
}

/**
 * @since 0.1.0
 * @category models
 */
export declare namespace TaskGroup {
  /**
   * @since 0.1.0
   * @category models
   */
  export type Any = TaskGroup<unknown>

  /**
   * @since 0.1.0
   * @category models
   */
  export type Context<T extends Any> = T extends TaskGroup<infer R> ? R : never
}

/**
 * Two tasks of one name in one group. Thrown: a group is made when a program starts, and this is a mistake in it.
 *
 * @since 0.1.0
 * @category errors
 */
export class DuplicateTask extends Schema.TaggedError<DuplicateTask>("creel/TaskGroup/DuplicateTask")("DuplicateTask", {
  name: Schema.String,
  /** `name#digest` of the two. */
  first: Schema.String,
  second: Schema.String
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `two tasks are named ${this.name} (${this.first} and ${this.second}). ` +
      "What to do: give one of them another name, or put them in groups for different workers"
  }
}

const Proto = {
  ...Inspectable.BaseProto,
  [TypeId]: {
    /* c8 ignore next */
    _R: (_: never) => _
  },
  pipe() {
    return pipeArguments(this, arguments)
  },
  toJSON(this: TaskGroup.Any) {
    return { _id: "TaskGroup", tasks: Array.from(this.tasks.keys()) }
  },
  merge(this: TaskGroup.Any, ...groups: ReadonlyArray<TaskGroup.Any>) {
    return of([this, ...groups].flatMap((group) => Array.from(group.tasks.values())))
  }
}

/** The same task may come by two ways; two tasks may not. */
const of = (tasks: Iterable<Task.Task.Any>): TaskGroup<any> => {
  const byName = new Map<string, Task.Task.Any>()
  for (const task of tasks) {
    const other = byName.get(task.name)
    if (other !== undefined && other.run !== task.run) {
      throw new DuplicateTask({ name: task.name, first: other.id, second: task.id })
    }
    if (other === undefined) byName.set(task.name, task)
  }
  return Object.assign(Object.create(Proto), { tasks: byName })
}

/**
 * A group of tasks. Throws `DuplicateTask`.
 *
 * @example
 * ```ts
 * import { Task, TaskGroup } from "creel"
 *
 * const inc = Task.sync("inc", (x: number) => x + 1)
 * const add = Task.sync("add", (x: number, y: number) => x + y)
 * export const Tasks = TaskGroup.make(inc, add)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <Tasks extends ReadonlyArray<Task.Task<any, unknown, unknown, any>>>(
  ...tasks: Tasks
): TaskGroup<Task.Task.Context<Tasks[number]>> => of(tasks)

/**
 * All tasks, and tasks of groups, that a module exports. What else it exports is left alone. Throws `DuplicateTask`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromModule = (exports: object): TaskGroup<unknown> => {
  const found: Array<Task.Task.Any> = []
  for (const value of Object.values(exports)) {
    if (Task.isTask(value)) found.push(value)
    else if (isTaskGroup(value)) found.push(...value.tasks.values())
  }
  return of(found)
}

/**
 * @since 0.1.0
 * @category guards
 */
export const isTaskGroup = (u: unknown): u is TaskGroup.Any => Predicate.hasProperty(u, TypeId)
