// What a worker must not do.
export default [
  {
    id: "dependents-stay",
    file: "worker/jobs.ts",
    find: "if (follower.state._tag !== \"Running\") stack.push(follower)",
    replace: "",
    why: "jobs that count on a withdrawn one wait for ever"
  },
  {
    id: "inputs-uncounted",
    file: "worker/jobs.ts",
    find: "    Memory.letOff(state, job, replica)\n    letGo(context, replica)",
    replace: "    Memory.letOff(state, job, replica)",
    why: "private copies of inputs stay when the last job that needs them ends"
  },
  {
    id: "ready-early",
    file: "worker/jobs.ts",
    find: "  if (job.missing > 0) mayFollow(job)\n  else if",
    replace: "  if",
    why: "a job starts before all its inputs are here"
  },
  {
    id: "recall-running",
    file: "worker/endings.ts",
    find: "if (job === undefined || job.state._tag === \"Running\") {\n    return tell",
    replace: "if (job === undefined) {\n    return tell",
    why: "what runs is given back, and runs twice"
  },
  {
    id: "no-grace",
    file: "worker/endings.ts",
    find: "  endLatest(context, running, now + (force ? state.config.forceGrace : state.config.grace))",
    replace: "",
    why: "code that does not listen is never stopped"
  },
  {
    id: "innocent-blamed",
    file: "worker/endings.ts",
    find: "else if (blameless || !began) tell",
    replace: "else if (!began) tell",
    why: "neighbours of code that was ended by force count as having died"
  },
  {
    id: "unstarted-blamed",
    file: "worker/endings.ts",
    find: "else if (blameless || !began) tell",
    replace: "else if (blameless) tell",
    why: "jobs that had not begun count as having died with their executor"
  },
  {
    id: "no-timeout",
    file: "worker/endings.ts",
    find:
      "      if (!job.state.takenBack) interrupt(context, job, `timeout of ${job.spec.timeout} ms`, context.state.id)",
    replace: "",
    why: "a timeout tells nobody until the task ends by itself"
  },
  {
    id: "slot-leak",
    file: "worker/runs.ts",
    find: "  giveUp(executor, job)\n  executor.jobs.delete(job)\n}",
    replace: "  if (job.cancelled === undefined) giveUp(executor, job)\n  executor.jobs.delete(job)\n}",
    why: "a cancelled attempt keeps its slot for ever"
  },
  {
    id: "slot-kept-waiting",
    file: "worker/runs.ts",
    find: "  forgetWait(context, executor, job)\n  giveUp(executor, job)\n  job.state.suspended",
    replace: "  forgetWait(context, executor, job)\n  job.state.suspended",
    why: "a task that waits keeps its slot, and its children never start"
  },
  {
    id: "fetch-uncounted",
    file: "worker/replicas.ts",
    find: "  bump(state.fetchesFrom, event.from, -1)",
    replace: "  if (event.ok) bump(state.fetchesFrom, event.from, -1)",
    why: "a holder that failed a few times is never asked again"
  },
  {
    id: "unfetchable-silent",
    file: "worker/replicas.ts",
    find: "    tell(context, { _tag: \"FetchFailed\", key: replica.key, value: event.value, holder: event.from, why })",
    replace: "    void why",
    why: "the scheduler goes on believing in a value nobody can fetch"
  },
  {
    id: "ahead-waits",
    file: "worker/replicas.ts",
    find: "if (input.ahead) return \"input withdrawn\"",
    replace: "",
    why: "a job counts on an attempt that left, and asks nobody for its value"
  },
  {
    id: "gone-silent",
    file: "worker/replicas.ts",
    find: "if (replica.told) tell(context, { _tag: \"ValueGone\", key: replica.key, value })",
    replace: "",
    why: "a value that was lost is still believed held"
  },
  {
    id: "outcomes-lost",
    file: "worker/told.ts",
    find: "else if (isOutcome(note)) outcomes.set(note.attempt, note)",
    replace: "",
    why: "ends of attempts that were not acknowledged are not told again"
  },
  {
    id: "values-lost",
    file: "worker/told.ts",
    find: "if (replica.state._tag !== \"Held\" || !replica.told) continue",
    replace: "if (replica.state._tag !== \"Held\" || !replica.told || replica.how === \"copied\") continue",
    why: "copies are not told to a new incarnation, and stay for ever"
  },
  {
    id: "leaves-early",
    file: "worker/told.ts",
    find: "if (!state.leaving || state.left || state.jobs.size > 0) return",
    replace: "if (!state.leaving || state.left) return",
    why: "a worker says goodbye while its attempts run"
  },
  {
    id: "behind-stuck",
    file: "worker/runs.ts",
    find: "  takeBack(context, job)\n",
    replace: "",
    why: "what was posted behind a suspended job keeps out what that one waits for"
  },
  {
    id: "behind-again",
    file: "worker/runs.ts",
    find: "  job.unready = true\n",
    replace: "",
    why: "a job whose executor did not find its input is posted without it again and again"
  },
  {
    id: "behind-withdrawn",
    file: "worker/jobs.ts",
    find: "if (follower.state._tag !== \"Running\") stack.push(follower)",
    replace: "stack.push(follower)",
    why: "the books forget a job that its executor still has"
  },
  {
    id: "behind-lost",
    file: "worker/runs.ts",
    find:
      "if (replica === undefined && makerOf(state, value) === undefined) return giveBack(context, job, \"input withdrawn\")",
    replace: "",
    why: "a job that came back waits for ever for a value that nobody makes"
  },
  {
    id: "behind-elsewhere",
    file: "worker/behind.ts",
    find: "if (place === undefined || made < job.missing || !place.takes) return undefined",
    replace: "if (place === undefined || !place.takes) return undefined",
    why: "a job is posted though one of its inputs has still to be fetched"
  },
  {
    id: "behind-any-kind",
    file: "worker/behind.ts",
    find: "kind !== job.kind || ",
    replace: "",
    why: "a job waits in a line in which its maker does not stand"
  },
  {
    id: "spill-what-is-needed",
    file: "worker/memory.ts",
    find: "  replica.pins += 1\n  memory.idle.delete(replica)",
    replace: "  replica.pins += 1",
    why: "a value is spilled for which a job has room set aside"
  },
  {
    id: "half-the-inputs",
    file: "worker/memory.ts",
    find: "const fits = more > 0 ? Results.leaves(state, memory, more) : !memory.isPaused",
    replace: "const fits = true",
    why: "two jobs each hold half of what both need"
  },
  {
    id: "paused-for-ever",
    file: "worker/memory.ts",
    find: "const isNext = !fits && job.makers === undefined && !isTried && !isBusy(state)",
    replace: "const isNext = false",
    why: "above pause nothing begins any more"
  },
  {
    id: "old-move",
    file: "worker/memory.ts",
    find: "replica?.place !== \"spilling\" || replica.turn !== event.turn",
    replace: "replica?.place !== \"spilling\"",
    why: "late news of an earlier move is taken for that of this one"
  },
  {
    id: "stays-on-disk",
    file: "worker/memory.ts",
    find: "    if (replica.pins > 0) load(context, memory, replica)\n    return",
    replace: "    return",
    why: "a value that a job came to need while it was spilled is never loaded"
  },
  {
    id: "room-never-back",
    file: "worker/memory.ts",
    find: "  if (job.reserved) unpin(state, replica)",
    replace: "",
    why: "what a job had room set aside for is never spilled again"
  }
]
