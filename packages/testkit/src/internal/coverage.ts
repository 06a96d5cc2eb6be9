/**
 * Which faults and which rare turns really happened. A kind that never happens over many seeds is a simulator that
 * looks away.
 *
 * @since 0.1.0
 */

/** What goes wrong around the machines. */
export const faultKinds = [
  "workerCrash",
  "workerLeave",
  "workerJoin",
  "executorCrash",
  "executorCrashUnstarted",
  "executorTired",
  "linkCut",
  "linkReset",
  "partitionScheduler",
  "partitionPeers",
  "freezeShort",
  "freezeLong",
  "schedulerDeath",
  "zombieScheduler",
  "clientCrash",
  "clientClose",
  "fetchGone",
  "fetchUnreachable",
  "fetchCorrupt",
  "valueGone",
  "diskRefuses",
  "diskForgets",
  "replicate",
  "rebalance",
  "retire",
  "unretire"
] as const

/** What users do, beside submitting and joining. */
export const userKinds = [
  "cancel",
  "cancelForce",
  "release",
  "keyReused",
  "pureShared",
  "retryKeys",
  "taskError",
  "taskFlaky",
  "taskDeadly",
  "taskTimeout",
  "taskSchedule",
  "taskNotCooperative",
  "scatter",
  "scatterAll",
  "offer",
  "fireAndForget",
  "nested",
  "nonDeterministic",
  "inlineValue",
  "largeValue",
  "restricted",
  "resources",
  "unknownTask",
  "severalTasks"
] as const

/** Turns inside the machines worth having seen. */
export const turnKinds = [
  "assignedAhead",
  "followed",
  "unready",
  "recalled",
  "recallRefused",
  "returned",
  "retried",
  "died",
  "suspended",
  "resumed",
  "fetched",
  "toldAgain",
  "sessionResumed",
  "pendingAgain",
  "lateFrame",
  "declaredDead",
  "suspected",
  "spilled",
  "loaded",
  "paused",
  "tooLarge",
  "copied",
  "spared",
  "executorRetired"
] as const

/** @since 0.1.0 */
export type FaultKind = (typeof faultKinds)[number]
/** @since 0.1.0 */
export type UserKind = (typeof userKinds)[number]
/** @since 0.1.0 */
export type TurnKind = (typeof turnKinds)[number]
/** @since 0.1.0 */
export type Kind = FaultKind | UserKind | TurnKind

export class Coverage {
  readonly counts = new Map<string, number>()
  fired(kind: Kind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
  }
}
