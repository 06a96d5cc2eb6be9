/** Tasks that kill the process they run in. */
import type { Scope } from "effect"
import { Effect } from "effect"
import type { Member } from "./crew.js"
import type { Scenario, Stage } from "./scenario.js"
import { counted, following, nodes, reruns } from "./scenario.js"

/** A task survives three deaths, so the fourth is the last. */
const allowed = 4

/** Nodes that die are replaced at once, for as long as the scope. */
const replaced = (stage: Stage, all: ReadonlyArray<Member>) => {
  const watch = (node: Member): Effect.Effect<void> =>
    Effect.gen(function*() {
      yield* node.exited
      stage.tell(`${node.name} has died${node === stage.crew.carrier() ? ", which carried the scheduler" : ""}`)
    })
  const keep = (node: Member): Effect.Effect<never, never, Scope.Scope> =>
    Effect.zipRight(watch(node), Effect.flatMap(stage.crew.node(), keep))
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

export const bombs: Scenario = {
  name: "bombs",
  title: "tasks that kill their node, wherever the scheduler is, beside work that must be done",
  within: 1500,
  run: (stage) =>
    Effect.gen(function*() {
      const { crew, expect, fact, short, tell } = stage
      // With two nodes the scheduler's dies as often as not.
      const all = yield* nodes(stage, short ? 2 : 3)
      yield* replaced(stage, all)
      const client = yield* crew.client("graphs.mjs", short ? { tasks: 200, millis: 5 } : { tasks: 1000, millis: 20 })
      yield* following(stage, client)
      yield* client.word("progress")
      const bomber = yield* crew.client("bombs.mjs", { count: short ? 1 : 3 })
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
      client.tell("end")
      yield* counted(stage, client)
      reruns(stage)
    })
}
