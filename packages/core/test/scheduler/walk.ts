/**
 * A small world around one scheduler, driven by a seed: workers and clients that keep the contract of the notes, links
 * that are first in, first out, and faults. Values are texts made of the specs and of the values given, so that a wrong
 * answer is seen and not only a wrong state.
 */
// house: one world, whose peers and faults know each other
import * as Failure from "@creel/core/Failure"
import * as Id from "@creel/core/Id"
import type { FromClient, FromWorker, RunTask, ToClient, ToWorker, ValueHeld } from "@creel/core/Note"
import * as Payload from "@creel/core/Payload"
import * as Scheduler from "@creel/core/Scheduler"
import type { Spec } from "@creel/core/Spec"
import { info, spec } from "./drive.js"

interface Job {
  readonly run: RunTask
  running: boolean
  cancelled: boolean
  /** It has said that it would begin, and waits for an answer. */
  asking: boolean
}

interface Peer<Up, Down> {
  readonly id: string
  up: Array<Up>
  down: Array<Down>
}

interface FakeWorker extends Peer<FromWorker, ToWorker> {
  readonly jobs: Map<number, Job>
  readonly values: Map<string, { readonly note: ValueHeld; readonly content: string }>
  told: boolean
}

interface Handle {
  want: number
  readonly digest: string
  told: undefined | { readonly value: string; readonly digest: string } | { readonly failure: Failure.Failure }
  wanted: boolean
}

interface FakeClient extends Peer<FromClient, ToClient> {
  readonly handles: Map<string, Handle>
  readonly offers: Map<
    string,
    {
      readonly key: string
      readonly value: string
      readonly content: string
      readonly digest: string
      readonly scatter: boolean
    }
  >
  told: boolean
}

