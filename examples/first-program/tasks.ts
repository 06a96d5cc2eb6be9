// imported by the program and by every worker
import { Task } from "creel"
import { Effect } from "effect"
export const inc = Task.make("inc", (x: number) => Effect.succeed(x + 1).pipe(Effect.delay("5 seconds")))
export const add = Task.make("add", (x: number, y: number) => Effect.succeed(x + y).pipe(Effect.delay("7 seconds")))
