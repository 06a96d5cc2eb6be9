/** Clocks on the wall that are put forward and back. */
import { Effect } from "effect"
import type { Scenario } from "./scenario.js"
import { counted, following, nodes, reruns } from "./scenario.js"

const hour = 3_600_000

export const clock: Scenario = {
  name: "clock",
  title: "the clocks of a worker's node, of the scheduler's and of a client jump by hours, forward and back",
  within: 1500,
  run: (stage) =>
    Effect.gen(function*() {
      const { crew, expect, fact, tell } = stage
      const all = yield* nodes(stage, 3)
      const client = yield* crew.client("graphs.mjs", { tasks: stage.short ? 500 : 2000, millis: 20 })
      yield* following(stage, client)
      yield* client.word("progress")
      const before = crew.incarnation()
      const jumps = [2 * hour, -3 * hour, 0]
      for (const by of jumps) {
        for (const member of [crew.carrier()!, all.find((node) => node !== crew.carrier())!, client]) {
          const done = member.next("clock")
          member.tell(`clock ${by}`)
          yield* done
          tell(`the clock of ${member.name} is ${by / hour} h from the others'`)
          yield* client.next("progress")
        }
      }
      client.tell("end")
      yield* counted(stage, client)
      fact("jumps", jumps.length * 3)
      fact("takeovers by jumps", crew.incarnation() - before)
      for (const node of all) expect(!node.gone(), `${node.name} is gone`)
      reruns(stage)
    })
}
