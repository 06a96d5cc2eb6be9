// What a client must not do.
export default [
  {
    id: "older-want",
    file: "client/record.ts",
    find: "if (row === undefined || !isWanted(row) || row.want !== note.want) return",
    replace: "if (row === undefined || !isWanted(row)) return",
    why: "an answer to an earlier want is taken for the present one"
  },
  {
    id: "other-digest",
    file: "client/record.ts",
    find: "if (row.spec !== undefined && row.spec.digest !== note.digest) return",
    replace: "",
    why: "a value of other work under the same key is taken"
  },
  {
    id: "settled-again",
    file: "client/record.ts",
    find: "if (row.settled === undefined) fail(context, row, note.failure)",
    replace: "if (row.settled === undefined || row.settled._tag === \"Value\") fail(context, row, note.failure)",
    why: "a settled answer changes to a failure"
  },
  {
    id: "pending-forgets",
    file: "client/fetch.ts",
    find: "  stopFetch(context, row)\n  row.facts = undefined\n  row.status = \"pending\"",
    replace: "  row.facts = undefined\n  row.status = \"pending\"",
    why: "a fetch of a value that is gone goes on, and keeps the row from fetching the next one"
  },
  {
    id: "silent-fetch-failure",
    file: "client/fetch.ts",
    find: "  tell(context, { _tag: \"FetchFailed\", key: row.key, value: event.value, holder: event.from, why })",
    replace: "",
    why: "a value that cannot be fetched is not news, and is never made again"
  },
  {
    id: "no-second-round",
    file: "client/fetch.ts",
    find: "    fetch.tried = new Set()\n",
    replace: "",
    why: "holders that failed once are never asked again"
  },
  {
    id: "no-lineage",
    file: "client/rows.ts",
    find: "if (isWanted(row) || row.needed > 0) continue",
    replace: "if (isWanted(row)) continue",
    why: "inputs that were released are forgotten, and a new scheduler cannot make them again"
  },
  {
    id: "told-nothing-again",
    file: "client/told.ts",
    find: "if (!isWanted(row)) continue",
    replace: "if (!isWanted(row) || row.settled !== undefined) continue",
    why: "a new incarnation is not told of what this client holds settled"
  },
  {
    id: "retry-lost",
    file: "client/told.ts",
    find: "if (retries.length > 0) tell(context, { _tag: \"Retry\", wants: retries, again: true })",
    replace: "",
    why: "a retry that the last session left unanswered is forgotten"
  },
  {
    id: "offer-forgotten",
    file: "client/told.ts",
    find: "if (row.offer !== undefined) offers.push(row.offer)",
    replace: "",
    why: "a new incarnation is not told of the arguments this client serves"
  },
  {
    id: "release-unanswered",
    file: "client/told.ts",
    find: "for (const [want, key] of state.ending) out.push({ _tag: \"Ended\", key, want })",
    replace: "",
    why: "who waits for the end of released work waits for ever after a reconnect"
  },
  {
    id: "kept-after-done",
    file: "client/record.ts",
    find: "  row.keep = false\n",
    replace: "",
    why: "fire and forget is never forgotten"
  }
]
