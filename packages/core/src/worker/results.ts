/**
 * How many jobs may begin, by what their results may take. A result has no size before it is made: what runs when memory
 * comes above *pause* ends on top of it, an executor's slots bound that, and then nothing begins while anything is on its way
 * to the disk. Jobs that are handed over ahead of their turn are so many as slots do not bound: they are posted only as far as
 * results like those of their group still fit.
 *
 * @since 0.1.0
 */
// house: memory gives room as far as results leave any
import type { Memory } from "./memory.js"
import { type Group, type Inner, type Job, least } from "./state.js"

/** How many jobs may begin now: above *pause* one at a time, and that only when nothing can be spilled. */
export const startsMax = (state: Inner): number => {
  const { memory } = state
  if (memory?.isPaused !== true) return Infinity
  return memory.spills > 0 || isAnyRunning(state) ? 0 : 1
}

const isSuspended = ({ state }: Job): boolean => state._tag === "Running" && state.suspended !== undefined

const isAnyRunning = ({ executors }: Inner): boolean => {
  for (const executor of executors.values()) for (const job of executor.jobs) if (!isSuspended(job)) return true
  return false
}

/** A job of this group made a value. */
export const learn = ({ memory }: Inner, group: Group, bytes: number): void => {
  if (memory === undefined) return
  // What was large once need not be for ever.
  group.bytes = Math.max(bytes, Math.floor(0.9 * group.bytes))
  if (bytes > memory.largest) memory.largest = bytes
}

/** What results of jobs may take that were handed over ahead of their turn. */
export const promised = (state: Inner, memory: Memory): number => {
  let sum = 0
  if (mostPromised(state, memory) === 0) return sum
  for (const { jobs } of state.executors.values()) {
    for (const { group, state: at } of jobs) if (at._tag === "Running" && at.posted) sum += group.bytes
  }
  return sum
}

const mostPromised = ({ executors }: Inner, { largest }: Memory): number => {
  let count = 0
  for (const { posted } of executors.values()) count += posted.whole + posted.part
  return count * largest
}

/** Whether so many bytes more leave room for what is promised. */
export const leaves = (state: Inner, memory: Memory, bytes: number): boolean => {
  const free = memory.pause - memory.total - bytes
  return free >= 0 && (mostPromised(state, memory) <= free || promised(state, memory) <= free)
}

/** Says what results of jobs that are posted now may take: all, as long as all there could be would fit. */
export const countRoom = ({ config, executors, memory }: Inner): void => {
  if (memory === undefined) return
  memory.room = Infinity
  let most = config.postAheadMillis / least * executors.size
  for (const { jobs } of executors.values()) most += jobs.size
  if (memory.total + most * memory.largest <= memory.pause) return
  memory.room = memory.pause - memory.total
  for (const { jobs } of executors.values()) {
    for (const job of jobs) if (!isSuspended(job)) memory.room -= job.group.bytes
  }
}

/** Whether this job may be posted: what it makes fits beside what the others make. */
export const takesRoom = ({ memory }: Inner, { group }: Job): boolean => {
  if (memory === undefined) return true
  memory.room -= group.bytes
  return memory.room >= 0
}
