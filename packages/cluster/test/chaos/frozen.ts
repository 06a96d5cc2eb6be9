/** Nodes that stand still for a while, as machines do, and then go on as if nothing had been. */
import { Effect } from "effect"
import type { Crew, Member } from "./crew.js"
import type { Scenario, Stage } from "./scenario.js"
import { counted, following, nodes, reruns } from "./scenario.js"

/** Who does not carry the scheduler. */
const others = (all: ReadonlyArray<Member>, crew: Crew): ReadonlyArray<Member> =>
  all.filter((node) => node !== crew.carrier())

/** Stops it for so long. */
const still = (stage: Stage, node: Member, seconds: number) =>
  Effect.gen(function*() {
    stage.tell(`${node.name} stands still${node === stage.crew.carrier() ? ", which carries the scheduler" : ""}`)
    node.signal("SIGSTOP")
    yield* Effect.sleep(`${seconds} seconds`)
    node.signal("SIGCONT")
    stage.tell(`${node.name} goes on`)
  })

const worked = (client: Member): number => client.words.filter((word) => word.what === "progress").length

/** Asks the holder for what was scattered, and waits for its answer. */
const ask = (holder: Member, which: "alone" | "copied") => {
  const answer = holder.next("read", (word) => word.which === which)
  return Effect.zipRight(Effect.sync(() => holder.tell(`read ${which}`)), answer)
}

/** A client that has scattered: its values alone on the first node, others copied, and an answer to each question. */
const scattered = (stage: Stage, on: Member) =>
  Effect.gen(function*() {
    const holder = yield* stage.crew.client("scattered.mjs", { on: on.name })
    yield* holder.word("scattered")
    stage.tell(`${holder.name} has scattered`)
    return holder
  })

const reads = (stage: Stage, holder: Member, when: string) =>
  Effect.gen(function*() {
    for (const which of ["copied", "alone"] as const) {
      const word = yield* ask(holder, which)
      stage.expect(word.right === true, `${which} ${when}: ${JSON.stringify(word)}`)
    }
  })

/** While its holder stands still, what is there twice can be read, and what is there once is waited for. */
const whileStill = (stage: Stage, holder: Member) =>
  Effect.gen(function*() {
    const began = performance.now()
    const copied = yield* ask(holder, "copied")
    stage.fact("copies read while it stood still after s", ((performance.now() - began) / 1000).toFixed(1))
    stage.expect(copied.right === true, `copies while the holder stands still: ${JSON.stringify(copied)}`)
    const alone = holder.words.length
    holder.tell("read alone")
    return Effect.gen(function*() {
      const early = holder.words.slice(alone).find((word) => word.what === "read")
      stage.expect(early === undefined, `what only a frozen node has was answered: ${JSON.stringify(early)}`)
    })
  })

export const frozenWorker: Scenario = {
  name: "frozen-worker",
  title: "SIGSTOP of a worker's node for 20 s, then SIGCONT, with scattered data on it",
  within: 1500,
  run: (stage) =>
    Effect.gen(function*() {
      const { crew, expect, fact, short } = stage
      const all = yield* nodes(stage, 3)
      const [victim] = others(all, crew)
      const holder = yield* scattered(stage, victim!)
      const client = yield* crew.client("graphs.mjs", { tasks: short ? 1000 : 3000, millis: short ? 5 : 20 })
      yield* following(stage, client)
      yield* client.word("progress")
      const before = worked(client)
      const incarnation = crew.incarnation()
      stage.tell(`${victim!.name} stands still`)
      victim!.signal("SIGSTOP")
      const began = Date.now()
      const later = yield* whileStill(stage, holder)
      yield* Effect.sleep(Math.max(0, (short ? 7000 : 20_000) - (Date.now() - began)))
      fact("answers meanwhile (5 %)", worked(client) - before)
      expect(short || worked(client) > before, "no work went on while it stood still")
      yield* later
      const answered = holder.next("read", (word) => word.which === "alone")
      victim!.signal("SIGCONT")
      stage.tell(`${victim!.name} goes on`)
      const alone = yield* answered
      expect(alone.right === true, `what only it had, after it went on: ${JSON.stringify(alone)}`)
      client.tell("end")
      yield* counted(stage, client)
      yield* reads(stage, holder, "at the end")
      expect(!victim!.gone(), "the node that stood still is gone")
      fact("takeovers meanwhile", crew.incarnation() - incarnation)
      reruns(stage)
    })
}

export const frozenScheduler: Scenario = {
  name: "frozen-scheduler",
  title: "SIGSTOP of the scheduler's node for 20 s, then SIGCONT, with scattered data on it",
  within: 1500,
  run: (stage) =>
    Effect.gen(function*() {
      const { crew, expect, fact, short } = stage
      yield* nodes(stage, 3)
      const victim = crew.carrier()!
      const holder = yield* scattered(stage, victim)
      const client = yield* crew.client("graphs.mjs", { tasks: short ? 1000 : 3000, millis: short ? 5 : 20 })
      yield* following(stage, client)
      yield* client.word("progress")
      const incarnation = crew.incarnation()
      const stopped = yield* Effect.fork(still(stage, victim, short ? 8 : 20))
      const began = performance.now()
      const next = yield* crew.after(incarnation)
      fact("taken over after s", ((performance.now() - began) / 1000).toFixed(1))
      const later = yield* whileStill(stage, holder)
      const progress = worked(client)
      yield* client.word("round").pipe(Effect.raceFirst(stopped))
      yield* later
      fact("answers under the next (5 %)", worked(client) - progress)
      yield* stopped
      const alone = yield* holder.word("read", (word) => word.which === "alone")
      expect(alone.right === true, `what only it had, after it went on: ${JSON.stringify(alone)}`)
      client.tell("end")
      yield* counted(stage, client)
      yield* reads(stage, holder, "at the end")
      // A lock that a busy machine did not renew in time moves it too.
      fact("where it was taken over at the end", crew.carrier() === next ? 1 : 0)
      expect(!victim.gone(), "the node that stood still is gone")
      reruns(stage)
    })
}