export const walk = (seed: number, options: { readonly trace?: boolean } = {}): void => {
  let random = (seed * 2654435761 + 12345) >>> 0
  const next = (): number => {
    random = (random + 0x6d2b79f5) >>> 0
    let t = Math.imul(random ^ (random >>> 15), 1 | random)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const chance = (p: number): boolean => next() < p
  const pick = <A>(list: ReadonlyArray<A>): A | undefined => list[Math.floor(next() * list.length)]
  const log: Array<string> = []
  const say = (what: string): void => {
    if (options.trace === true) log.push(what)
  }

  let now = 1_000
  let incarnation = 1
  const config = {
    stepBudget: chance(0.3) ? 5 : 10_000,
    lineageMax: chance(0.1) ? 3 : 1000,
    lineageBytes: chance(0.1) ? 2_000 : 1_000_000,
    inlineBudget: 50
  }
  let state = Scheduler.make({ incarnation, config })
  const workers = new Map<string, FakeWorker>()
  const clients = new Map<string, FakeClient>()
  const specs = new Map<string, Spec>()
  const current = new Map<string, string>()
  const inputsOf = new Map<string, ReadonlyArray<string>>()
  const contents = new Map<string, string>()
  let serial = 0
  let faults = true
  let sabotage = true

  const fail = (what: string): never => {
    throw new Error(`${what}\n${log.slice(-150).join("\n")}`)
  }

  const step = (...events: Array<Scheduler.Event>): void => {
    let batch: ReadonlyArray<Scheduler.Event> = events
    for (let n = 0;; n++) {
      for (const event of batch) {
        say(
          `> ${JSON.stringify(event, (k, v) => k === "args" || v instanceof Uint8Array ? undefined : v).slice(0, 300)}`
        )
      }
      const out = Scheduler.step(state, batch, now)
      const broken = Scheduler.check(state)
      if (broken.length > 0) fail(broken.join("\n"))
      for (const command of out) {
        say(
          `< ${JSON.stringify(command, (k, v) => k === "args" || k === "spec" && false ? undefined : v).slice(0, 300)}`
        )
        if (command._tag === "ToClient") clients.get(command.client)?.down.push(...command.notes)
        else if (command._tag === "ToWorker") workers.get(command.worker)?.down.push(...command.notes)
        else if (command._tag === "Forget" && (faults || !command.why.startsWith("it left"))) breakLink(command.peer)
      }
      batch = []
      if (!Scheduler.more(state)) return
      if (n > 100_000) fail("a step never ends")
    }
  }

  // --- peers ---------------------------------------------------------------------------------------

  const joinWorker = (): void => {
    const worker: FakeWorker = { id: `w${++serial}`, up: [], down: [], jobs: new Map(), values: new Map(), told: false }
    workers.set(worker.id, worker)
    tellWorker(worker, [])
  }

  const tellWorker = (worker: FakeWorker, outcomes: ReadonlyArray<FromWorker>): void => {
    worker.up = [{
      _tag: "WorkerTold",
      info: info(worker.id, { slots: 1 + serial % 3, resources: { gpu: 1 }, node: `n${serial % 2}` }),
      values: [...worker.values.values()].map((one) => one.note),
      jobs: [...worker.jobs.values()].map((job) => ({
        spec: job.run.spec,
        attempt: job.run.attempt,
        state: job.running ? "Running" : "Gathering",
        since: job.running ? now : undefined,
        suspended: false,
        inputs: job.run.inputs.map((input) => input.value),
        failures: job.run.failures,
        cancelled: job.cancelled
      })),
      outcomes: outcomes as never
    }]
    for (const { asking, run: { attempt, spec: { key } } } of worker.jobs.values()) {
      if (asking) worker.up.push({ _tag: "TaskStarted", key, attempt, at: now, asks: true })
    }
    worker.down = []
  }

  const isOutcome = (note: FromWorker): boolean =>
    ["TaskFailed", "TaskReturned", "TaskEnded", "TaskDied"].includes(note._tag)

  const tellClient = (client: FakeClient): void => {
    const named = new Map<string, Spec>()
    const visit = (digest: string): void => {
      const one = specs.get(digest)
      if (one === undefined || named.has(digest)) return
      for (const input of inputsOf.get(digest) ?? []) visit(input)
      named.set(digest, one)
    }
    const wants = [...client.handles].filter(([, handle]) => handle.wanted)
    for (const [, handle] of wants) visit(handle.digest)
    client.up = [{
      _tag: "ClientTold",
      name: client.id,
      specs: [...named.values()].sort((a, b) => Number(a.digest.slice(1)) - Number(b.digest.slice(1))),
      wants: wants.map(([key, handle]) => ({
        key,
        want: handle.want,
        digest: handle.digest,
        told: handle.told,
        keep: false
      })),
      offers: [...client.offers.values()].map((offer) => offerNote(offer))
    }]
    client.down = []
  }

  const offerNote = (
    offer: { readonly key: string; readonly value: string; readonly digest: string; readonly scatter: boolean }
  ) => ({
    _tag: "Offer" as const,
    key: offer.key,
    value: offer.value,
    digest: offer.digest,
    bytes: 5_000,
    inline: undefined,
    scatter: offer.scatter ? { workers: undefined, all: false } : undefined
  })

  const joinClient = (): void => {
    const client: FakeClient = {
      id: `c${++serial}`,
      up: [],
      down: [],
      handles: new Map(),
      offers: new Map(),
      told: false
    }
    clients.set(client.id, client)
    tellClient(client)
  }

  const breakLink = (peer: string): void => {
    const worker = workers.get(peer)
    if (worker !== undefined) {
      const first = worker.up[0]
      const early = first?._tag === "WorkerTold" ? first.outcomes : []
      tellWorker(worker, [...early, ...worker.up.filter(isOutcome)])
    }
    const client = clients.get(peer)
    if (client !== undefined) tellClient(client)
  }

  // --- what workers do -----------------------------------------------------------------------------

  const returnJob = (worker: FakeWorker, job: Job, note: FromWorker): void => {
    worker.jobs.delete(job.run.attempt)
    worker.up.push(note)
    if (note._tag !== "ValueHeld") withdraw(worker, Id.valueId(job.run.spec.key, job.run.attempt))
  }

  const withdraw = (worker: FakeWorker, value: string): void => {
    if (worker.values.has(value)) return
    for (const other of [...worker.jobs.values()]) {
      if (other.run.inputs.some((input) => input.ahead && input.value === value)) {
        returnJob(worker, other, returned(other, "input withdrawn"))
      }
    }
  }

  /** Jobs that have not begun go back; those that run have it already. */
  const dropped = (worker: FakeWorker, value: string): void => {
    worker.values.delete(value)
    for (const job of [...worker.jobs.values()]) {
      if (job.running || job.cancelled || !job.run.inputs.some((input) => input.value === value)) continue
      returnJob(worker, job, returned(job, "unfetchable"))
    }
  }

  const returned = (job: Job, why: "input withdrawn" | "recalled" | "unfetchable"): FromWorker => ({
    _tag: "TaskReturned",
    key: job.run.spec.key,
    attempt: job.run.attempt,
    why
  })

  const hear = (worker: FakeWorker, note: ToWorker): void => {
    switch (note._tag) {
      case "RunTask": {
        if (worker.jobs.has(note.attempt)) fail(`${worker.id} is given ${note.spec.key} twice`)
        const job: Job = { run: note, running: false, cancelled: false, asking: false }
        worker.jobs.set(note.attempt, job)
        for (const input of note.inputs) {
          if (!input.ahead || worker.values.has(input.value)) continue
          const made = [...worker.jobs.values()].some((one) =>
            Id.valueId(one.run.spec.key, one.run.attempt) === input.value
          )
          if (!made) return returnJob(worker, job, returned(job, "input withdrawn"))
        }
        return
      }
      case "CancelTask": {
        const job = worker.jobs.get(note.attempt)
        if (job === undefined) return
        if (job.running && chance(0.5)) {
          job.cancelled = true
          return
        }
        return returnJob(worker, job, { _tag: "TaskEnded", key: note.key, attempt: note.attempt })
      }
      case "BeginTask": {
        const job = worker.jobs.get(note.attempt)
        if (job !== undefined) job.asking = false
        return
      }
      case "RecallTask": {
        const job = worker.jobs.get(note.attempt)
        if (job === undefined) return
        if (job.running) {
          worker.up.push({ _tag: "RecallRefused", key: note.key, attempt: note.attempt })
          return
        }
        return returnJob(worker, job, returned(job, "recalled"))
      }
      case "DropValue": {
        dropped(worker, note.value)
        return
      }
      case "FetchValue": {
        const content = note.inline === undefined
          ? find(note.value, note.holders)
          : new TextDecoder().decode(Payload.head(note.inline))
        if (content === undefined) {
          worker.up.push({
            _tag: "FetchFailed",
            key: note.key,
            value: note.value,
            holder: note.holders[0] ?? "?",
            why: "gone"
          })
          return
        }
        take(worker, note.key, note.value, note.digest, content, note.how, undefined)
        return
      }
    }
  }

  const find = (value: string, holders: ReadonlyArray<string>): string | undefined => {
    for (const id of holders) {
      const content = workers.get(id)?.values.get(value)?.content ?? clients.get(id)?.offers.get(value)?.content
      if (content !== undefined) return content
    }
    return undefined
  }

  const take = (
    worker: FakeWorker,
    key: string,
    value: string,
    digest: string,
    content: string,
    how: ValueHeld["how"],
    attempt: number | undefined
  ): void => {
    const note: ValueHeld = {
      _tag: "ValueHeld",
      key,
      value,
      attempt,
      digest,
      bytes: 5_000,
      type: "string",
      how,
      millis: 1 + Math.floor(next() * 50),
      inline: how === "computed" && digest.endsWith("0") && content.length <= 20
        ? Payload.make(new TextEncoder().encode(content))
        : undefined
    }
    worker.values.set(value, { note, content })
    contents.set(value, content)
    worker.up.push(note)
  }

  const work = (worker: FakeWorker): void => {
    const job = pick([...worker.jobs.values()])
    if (job === undefined) return
    const { attempt, inputs, spec: one } = job.run
    if (job.cancelled) return returnJob(worker, job, { _tag: "TaskEnded", key: one.key, attempt })
    if (job.asking) return
    if (job.running) {
      if (sabotage && chance(0.1)) {
        return returnJob(worker, job, {
          _tag: "TaskFailed",
          key: one.key,
          attempt,
          failure: Failure.make("Failed", one.key, "bad luck"),
          tag: undefined,
          verdict: chance(0.3) ? { retryAfter: 50 } : "undecided",
          millis: 1
        })
      }
      if (sabotage && chance(0.03)) {
        return returnJob(worker, job, { _tag: "TaskDied", key: one.key, attempt, detail: "exit 1" })
      }
      const given = inputs.map((input) =>
        worker.values.get(input.value)?.content ?? contents.get(input.value) ??
          fail(`${one.key} runs without ${input.value}`)
      )
      const value = Id.valueId(one.key, attempt)
      worker.jobs.delete(attempt)
      contents.set(value, `${one.digest}(${given.join(",")})`)
      return take(worker, one.key, value, one.digest, contents.get(value)!, "computed", attempt)
    }
    for (const input of inputs) {
      if (worker.values.has(input.value) || input.inline !== undefined) continue
      if (input.ahead) return
      const content = chance(0.05) && sabotage ? undefined : find(input.value, input.holders)
      if (content === undefined) {
        const holder = pick(input.holders) ?? "?"
        const gone = find(input.value, [holder]) === undefined
        worker.up.push({
          _tag: "FetchFailed",
          key: input.key,
          value: input.value,
          holder,
          why: gone ? "gone" : chance(0.8) ? "unreachable" : "corrupt"
        })
        return returnJob(worker, job, returned(job, "unfetchable"))
      }
      const maker = input.value.match(/#(\d+)\.(\d+)$/)
      take(
        worker,
        input.key,
        input.value,
        input.digest,
        content,
        "copied",
        maker === null ? undefined : Id.attempt(Number(maker[1]), Number(maker[2]))
      )
    }
    job.running = true
    job.asking = job.run.asks === true
    if (job.asking) worker.up.push({ _tag: "TaskStarted", key: one.key, attempt, at: now, asks: true })
    else if (chance(0.6)) worker.up.push({ _tag: "TaskStarted", key: one.key, attempt, at: now })
  }

  // --- what clients do -----------------------------------------------------------------------------

  const expected = (digest: string): string =>
    specs.has(digest) ? `${digest}(${(inputsOf.get(digest) ?? []).map(expected).join(",")})` : `data ${digest}`

  const hearClient = (client: FakeClient, note: ToClient): void => {
    if (note._tag === "DropValue") {
      client.offers.delete(note.value)
      return
    }
    // Not every client minds: one that tells all it knows has what was cut mended.
    if (note._tag === "LineageCut") return
    if (note._tag === "TaskSpent") {
      if (note.begins !== undefined) client.up.push({ _tag: "SpentHeard", key: note.key, attempt: note.begins })
      return
    }
    const handle = client.handles.get(note.key)
    if (note._tag === "Ended" || handle === undefined || !handle.wanted || handle.want !== note.want) return
    if (handle.told !== undefined && "failure" in handle.told) {
      fail(`${client.id} is told of ${note.key} after its failure: ${note._tag}`)
    }
    if (note._tag === "TaskPending") handle.told = undefined
    else if (note._tag === "TaskNotStored") handle.told = { failure: note.failure }
    else {
      if (note.digest !== handle.digest) fail(`${client.id} is given ${note.digest} for ${handle.digest}`)
      handle.told = { value: note.value, digest: note.digest }
      const content = find(note.value, note.holders)
      if (content !== undefined && content !== expected(note.digest)) {
        fail(`${note.key} is ${content}, not ${expected(note.digest)}`)
      }
      if (content === undefined && note.inline === undefined && note.holders.length > 0) {
        client.up.push({ _tag: "FetchFailed", key: note.key, value: note.value, holder: note.holders[0]!, why: "gone" })
      }
    }
  }

  const submit = (client: FakeClient): void => {
    const made: Array<Spec> = []
    const wants: Array<{ key: string; want: number }> = []
    const alive = [...client.handles].filter(([, handle]) => handle.wanted).map(([key]) => key)
    const known: Array<string> = alive.filter((key) => current.get(key) === client.handles.get(key)!.digest)
    for (let n = 0; n < 1 + Math.floor(next() * 5); n++) {
      const reuse = chance(0.1)
      const mine = [...client.handles].filter(([, handle]) => !handle.wanted).map(([key]) => key)
      const key = (reuse ? pick(mine) : undefined) ?? `${client.id}-k${++serial}`
      if (known.includes(key)) continue
      const digest = `g${++serial}`
      const inputs = known.length > 0 && chance(0.6)
        ? [...new Set([pick(known)!, pick(known)!, known[known.length - 1]!])].slice(0, 1 + Math.floor(next() * 3))
        : []
      const one = spec(key, inputs, {
        digest,
        group: `g${serial % 3}`,
        retry: chance(0.3)
          ? { times: 2, delay: 20, factor: 2, maxDelay: 100, jitter: 0.5, tags: undefined }
          : undefined,
        resources: chance(0.15) ? { gpu: 0.5 } : undefined,
        slots: chance(0.2) ? 0.25 : 1,
        priority: chance(0.1) ? 1 : 0
      })
      inputsOf.set(digest, inputs.map((input) => current.get(input)!))
      specs.set(digest, one)
      current.set(key, digest)
      made.push(one)
      const before = client.handles.get(key)
      if (before !== undefined || chance(0.7)) {
        const handle = { want: (before?.want ?? 0) + 1, digest, told: undefined, wanted: true }
        client.handles.set(key, handle)
        wants.push({ key, want: handle.want })
      }
      known.push(key)
    }
    if (client.up[0]?._tag === "ClientTold") return tellClient(client)
    client.up.push({ _tag: "Submit", specs: made, wants, keep: [] })
  }

  const offer = (client: FakeClient): void => {
    const key = `${client.id}-o${++serial}`
    const digest = `o${serial}`
    const value = Id.offeredId(key, client.id)
    const one = { key, value, digest, content: `data ${digest}`, scatter: chance(0.5) }
    client.offers.set(value, one)
    client.handles.set(key, { want: 1, digest, told: undefined, wanted: true })
    current.set(key, digest)
    if (client.up[0]?._tag === "ClientTold") return tellClient(client)
    client.up.push(offerNote(one), { _tag: "Submit", specs: [], wants: [{ key, want: 1 }], keep: [] })
  }

  const release = (client: FakeClient, keys: ReadonlyArray<string>): void => {
    const wants = keys.map((key) => ({ key, want: client.handles.get(key)!.want }))
    for (const key of keys) client.handles.get(key)!.wanted = false
    client.up.push({ _tag: "Release", wants, answer: chance(0.3) })
  }

  const wantedBy = (client: FakeClient): Array<string> =>
    [...client.handles].filter(([, handle]) => handle.wanted).map(([key]) => key)

  const clientActs = (client: FakeClient): void => {
    const key = pick(wantedBy(client))
    if (key === undefined || chance(0.4)) return chance(0.15) ? offer(client) : submit(client)
    const handle = client.handles.get(key)!
    if (chance(0.7)) return release(client, [key])
    if (client.up[0]?._tag === "ClientTold") return
    if (handle.told !== undefined && "failure" in handle.told) {
      handle.want++
      handle.told = undefined
      client.up.push({ _tag: "Retry", wants: [{ key, want: handle.want, digest: handle.digest }] })
    } else {
      client.up.push({
        _tag: "Cancel",
        wants: [{ key, want: handle.want }],
        force: chance(0.3),
        by: client.id,
        reason: "enough"
      })
    }
  }

  // --- the world -----------------------------------------------------------------------------------

  /** Its session begins with what it has not said yet: what is said to it until then is of the one that broke. */
  const isNew = ({ up }: Peer<FromClient | FromWorker, unknown>): boolean =>
    up[0]?._tag === "WorkerTold" || up[0]?._tag === "ClientTold"

  const sendUp = (): boolean => {
    const peers = [...workers.values(), ...clients.values()].filter((peer) => peer.up.length > 0)
    const peer = pick(peers)
    if (peer === undefined) return false
    if (isNew(peer)) peer.down = []
    const notes = peer.up.splice(0, 1 + Math.floor(next() * 4))
    step(...notes.map((note): Scheduler.Event =>
      peer.id.startsWith("w")
        ? { _tag: "FromWorker", worker: peer.id, note: note as FromWorker }
        : { _tag: "FromClient", client: peer.id, note: note as FromClient }
    ))
    return true
  }

  const sendDown = (): boolean => {
    const peers = [...workers.values(), ...clients.values()].filter((peer) => peer.down.length > 0 && !isNew(peer))
    const peer = pick(peers)
    if (peer === undefined) return false
    const note = peer.down.shift()!
    if (peer.id.startsWith("w")) hear(peer as FakeWorker, note as ToWorker)
    else hearClient(peer as FakeClient, note as ToClient)
    return true
  }

  const fault = (): void => {
    const worker = pick([...workers.values()])
    const dice = next()
    if (dice < 0.3 && worker !== undefined) {
      say(`crash of ${worker.id}`)
      workers.delete(worker.id)
      step({ _tag: "PeerLost", peer: worker.id, detail: "exit 9", expected: chance(0.3) })
    } else if (dice < 0.6) joinWorker()
    else if (dice < 0.8) {
      const peer = pick([...workers.keys(), ...clients.keys()])
      if (peer !== undefined) {
        say(`link of ${peer} breaks`)
        breakLink(peer)
      }
    } else if (dice < 0.88) {
      now += 6_000
      step({ _tag: "Tick" })
    } else if (dice < 0.93) {
      say("the scheduler dies")
      incarnation++
      state = Scheduler.make({
        incarnation,
        config,
        recovering: { until: now + 10_000, expect: [...workers.keys(), ...clients.keys()] }
      })
      for (const peer of [...workers.keys(), ...clients.keys()]) breakLink(peer)
    } else if (dice < 0.95) {
      const client = pick([...clients.values()])
      if (client !== undefined && clients.size > 1) {
        clients.delete(client.id)
        step({ _tag: "PeerLost", peer: client.id, detail: "gone", expected: true })
      }
    } else if (dice < 0.96 && chance(0.5)) {
      for (const client of clients.values()) {
        for (const handle of client.handles.values()) if (handle.told === undefined) handle.told = undefined
      }
      step({ _tag: "Restart", by: "me" })
    } else if (chance(0.6)) spreadOut(worker)
    else if (worker !== undefined) {
      const value = pick([...worker.values.values()])
      if (value !== undefined) {
        worker.up.push({ _tag: "ValueGone", key: value.note.key, value: value.note.value })
        dropped(worker, value.note.value)
      }
    }
  }

  /** What an operator asks: more copies, an even spread, a worker that is to leave or to stay after all. */
  const spreadOut = (worker: FakeWorker | undefined): void => {
    const keys = [...state.rows.keys()].filter(() => chance(0.3))
    const named = chance(0.3) ? [...workers.keys()].filter(() => chance(0.5)) : undefined
    const dice = next()
    if (dice < 0.2) step({ _tag: "Checkpoint", keys })
    else if (dice < 0.4) step({ _tag: "Replicate", keys, copies: 1 + Math.floor(next() * 4), workers: named })
    else if (dice < 0.7) step({ _tag: "Rebalance", keys: chance(0.5) ? keys : undefined, workers: named })
    else if (worker !== undefined) step({ _tag: "Retire", worker: worker.id, over: chance(0.5) })
  }

  const tick = (): void => {
    now += Math.floor(next() * 30)
    const due = Scheduler.nextDeadline(state)
    if (due !== undefined && due <= now) step({ _tag: "Tick" })
  }

  const turn = (): void => {
    const dice = next()
    if (dice < 0.35) sendUp()
    else if (dice < 0.65) sendDown()
    else if (dice < 0.9) {
      const worker = pick([...workers.values()])
      if (worker !== undefined) work(worker)
    } else if (dice < 0.97) tick()
    if (!faults) return
    if (chance(0.05)) {
      const client = pick([...clients.values()])
      if (client !== undefined) clientActs(client)
    }
    if (chance(0.008)) fault()
  }

  const drainAll = (rounds: number, until: () => boolean): void => {
    for (let n = 0; n < rounds; n++) {
      for (let quiet = 0; sendUp() || sendDown(); quiet++) if (quiet > 100_000) fail("the notes never end")
      for (const worker of workers.values()) work(worker)
      for (const worker of workers.values()) {
        if (n % 20 === 0) {
          worker.up.push({ _tag: "Heartbeat", heldBytes: 0, processBytes: undefined, busy: undefined })
        }
      }
      now += 40
      const due = Scheduler.nextDeadline(state)
      if (due !== undefined && due <= now) step({ _tag: "Tick" })
      if (until()) return
    }
  }

  joinWorker()
  joinWorker()
  joinClient()
  joinClient()
  for (let n = 0; n < 700; n++) turn()
  faults = false
  sabotage = false
  if (workers.size === 0) joinWorker()
  for (const id of workers.keys()) step({ _tag: "Retire", worker: id, over: true })
  const open = (): Array<string> =>
    [...clients.values()].flatMap((client) =>
      [...client.handles].filter(([, handle]) => handle.wanted && handle.told === undefined).map(([key]) => key)
    )
  drainAll(3_000, () => open().length === 0)
  for (const key of open()) {
    fail(
      `${key} never settled: ${Scheduler.explain(state, key, now).summary}\n${
        Scheduler.story(state, key).map((e) => JSON.stringify(e)).join("\n")
      }`
    )
  }
  for (const client of clients.values()) release(client, wantedBy(client))
  now += 70_000
  for (const worker of workers.values()) {
    worker.up.push({ _tag: "Heartbeat", heldBytes: 0, processBytes: undefined, busy: undefined })
  }
  const left = (): string => {
    const counts = Scheduler.counts(state)
    const held = [...workers.values()].flatMap((worker) => [...worker.values.keys()])
    const offers = [...clients.values()].flatMap((client) => [...client.offers.keys()])
    const jobs = [...workers.values()].reduce((n, worker) => n + worker.jobs.size, 0)
    return counts.rows + counts.attempts + held.length + offers.length + jobs === 0
      ? ""
      : `left: ${JSON.stringify(counts)}, held ${held.join(" ")}, offered ${offers.join(" ")}, ${jobs} jobs`
  }
  drainAll(3_000, () => left() === "")
  if (left() !== "") {
    fail(
      `${left()}\n${
        [...workers.values()].map((w) =>
          `${w.id}: ${
            [...w.jobs.values()].map((j) =>
              JSON.stringify([j.run.spec.key, j.run.attempt, j.running, j.cancelled, j.run.inputs])
            )
          }`
        ).join("\n")
      }\n${[...state.runs.values()].map((r) => `${r.attempt} ${r.phase} ${r.worker.id}`).join()}\n${
        [...state.rows.keys()].map((key) => JSON.stringify(Scheduler.explain(state, key, now))).join("\n")
      }`
    )
  }
}
