/**
 * A thread of workerpool.
 */
import workerpool from "workerpool"
import { add, bytes, hold, inc, look, spin, timesFor } from "./functions.js"

workerpool.worker({ inc, add, bytes, look, spin, timesFor, hold })
