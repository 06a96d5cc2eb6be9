/**
 * An executor for the tasks of a module: loads the module, makes a Runner of what it exports, serves until it is ended.
 * Started by importing it.
 */
import * as Effect from "effect/Effect"
import * as Launch from "../executor/launch.js"
import { openModule } from "../executor/openModule.js"

// The outermost edge of a thread or process of its own: nothing is above that could run this.
Effect.runFork(Launch.run(openModule))
