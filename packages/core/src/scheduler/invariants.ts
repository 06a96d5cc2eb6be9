/**
 * Verifies the numbered invariants of all parts, against what the rows themselves say.
 *
 * Owns the checking, one function a number; it changes nothing. Those of a settled state (T, L3, L4, P3) are looked at
 * only when nothing is left to settle.
 *
 * @since 0.1.0
 */
import * as Journal from "../Journal.js"
import * as Payload from "../Payload.js"
import * as Saturation from "../policy/saturation.js"
import { isBounded } from "./books/books.js"
import { classFor, hasEligible, isAble, isNamed } from "./books/classes.js"
import { isPerilous } from "./books/perilous.js"
import { isCounting } from "./plan/stuck.js"
import { weigh } from "./rows/lineage.js"
import { wantsOf } from "./rows/rows.js"
import {
  isActive,
  isWanted,
  type Ranking,
  type Row,
  type Run,
  type Share,
  type State,
  type Worker
} from "./rows/State.js"
import { mayTake } from "./settle/copies.js"
import { mayHold } from "./settle/scatter.js"

type Broken = (
  number: string,
  about: { readonly key: string } | { readonly id: string } | undefined,
  what: string
) => void

/**
 * @since 0.1.0
 * @category guards
 */
export const check = (state: State): ReadonlyArray<string> => {
  const found: Array<string> = []
  const broken: Broken = (number, about, what) => {
    const name = about === undefined ? "" : "key" in about ? about.key : about.id
    const story = Journal.story(state.journal, name).slice(-12).map((entry) => `\n    ${Journal.format(entry)}`).join(
      ""
    )
    found.push(`${number} ${name}: ${what}${story}`)
  }
  const rows = [...state.rows.values(), ...[...state.shadows.values()].flat()]
  const settled = state.dirty.size === 0 && state.inboxAt >= state.inbox.length
  if (state.recovering !== undefined && rows.length > 0) broken("A1", undefined, "rows while recovering")
  for (const row of rows) checkRow(state, row, broken)
  for (const row of rows) checkState(state, row, broken)
  if (settled) { for (const row of rows) checkSettled(state, row, broken) }
  checkGroups(state, rows, broken)
  for (const worker of state.workers.values()) checkWorker(state, worker, broken)
  checkClients(state, rows, broken)
  checkClasses(state, broken, settled)
  checkSeveral(state, broken)
  checkAsking(state, broken)
  if (settled) {
    for (const row of state.uncopied) {
      const s = row.state
      if (row.gone || s._tag !== "Stored") {
        broken("R2", row, "lacks copies, and has no value")
        continue
      }
      const { spread } = row
      if (spread === undefined || spread.carrying.size > 0 || row.copying !== undefined) continue
      const able = state.roster.find((worker) => mayTake(state, row, s, spread, worker))
      if (able !== undefined) broken("R2", row, `lacks copies, and ${able.id} may take one`)
    }
    checkCuts(state, rows, broken)
    for (const row of state.lineage) {
      if (row.gone || isWanted(row) || row.wants.length > 0) broken("L4", row, "in lineage, but wanted or forgotten")
    }
    for (const run of [...state.orphans.values()].flat()) {
      if (state.runs.get(run.attempt) !== run) broken("U3", run.row, `the orphan ${run.attempt} has ended`)
    }
    if (state.now >= state.unclaimedUntil && state.unclaimed.size + state.orphans.size > 0 && !hasDue(state)) {
      broken("U1", undefined, "something is kept unclaimed after the leases")
    }
  }
  return found
}

const checkAsking = ({ asking, clients, runs }: State, broken: Broken): void => {
  for (const [run, open] of asking) {
    if (runs.get(run.attempt) !== run) broken("I1", run.row, "asks whether it may begin, and has ended")
    const known = [...open].every((client) => clients.get(client.id) === client && client.down === undefined)
    if (!known || (open.size === 0 && run.phase !== "Orphan")) broken("I1", run.row, "asks those who are not there")
  }
}

