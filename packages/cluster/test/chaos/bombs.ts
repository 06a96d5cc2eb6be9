/** Tasks that kill the process they run in. */
import type { Scope } from "effect"
import { Effect } from "effect"
import type { Member } from "./crew.js"
import type { Scenario, Stage } from "./scenario.js"
import { counted, following, nodes, reruns } from "./scenario.js"

/** A task survives three deaths, so the fourth is the last. */
/** Four that are seen, and before them one that nobody could see. */
const allowed = 5

/** Nodes that die are replaced at once, for as long as the scope. */
const replaced = (stage: Stage, all: ReadonlyArray<Member>, more: Readonly<Record<string, unknown>> = {}) => {
  const watch = (node: Member): Effect.Effect<void> =>
    Effect.gen(function*() {
      yield* node.exited
      stage.tell(`${node.name} has died${node === stage.crew.carrier() ? ", which carried the scheduler" : ""}`)
    })
  const keep = (node: Member): Effect.Effect<never, never, Scope.Scope> =>
    Effect.zipRight(watch(node), Effect.flatMap(stage.crew.node(more), keep))
  return Effect.forEach(all, (node) => Effect.forkScoped(keep(node)), { discard: true })
}

/** How many processes each of the tasks has ended, by what it wrote before. */
const deaths = (stage: Stage) => {
  const counts = new Map<string, number>()
  for (const line of stage.crew.notes("bombs")) {
    const [name] = line.split(" ")
    counts.set(name!, (counts.get(name!) ?? 0) + 1)
  }
  return counts
}

/** Silence counts as death earlier than it does by itself, or this would take its five minutes. */
const scheduler = { deadAfter: 20_000 }

const submitted = (stage: Stage, options: Readonly<Record<string, unknown>>) =>
  Effect.gen(function*() {
    const { crew, expect, fact, tell } = stage
    const bomber = yield* crew.client("bombs.mjs", options)
    yield* bomber.word("submitted")
    tell("bombs are submitted")
    yield* bomber.word("done")
    for (const word of bomber.words.filter((word) => word.what === "bomb")) {
      tell(`bomb ${String(word.name)}: ${String(word.reason)}`)
      expect(word.reason === "KilledWorker", `bomb ${String(word.name)} ended as ${String(word.reason)}`)
    }
    for (const [name, count] of deaths(stage)) {
      fact(`deaths by ${name}`, count)
      expect(count <= allowed, `bomb ${name} took ${count} processes with it, and may take ${allowed}`)
    }
  })

const beside = (stage: Stage) =>
  Effect.gen(function*() {
    const client = yield* stage.crew.client("graphs.mjs", { tasks: stage.short ? 200 : 1000, millis: 10 })
    yield* following(stage, client)
    yield* client.word("progress")
    return client
  })

export const bombs: Scenario = {
  name: "bombs",
  title: "tasks that kill their node, beside work that must be done; the scheduler's node is spared",
  within: 1500,
  options: { scheduler },
  run: (stage) =>
    Effect.gen(function*() {
      yield* nodes(stage, 1)
      const targets = { resources: { bombs: 1 } }
      const all = yield* nodes(stage, 2, targets)
      yield* replaced(stage, all, targets)
      const client = yield* beside(stage)
      yield* submitted(stage, { count: stage.short ? 1 : 2, resources: { bombs: 1 } })
      client.tell("end")
      yield* counted(stage, client)
      reruns(stage)
    })
}

export const bombsAnywhere: Scenario = {
  name: "bombs-anywhere",
  title: "tasks that kill their node, the scheduler's too",
  within: 1500,
  options: { scheduler },
  run: (stage) =>
    Effect.gen(function*() {
      const all = yield* nodes(stage, 3)
      yield* replaced(stage, all)
      const client = yield* beside(stage)
      yield* submitted(stage, { count: 1 })
      client.tell("end")
      yield* counted(stage, client)
      reruns(stage)
    })
}
