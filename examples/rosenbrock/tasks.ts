// What the workers do: imported by the program and by every worker.
import { Task } from "creel"
import { Effect } from "effect"
import { height, type Point } from "./search.js"

const millis = Number(process.env["ROSENBROCK_MILLIS"] ?? 100)

/** The sleep stands for a function that is expensive to compute, so it takes a slot of its own. */
export const rosenbrock = Task.make(
  "rosenbrock",
  (point: Point) => Effect.succeed({ point, score: height(point) }).pipe(Effect.delay(`${millis} millis`)),
  { slots: "cpu" }
)