const checkSeveral = ({ due, several }: State, broken: Broken): void => {
  for (const row of several.since.keys()) if (row.state._tag !== "Stored") broken("R7", row, "listed, and not stored")
  const isDue = due.items.some((one) => one._tag === "Copies" && one.at === several.at)
  if (several.since.size > 0 && !isDue) broken("R8", undefined, "copies are listed, and no look is due")
}

const hasDue = (state: State): boolean => state.due.items.some((due) => due._tag === "Unclaimed")

const checkRow = (state: State, row: Row, broken: Broken): void => {
  const { deaths } = row
  if (new Set(deaths.map(({ attempt }) => attempt)).size < deaths.length) broken("I2", row, "a death is counted twice")
  const missing = row.inputs.filter((input) => input.state._tag !== "Stored").length
  if (missing !== row.missing) broken("S2", row, `missing is ${row.missing}, ${missing} inputs are not stored`)
  const dependents = [...row.dependents?.values() ?? []]
  const consumers = dependents.filter((one) => isActive(one.state)).length
  if (consumers !== row.consumers) {
    broken("S3", row, `consumers is ${row.consumers}, ${consumers} dependents are active`)
  }
  for (const input of row.inputs) {
    if (input.dependents?.has(row) !== true) broken("L1", row, `${input.key} does not know it`)
  }
  for (const input of row.inputs) if (input.gone) broken("L1", row, `its input ${input.key} was forgotten`)
  for (const one of dependents) if (!one.inputs.includes(row)) broken("L1", row, `${one.key} does not name it`)
  for (const want of row.wants) {
    if (want.row !== row) broken("L2", row, `a want of ${want.row.key} is among its own`)
    if (want.client.gone) broken("Y3", row, `wanted by the lost ${want.client.id}`)
  }
  if (new Set(row.wants.map((want) => want.client)).size !== row.wants.length) {
    broken("L2", row, "two wants of one client")
  }
  if (row.shadowed !== (state.rows.get(row.key) !== row)) broken("L5", row, "a shadow unawares, or the reverse")
  if (row.remembered !== state.lineage.has(row)) broken("L4", row, "in lineage unawares, or the reverse")
  if (row.gone) broken("L3", row, "in the table though forgotten")
  if (state.rows.get(row.key) !== row && row.wants.length > 0) broken("L5", row, "a shadow that a client wants")
  for (const run of row.runs) {
    if (state.runs.get(run.attempt) !== run) broken("B2", row, "an attempt is not in the table")
  }
}

const checkState = (state: State, row: Row, broken: Broken): void => {
  const s = row.state
  switch (s._tag) {
    case "Queued": {
      if (!s.class.queue.has(row)) broken("S4", row, "not in the queue of its class")
      if (!row.dirty && classFor(state, row) !== s.class) broken("S4", row, "in the queue of another class")
      return
    }
    case "Assigned": {
      if (state.runs.get(s.run.attempt) !== s.run || s.run.row !== row) {
        broken("S7", row, "its attempt is not in the books")
      }
      if (s.run.phase !== "Current") broken("S7", row, `its attempt is ${s.run.phase}`)
      if (row.runs.filter((run) => run.phase === "Current").length !== 1) broken("S7", row, "several current attempts")
      for (const input of s.ahead) {
        if (input.state._tag !== "Assigned" || input.state.run.worker !== s.run.worker) {
          broken("S8", row, `counts on ${input.key}, which is ${input.state._tag}`)
        }
        if (input.countedOn?.has(row) !== true) broken("S8", row, `${input.key} does not know that it is counted on`)
      }
      return
    }
    case "Stored": {
      for (const holder of s.holders) {
        if (!holder.held.has(row)) broken("S5", row, `${holder.id} does not know that it holds it`)
        if (holder.gone) broken("Y3", row, `held by the lost ${holder.id}`)
      }
      if (new Set(s.holders).size !== s.holders.length) broken("S5", row, "a holder twice")
      break
    }
  }
  if (row.runs.some((run) => run.phase === "Current")) broken("S7", row, `${s._tag} with a current attempt`)
}

