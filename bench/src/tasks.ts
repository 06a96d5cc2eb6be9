/**
 * Creel's tasks: imported by the program that measures, and by every thread.
 */
import { Task } from "creel"
import { Effect } from "effect"
import * as functions from "./workers/functions.js"

export const inc = Task.sync("inc", functions.inc)
export const add = Task.sync("add", (x: number, y: number) => x + y)

export const incEffect = Task.make("incEffect", (x: number) => Effect.succeed(x + 1))
export const addEffect = Task.make("addEffect", (x: number, y: number) => Effect.succeed(x + y))

export const bytes = Task.sync("bytes", functions.bytes)
export const look = Task.sync("look", functions.look)
export const spin = Task.sync("spin", functions.spin)
export const timesFor = Task.sync("timesFor", functions.timesFor)
export const hold = Task.sync("hold", functions.hold)
export const mandelbrotRow = Task.sync("mandelbrotRow", functions.mandelbrotRow)
export const countWords = Task.sync("countWords", functions.countWords)
