/**
 * A thread of workerpool.
 */
import workerpool from "workerpool"
import * as functions from "./functions.js"

workerpool.worker({ inc: functions.inc, add: functions.add })