const checkSettled = (state: State, row: Row, broken: Broken): void => {
  const s = row.state
  const wanted = isWanted(row)
  if (wanted === (s._tag === "Idle")) broken("T1", row, wanted ? "wanted, yet Idle" : `unwanted, yet ${s._tag}`)
  if (!wanted && (row.dependents?.size ?? 0) === 0 && row.wants.length === 0) {
    broken("L3", row, "unwanted and named by nothing, yet in the table")
  }
  if (!wanted && row.wants.length === 0 && !state.lineage.has(row)) broken("L4", row, "unwanted, yet not in lineage")
  if (s._tag === "Waiting" && row.missing === 0 && (s.notBefore === undefined || s.notBefore < state.now)) {
    if (!isPerilous(state, row)) broken("T2", row, "waits for nothing")
  }
  if (s._tag === "Queued" && row.missing > 0) broken("T2", row, "queued without all inputs")
  if (s._tag === "Stored" && s.holders.length === 0 && s.inline === undefined) broken("T3", row, "held by nobody")
  if (isActive(s)) {
    for (const input of row.inputs) {
      if (input.state._tag === "Failed") broken("T4", row, `its input ${input.key} has failed`)
    }
  }
  for (const want of row.wants) {
    if (want.over) continue
    const due = s._tag === "Stored"
      ? (row.copying === undefined ? s.value : want.told)
      : s._tag === "Failed"
      ? true
      : undefined
    if (want.told !== due) broken("T5", row, `${want.client.id} was told ${want.told}, and it is ${s._tag}`)
  }
  if (s._tag === "Stored" || s._tag === "Failed") {
    for (const run of row.runs) {
      if (run.phase === "Loose") broken("V1", row, "an attempt goes on though the row is done")
    }
  }
  if (row.spread !== undefined && row.spread.carrying.size > 0 && s._tag !== "Stored") {
    broken("R1", row, "copies of no value are under way")
  }
  for (const worker of row.spread?.carrying.keys() ?? []) {
    if (worker.gone || !worker.carrying.has(row)) broken("R1", row, `${worker.id} is gone or does not carry it`)
  }
  if (s._tag === "Stored" && wanted && s.inline === undefined) {
    const leaving = s.holders.filter((holder) => holder._tag === "Worker" && holder.retiring)
    const isOnly = leaving.length > 0 && leaving.length === s.holders.length
    if (isOnly && leaving.some((one) => one._tag === "Worker" && !one.onlyHere.has(row))) {
      broken("R9", row, "goes with who is leaving, and nobody knows")
    }
  }
  if (row.copying !== undefined) {
    for (const worker of row.copying) if (worker.gone) broken("D1", row, `waits for a copy on the lost ${worker.id}`)
    const nobody = row.copying.size === 0
    if (nobody !== state.unscattered.has(row)) {
      broken("D2", row, "unscattered without being in the list, or the reverse")
    }
    if (nobody && s._tag === "Stored") {
      const names = row.offer?.scatter?.workers
      const able = state.roster.find((worker) => mayHold(state, row, s, names, worker))
      if (able !== undefined) broken("D2", row, `waits for a worker, and ${able.id} is there`)
    }
  }
}

const checkCuts = (state: State, rows: ReadonlyArray<Row>, broken: Broken): void => {
  let bytes = 0
  for (const row of rows) {
    bytes += row.spared + (row.remembered ? weigh(row) : 0)
    if (row.cut && row.inputs.length > 0) broken("N2", row, "cut, and yet it names inputs")
    if (row.spared > 0 && row.state._tag !== "Stored") broken("N1", row, "served, and yet there is no value")
    if (row.cutting === "budget" && !state.anchors.has(row)) broken("N3", row, "to be cut, and no anchor")
  }
  if (bytes !== state.lineage.bytes) {
    broken("N1", undefined, `lineage is said to take ${state.lineage.bytes} bytes, ${bytes} are`)
  }
  for (const row of state.anchors) {
    if (row.gone || row.state._tag !== "Stored" || row.cutting === undefined) {
      broken("N3", row, "an anchor that has no value, or is not to be cut")
    }
  }
}

