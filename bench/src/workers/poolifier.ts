/**
 * A thread of poolifier; `inc` is first, so it is what runs where no name is given.
 */
import { ThreadWorker } from "poolifier"
import { add, bytes, hold, inc, look, spin, timesFor } from "./functions.js"

export default new ThreadWorker<any, unknown>({ inc, add, bytes, look, spin, timesFor, hold })
