/** Who may say what on a link: the least role of each request. What is not named here is unknown. */
import { ManageError } from "creel/ManageError"
import type { Role } from "../Security.js"

const rights = new Map<string, Role>([
  ...(["Introduce", "Explain", "WhoHas", "HasWhat", "Workers", "Nbytes", "Memory", "WhyHeld", "WouldFree"] as const)
    .map((tag) => [tag, "observer"] as const),
  ...(["Progress", "Story", "Moving", "Observe", "KeyView", "GraphView", "Tree", "Profile"] as const).map((tag) =>
    [tag, "observer"] as const
  ),
  // Who may attach as what is looked at again, when that is known.
  ...(["Attach", "Send", "Where", "Read", "Offer", "Withdraw"] as const).map((tag) => [tag, "client"] as const),
  ...(["Replicate", "Checkpoint", "Rebalance"] as const).map((tag) => [tag, "client"] as const),
  // A node asks what there is to do for it, and may have its own workers leave: whose they are is looked at again.
  ...(["Demand", "Retire"] as const).map((tag) => [tag, "worker"] as const),
  ...(["Restart", "RestartScheduler", "CancelAll", "Scale", "Adapt"] as const).map((tag) => [tag, "operator"] as const)
])

/** Whose refusal is told as an error that its caller can name; other questions have none. */
const managing: ReadonlySet<string> = new Set([
  "Restart",
  "RestartScheduler",
  "CancelAll",
  "Scale",
  "Adapt",
  "Retire"
])

export const forbidden = (tag: string, needs: Role, role: Role): ManageError | undefined =>
  managing.has(tag)
    ? new ManageError({
      reason: "Forbidden",
      detail:
        `${tag} is for ${needs === "operator" ? "an operator" : `a ${needs}`}, and this connection has proved to be ` +
        `${role === "operator" || role === "observer" ? "an" : "a"} ${role}`,
      needs
    })
    : undefined

export const least = (tag: string): Role | undefined => rights.get(tag)
