/** Nodes that die without a word, whichever, one after another, and others that come in their place. */
import { Effect } from "effect"
import type { Scenario } from "./scenario.js"
import { counted, following, nodes, reruns } from "./scenario.js"

export const kills: Scenario = {
  name: "kills",
  title: "kill -9 of a node drawn by lot every second, while 5,000 dependent tasks run and nodes are replaced",
  within: 1500,
  run: (stage) =>
    Effect.gen(function*() {
      const { crew, fact, lot, seconds, short, tell } = stage
      const alive = [...yield* nodes(stage, short ? 3 : 8)]
      const client = yield* crew.client("graphs.mjs", short ? { tasks: 1500, millis: 10 } : { tasks: 5000, millis: 60 })
      yield* following(stage, client)
      yield* client.word("progress")
      let killed = 0
      let carriers = 0
      for (let second = 0; second < (short ? 4 : seconds); second++) {
        const at = lot(alive.length)
        const victim = alive[at]!
        const carried = victim === crew.carrier()
        if (carried) carriers++
        killed++
        tell(`${victim.name} is killed${carried ? ", which carries the scheduler" : ""}`)
        yield* victim.kill("SIGKILL")
        alive[at] = yield* crew.node()
        yield* Effect.sleep("1 second")
      }
      tell("nobody is killed any more")
      client.tell("end")
      yield* counted(stage, client)
      fact("killed", killed)
      fact("of these with the scheduler", carriers)
      reruns(stage)
    })
}