const checkGroups = (state: State, rows: ReadonlyArray<Row>, broken: Broken): void => {
  const counts = new Map<string, number>()
  for (const row of rows) {
    const name = `${row.group.name} ${row.state._tag}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  let inline = 0
  for (const row of rows) {
    if (row.state._tag === "Stored" && row.state.inline !== undefined) inline += Payload.bytes(row.state.inline)
  }
  if (inline !== state.inlineBytes) {
    broken("V3", undefined, `${state.inlineBytes} bytes are said to be kept, ${inline} are`)
  }
  for (const group of state.groups.values()) {
    for (const [tag, count] of Object.entries(group.counts)) {
      const real = counts.get(`${group.name} ${tag}`) ?? 0
      if (real !== count) broken("S6", undefined, `group ${group.name}: ${count} ${tag}, ${real} are`)
    }
  }
}

const isRanked = ({ open }: Worker, among: Ranking | undefined, { busy, pressure }: Share): boolean =>
  (among?.busy.has(busy) === true) === (open && pressure > 0)

const checkWorker = (state: State, worker: Worker, broken: Broken): void => {
  const runs: Array<Run> = []
  for (let run = worker.first; run !== undefined; run = run.next) runs.push(run)
  const sum = (f: (run: Run) => number): number => runs.reduce((total, run) => total + f(run), 0)
  const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6 * (1 + Math.abs(a))
  if (runs.length !== worker.runs) {
    broken("B1", worker, `${worker.runs} attempts are said to be in the books, ${runs.length} are`)
  }
  for (const share of [worker.whole, worker.part]) {
    const mine = runs.filter((run) => Saturation.isWhole(run.slots) === (share === worker.whole))
    const ofKind = (f: (run: Run) => number) =>
      mine.reduce((total, run) => run.suspended === undefined ? total + f(run) : total, 0)
    if (!near(share.used, ofKind((run) => run.slots))) broken("B1", worker, `used ${share.used}`)
    if (!near(share.load, ofKind((run) => run.slots * run.millis))) broken("B1", worker, `load ${share.load}`)
    const listed: Array<Run> = []
    for (let run = share.last; run !== undefined; run = run.earlier) listed.unshift(run)
    if (share.runs !== mine.length || listed.length !== mine.length || listed.some((run, n) => run !== mine[n])) {
      broken("B1", worker, `${listed.length} attempts of a kind are listed, ${share.runs} counted, ${mine.length} are`)
    }
  }
  for (const name in worker.taken) {
    if (!near(worker.taken[name]!, sum((run) => run.row.spec?.resources?.[name] ?? 0))) {
      broken("B1", worker, `taken ${name}`)
    }
    if (worker.taken[name]! > (worker.info.resources[name] ?? 0) + Saturation.epsilon && !worker.overdrawn) {
      broken("P1", worker, `${worker.taken[name]} of ${name} taken, it has ${worker.info.resources[name] ?? 0}`)
    }
  }
  if (
    worker.apart !== sum((run) => run.apart ? 1 : 0) || runs.some((run) => run.apart && run.suspended !== undefined)
  ) {
    broken("X1", worker, `${worker.apart} attempts are said to be apart, or one of them gave its slot away`)
  }
  for (const run of runs) {
    if (state.runs.get(run.attempt) !== run || !run.row.runs.includes(run)) {
      broken("B2", worker, `attempt of ${run.row.key}`)
    }
    if (run.thief?.gone === true) broken("W1", worker, `recalled for the lost ${run.thief.id}`)
  }
  let bytes = 0
  for (const row of worker.held) {
    if (row.state._tag === "Stored" && row.state.holders.includes(worker)) bytes += row.state.bytes
    else broken("S5", worker, `believed to hold ${row.key}, which is ${row.state._tag}`)
  }
  if (bytes !== worker.heldBytes) broken("S5", worker, `${worker.heldBytes} bytes are said to be held, ${bytes} are`)
  const { part, pool, whole } = worker
  const indexed = pool?.whole.calm.has(whole.calm) === true && pool.part.calm.has(part.calm)
  if (!worker.unranked && !(isRanked(worker, pool?.whole, whole) && isRanked(worker, pool?.part, part))) {
    broken("B4", worker, "among the busy without being booked for more than its slots, or the reverse")
  }
  if (whole.slots !== worker.info.slots || part.slots !== worker.info.slots) {
    broken("B1", worker, `its shares have ${whole.slots} and ${part.slots} slots, it has ${worker.info.slots}`)
  }
  if (indexed !== worker.open) broken("B4", worker, worker.open ? "open, but in no pool" : "in a pool, but not open")
  if (worker.open && worker.pool!.id !== JSON.stringify([...new Set(worker.info.tasks)].sort())) {
    broken("B4", worker, "in another pool")
  }
  if (isBounded(state, worker) !== state.bounded.has(worker)) {
    broken("B1", worker, "bounded without being listed, or the reverse")
  }
  for (const row of worker.carrying) {
    if (row.spread?.carrying.has(worker) !== true) broken("R1", worker, `believed to fetch a copy of ${row.key}`)
  }
  for (const row of worker.onlyHere) {
    if (!worker.retiring || !worker.held.has(row)) broken("R9", worker, `believed to be the only one with ${row.key}`)
  }
  if (worker.gone) broken("Y3", worker, "in the table though lost")
}

const checkClients = (state: State, rows: ReadonlyArray<Row>, broken: Broken): void => {
  const known = new Set(rows)
  for (const client of state.clients.values()) {
    const wants = new Set(wantsOf(client))
    for (const want of wants) {
      if (!known.has(want.row) || want.client !== client || !want.row.wants.includes(want)) {
        broken("L2", client, `believed to want ${want.row.key}`)
      }
    }
    for (const row of rows) {
      for (const want of row.wants) {
        if (want.client === client && !wants.has(want)) {
          broken("L2", row, `${client.id} does not know that it wants it`)
        }
      }
    }
    for (const row of client.held) {
      if (row.state._tag !== "Stored" || !row.state.holders.includes(client)) {
        broken("S5", client, `believed to hold ${row.key}`)
      }
    }
  }
  for (const run of state.early.keys()) {
    if (run.suspended === undefined || state.runs.get(run.attempt) !== run) {
      broken("O2", run.worker, `an attempt of ${run.row.key} is looked at again, and does not wait`)
    }
  }
  for (const run of state.runs.values()) {
    if (state.runs.get(run.attempt) !== run) broken("B2", run.row, `${run.attempt} is not found by its name`)
    if (run.worker.gone) broken("Y3", run.worker, `an attempt of ${run.row.key} remains`)
  }
}

const checkClasses = (state: State, broken: Broken, settled: boolean): void => {
  const classes = [...[...state.plain.values()].flat(), ...state.specials.values()]
  for (const pool of state.pools.values()) {
    for (const { busy, calm } of [pool.whole, pool.part]) {
      for (const what of [...calm.check(pool.id), ...busy.check(pool.id)]) broken("H", undefined, what)
    }
  }
  for (const what of state.ready.check("ready")) broken("H", undefined, what)
  for (const of of classes) {
    for (const what of of.queue.check(of.id)) broken("H", undefined, what)
    const full = of.queue.size > 0
    if ((state.ready.has(of) || of.blocked) !== full) {
      broken("K1", undefined, `class ${of.id}: ${full ? "lost" : "kept though empty"}`)
    }
    if (settled && !state.unplanned && state.moved.size === 0 && full && !of.blocked) {
      broken("P3", undefined, `class ${of.id} has rows that nobody placed`)
    }
    if (settled && !state.unplanned && full && !hasEligible(of) && !of.stuck && isCounting(state, of)) {
      broken("G2", undefined, `class ${of.id} has rows that nobody may run, and nobody looks again`)
    }
    if (!of.special) continue
    const able = [...state.workers.values()].filter((worker) => isAble(worker, of))
    const named = able.filter((worker) => isNamed(worker, of))
    const expected = named.length === 0 && of.soft ? able : named
    if (expected.length !== of.eligible.size || expected.some((worker) => !of.eligible.has(worker))) {
      broken("K2", undefined, `class ${of.id}: eligible are ${[...of.eligible].map((one) => one.id)}`)
    }
  }
}
