/** The first file of the thread that hosts scheduler and workers. Started by importing it. */
import * as Effect from "effect/Effect"
import { serve } from "../host/server.js"

// The outermost edge of a thread of its own: nothing is above that could run this.
Effect.runFork(Effect.scoped(serve))
