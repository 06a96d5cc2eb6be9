/**
 * Creel's tasks: imported by the program that measures, and by every thread.
 */
import { Task } from "creel"
import { Effect } from "effect"

export const inc = Task.sync("inc", (x: number) => x + 1)
export const add = Task.sync("add", (x: number, y: number) => x + y)

export const incEffect = Task.make("incEffect", (x: number) => Effect.succeed(x + 1))
export const addEffect = Task.make("addEffect", (x: number, y: number) => Effect.succeed(x + y))
