/**
 * Which faults and which rare turns really happened, and which decisions were taken. A kind that never happens over many seeds is a simulator that
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
  "unretire",
  "checkpoint"
] as const

/** What goes wrong where there are many machines. Only some seeds are of that kind. */
export const farKinds = [
  "cancelAll",
  "partitionSome",
  "partitionWorkers",
  "carrierCrash",
  "frozenScheduler",
  "freezeBeyondDead",
  "rolling"
] as const

/** Who asks the scheduler, beside those whom it serves. */
export const besideKinds = ["adapts", "looksOn"] as const

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
  "inPieces",
  "halfTold",
  "pendingAgain",
  "lateFrame",
  "declaredDead",
  "suspected",
  "spilled",
  "loaded",
  "paused",
  "resumedAfterPause",
  "tooLarge",
  "fetchStopped",
  "executorEnded",
  "recovered",
  "bounded",
  "storm",
  "copied",
  "spared",
  "lent",
  "leftInPeace",
  "executorRetired",
  "cutLost",
  "relayed",
  "heardTwice",
  "lateLife",
  "toldAfterDeath",
  "saidTooEarly",
  "askedToBegin",
  "tookWorker",
  "tookScheduler",
  "deathsRemembered",
  "observed",
  "missedActivities",
  "scaledUp",
  "scaledDown",
  "keptAfterAll"
] as const

/** What the scheduler writes into its journal: what it decided, and what made it. */
export const decisionKinds = [
  "assigned",
  "stored",
  "dropped",
  "lost",
  "failed",
  "cancelled",
  "retried",
  "died",
  "returned",
  "recalled",
  "withdrawn",
  "refused",
  "vanished",
  "taken over",
  "fetch failed",
  "suspect",
  "heard again",
  "worker lost",
  "client lost",
  "copy asked",
  "copied",
  "move asked",
  "moved",
  "copy dropped",
  "retiring",
  "stays",
  "to be cut",
  "cut",
  "mended",
  "scaled"
] as const

/** @since 0.1.0 */
export type FaultKind = (typeof faultKinds)[number] | (typeof farKinds)[number]
/** @since 0.1.0 */
export type BesideKind = (typeof besideKinds)[number]
/** @since 0.1.0 */
export type UserKind = (typeof userKinds)[number]
/** @since 0.1.0 */
export type TurnKind = (typeof turnKinds)[number]
/** @since 0.1.0 */
export type DecisionKind = typeof decisionKinds[number]
/** @since 0.1.0 */
export type Kind = FaultKind | BesideKind | UserKind | TurnKind

/** Decisions are counted beside the rest: some have the names of faults. */
export const nameOf = (decision: string): string => `decided ${decision}`

export class Coverage {
  readonly counts = new Map<string, number>()
  fired(kind: Kind): void {
    this.add(kind)
  }
  decided(what: string): void {
    this.add(nameOf(what))
  }
  private add(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
  }
}
