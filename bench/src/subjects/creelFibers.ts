/**
 * Creel on fibers of the program's own thread.
 */
import { LocalCluster, TaskGroup } from "creel"
import * as Tasks from "../tasks.js"

const { add, addEffect, bytes, inc, incEffect, look } = Tasks

export const fibers = LocalCluster.layer({ tasks: TaskGroup.make(inc, add, incEffect, addEffect, bytes, look) })
