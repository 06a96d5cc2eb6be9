// What a scheduler and its policies must not do.
export default [
  {
    id: "other-work",
    file: "scheduler/rows/rows.ts",
    find: "if (row !== undefined && row.digest === digest) return row",
    replace: "if (row !== undefined) return row",
    why: "a late value is adopted by other work under the same key"
  },
  {
    id: "two-values-one-name",
    file: "scheduler/settle/values.ts",
    find: "if (s.value !== note.value) return refuse(state, worker, note)",
    replace: "",
    why: "a holder of another attempt's value counts as a holder of this one"
  },
  {
    id: "refused-stays",
    file: "scheduler/settle/values.ts",
    find: "    return drop(state, worker, note.value)",
    replace: "    return",
    why: "values that nobody wants stay on their workers"
  },
  {
    id: "second-attempt-goes-on",
    file: "scheduler/settle/values.ts",
    find: "  if (row.runs.length > 0) cancelRuns(state, row, \"scheduler\", \"another attempt was first\")",
    replace: "",
    why: "an attempt whose value was brought by another one runs on"
  },
  {
    id: "pending-untold",
    file: "scheduler/settle/settle.ts",
    find: "if (isActive(s)) pending(state, row)",
    replace: "",
    why: "a client that was told of a value is not told that it is made again"
  },
  {
    id: "copies-stay",
    file: "scheduler/settle/settle.ts",
    find: "for (const holder of s.holders) drop(state, holder, s.value)",
    replace: "if (s.holders[0] !== undefined) drop(state, s.holders[0], s.value)",
    why: "only one copy of a value nobody wants is dropped"
  },
  {
    id: "unwanted-runs",
    file: "scheduler/settle/settle.ts",
    find: "if (row.runs.length > 0) cancelRuns(state, row, \"scheduler\", \"nobody wants it any more\")",
    replace: "",
    why: "work nobody wants runs to its end"
  },
  {
    id: "ended-early",
    file: "scheduler/settle/settle.ts",
    find: "if (wasActive && row.enders !== undefined) passOn(state, row)",
    replace: "",
    why: "a release is answered while what only it kept going still runs"
  },
  {
    id: "retry-once-more",
    file: "policy/retry.ts",
    find: "failures >= retry.times",
    replace: "failures > retry.times",
    why: "one retry more than asked for"
  },
  {
    id: "final-is-not",
    file: "policy/retry.ts",
    find: "if (note.verdict === \"final\") return undefined",
    replace: "if (note.verdict === \"final\") return 0",
    why: "the last word of a task's own schedule is not the last"
  },
  {
    id: "retry-any-tag",
    file: "policy/retry.ts",
    find:
      "if (retry.tags !== undefined && (note.tag === undefined || !retry.tags.includes(note.tag))) return undefined",
    replace: "",
    why: "failures that were not named are tried again"
  },
  {
    id: "retry-at-once",
    file: "scheduler/settle/settle.ts",
    find: "const due = s.notBefore === undefined || s.notBefore <= state.now",
    replace: "const due = true",
    why: "a retry does not wait for its delay"
  },
  {
    id: "one-death-less",
    file: "scheduler/books/perilous.ts",
    find: "row.deaths.length > state.config.deathsMax",
    replace: "row.deaths.length >= state.config.deathsMax",
    why: "a task is given up one death too early"
  },
  {
    id: "death-twice",
    file: "scheduler/record/deaths.ts",
    find: "if (!isCounted(row, death)) {",
    replace: "if (row !== undefined) {",
    why: "a death that two schedulers tell of counts twice"
  },
  {
    id: "bystanders-blamed",
    file: "scheduler/record/peers.ts",
    find: "if (started !== undefined) blame(state, row, worker, { attempt, detail })",
    replace: "blame(state, row, worker, { attempt, detail })\n  if (started !== undefined) return",
    why: "what had not begun on a worker that died counts as having killed it"
  },
  {
    id: "peaceful-blamed",
    file: "scheduler/record/peers.ts",
    find: "if (expected || !open || isHeld) return",
    replace: "if (!open || isHeld) return",
    why: "a worker that is stopped on purpose counts against what ran there"
  },
  {
    id: "slot-free-at-cancel",
    file: "scheduler/settle/values.ts",
    find: "  run.phase = \"Ending\"\n  books.forgetThief(run)",
    replace: "  run.phase = \"Ending\"\n  books.forgetThief(run)\n  books.close(state, run)",
    why: "a cancelled attempt's slot counts as free while it still runs"
  },
  {
    id: "cancel-others",
    file: "scheduler/record/cancel.ts",
    find: "let needed = row.keep || row.wants.some((want) => want.client !== client && !want.over)",
    replace: "let needed = row.keep",
    why: "without force, work that another client wants is stopped"
  },
  {
    id: "cancel-inputs-of-others",
    file: "scheduler/record/cancel.ts",
    find: "if (others.has(dependent)) needed = true",
    replace: "if (others.size < 0) needed = true",
    why: "without force, what another client's work needs is stopped"
  },
  {
    id: "older-release",
    file: "scheduler/record/client.ts",
    find:
      "if (row !== undefined && (known === undefined || known.want <= want)) {\n      if (known !== undefined) removeWant",
    replace: "if (row !== undefined) {\n      if (known !== undefined) removeWant",
    why: "a release of an older want ends a newer one"
  },
  {
    id: "told-nothing-released",
    file: "scheduler/record/client.ts",
    find: "for (const { row } of wantsOf(client)) if (!wanted.has(row)) removeWant(state, row, client)",
    replace: "",
    why: "what a client released while its session was lost is wanted for ever"
  },
  {
    id: "dropped-again",
    file: "scheduler/record/client.ts",
    find: "if (note.dropped === true) return named(state, client, row)",
    replace: "",
    why: "a client counts as holder of what it was told to drop"
  },
  {
    id: "no-wait-for-tellings",
    file: "scheduler/settle/settle.ts",
    find: "if (claim(state, row) || awaitTelling(state, row)) return",
    replace: "",
    why: "data is lost for a new scheduler before its workers could tell of it"
  },
  {
    id: "recovers-at-once",
    file: "scheduler/record/recover.ts",
    find: "(recovering.expect.size === 0 || state.now >= recovering.until)",
    replace: "(recovering.expect.size <= 1 || state.now >= recovering.until)",
    why: "a new scheduler begins before everybody has told"
  },
  {
    id: "any-value",
    file: "scheduler/record/recover.ts",
    find: "const age = told.has(value.value) ? -1 : value.attempt ?? 0",
    replace: "const age = value.attempt ?? 0",
    why: "of two values, not the one is kept that a client was told of"
  },
  {
    id: "unclaimed-stay",
    file: "scheduler/settle/unclaimed.ts",
    find: "      drop(state, worker, note.value)",
    replace: "",
    why: "what nobody claims after a recovery stays on the workers"
  },
  {
    id: "ended-orphans",
    file: "scheduler/books/books.ts",
    find: "if (run.phase === \"Orphan\") forgetOrphan(state, run)",
    replace: "",
    why: "an attempt that has ended is claimed"
  },
  {
    id: "vanished-run",
    file: "scheduler/record/told.ts",
    find: "if (!jobs.has(run.attempt) && !ended.has(run.attempt)) vanish(state, run)",
    replace: "",
    why: "an order that was lost with its session is believed to be carried out"
  },
  {
    id: "gone-values-believed",
    file: "scheduler/record/told.ts",
    find:
      "if (row.state._tag === \"Stored\" && !values.has(row.state.value)) removeHolder(state, row, row.state, worker)",
    replace: "",
    why: "a worker that tells anew is believed to hold what it does not tell of"
  },
  {
    id: "resources-leak",
    file: "scheduler/books/books.ts",
    find: "worker.taken[name] = worker.runs === 0 ? 0 : worker.taken[name]! - resources[name]!",
    replace: "worker.taken[name] = worker.taken[name]!",
    why: "resources of what has ended stay taken"
  },
  {
    id: "suspected-hold",
    file: "scheduler/record/peers.ts",
    find: "    run.phase = \"Loose\"\n    books.forgetThief(run)\n    requeue(state, run.row)",
    replace: "    run.phase = \"Loose\"\n    books.forgetThief(run)",
    why: "what a silent worker has is not started elsewhere"
  },
  {
    id: "never-dead",
    file: "scheduler/record/peers.ts",
    find: "if (silent >= state.config.deadAfter) return true",
    replace: "",
    why: "a worker that is silent for ever is never given up"
  },
  {
    id: "gone-not-believed",
    file: "scheduler/record/fetches.ts",
    find: "    removeHolder(state, row, s, holder)\n    // It may have got another",
    replace: "    // It may have got another",
    why: "a holder that has lost the value is asked for ever"
  },
  {
    id: "refusal-forgotten",
    file: "scheduler/record/worker.ts",
    find: "      run.refused = true",
    replace: "",
    why: "what refused to come back is asked back again and again"
  },
  {
    id: "leaving-goes-round",
    file: "worker/told.ts",
    find: "if (!executor.takes || state.leaving) continue",
    replace: "if (!executor.takes) continue",
    why: "a worker that leaves is given back what it returned"
  },
  {
    id: "failed-input-hidden",
    file: "scheduler/settle/settle.ts",
    find: "for (const input of [blame, ...row.inputs]) {",
    replace: "for (const input of [blame]) {",
    why: "an input that failed is hidden by another that failed after it and began again"
  },
  {
    id: "another-try",
    file: "scheduler/record/told.ts",
    find: "run.failures = job.failures",
    replace: "",
    why: "a try that two schedulers had begun is two tries"
  },
  {
    id: "told-value-fails",
    file: "scheduler/record/client.ts",
    find: "if (row.state._tag === \"Failed\" && state.now < state.unclaimedUntil) {",
    replace: "if (row.state._tag === undefined) {",
    why: "who was told of a value is told in a new life of the failure before it"
  },
  {
    id: "cut-stays-failed",
    file: "scheduler/record/client.ts",
    find:
      "    again(state, known, spec)\n    return known\n  }\n  if (known !== undefined && isWanted(known)) return duplicate(spec.key)\n  if",
    replace: "    return known\n  }\n  if (known !== undefined && isWanted(known)) return duplicate(spec.key)\n  if",
    why: "what failed for one client is not looked for where its lineage is cut for another"
  },
  {
    id: "unclaimed-twice",
    file: "scheduler/record/told.ts",
    find: "  forgetUnclaimed(state, worker)\n  for",
    replace: "  for",
    why: "what a worker told of before it told anew is dropped though it is counted on"
  },
  {
    id: "told-of-another",
    file: "scheduler/settle/over.ts",
    find: "input.wants.flatMap((want) => want.over ? [] : [want.client])",
    replace: "input.wants.map((want) => want.client)",
    why: "who was told of an earlier cancel counts as told of the next one"
  },
  {
    id: "killed-stays-cancelled",
    file: "scheduler/settle/over.ts",
    find: "if (next.state.failure.reason === \"Cancelled\") become(state, next, failedBy(killed(next)))",
    replace: "",
    why: "what took too many along stays cancelled for those who did not ask for it"
  }
]
