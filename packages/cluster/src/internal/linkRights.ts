/** Who may say what on a link: the least role of each request. What is not named here is unknown. */
import type { Role } from "../Security.js"

const rights = new Map<string, Role>([
  ...(["Introduce", "Explain", "WhoHas", "HasWhat", "Workers", "Nbytes", "Memory", "WhyHeld", "WouldFree"] as const)
    .map((tag) => [tag, "observer"] as const),
  ...(["Progress", "Story", "Moving", "Observe", "KeyView", "GraphView", "Tree"] as const).map((tag) =>
    [tag, "observer"] as const
  ),
  // Who may attach as what is looked at again, when that is known.
  ...(["Attach", "Send", "Where", "Read", "Offer", "Withdraw"] as const).map((tag) => [tag, "client"] as const),
  ...(["Replicate", "Checkpoint", "Rebalance"] as const).map((tag) => [tag, "client"] as const),
  ...(["Restart", "CancelAll", "Scale", "Retire"] as const).map((tag) => [tag, "operator"] as const)
])

export const least = (tag: string): Role | undefined => rights.get(tag)
