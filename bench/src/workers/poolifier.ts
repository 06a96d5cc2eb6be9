/**
 * A thread of poolifier; `inc` is first, so it is what runs where no name is given.
 */
import { ThreadWorker } from "poolifier"
import * as functions from "./functions.js"

export default new ThreadWorker<any, unknown>({ inc: functions.inc, add: functions.add })
