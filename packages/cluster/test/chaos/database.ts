/** The database goes away under load, and comes back. */
import { Effect } from "effect"
import type { Scenario } from "./scenario.js"
import { counted, following, nodes, reruns } from "./scenario.js"

export const database: Scenario = {
  name: "database",
  title: "Postgres is restarted, then stopped for 15 s, while graphs are computed; a node dies when it is back",
  within: 1500,
  run: (stage) =>
    Effect.gen(function*() {
      const { crew, expect, fact, postgres, short, tell } = stage
      const all = yield* nodes(stage, 3)
      const client = yield* crew.client("graphs.mjs", short ? { tasks: 600, millis: 5 } : { tasks: 3000, millis: 40 })
      yield* following(stage, client)
      yield* client.word("progress")
      tell("Postgres is restarted")
      yield* postgres.stop
      yield* postgres.start
      yield* client.next("progress")
      fact("takeovers by the restart", crew.incarnation() - 1)
      const before = client.words.length
      const incarnation = crew.incarnation()
      tell("Postgres is stopped")
      yield* postgres.stop
      yield* Effect.sleep(short ? "6 seconds" : "15 seconds")
      fact("words of the client meanwhile", client.words.length - before)
      tell("Postgres is started")
      yield* postgres.start
      const lost = yield* crew.after(incarnation).pipe(
        Effect.as(true),
        Effect.raceFirst(Effect.as(client.next("progress"), false))
      )
      fact("takeover by the outage", lost ? 1 : 0)
      yield* client.next("progress")
      const carrier = crew.carrier()!
      const later = crew.incarnation()
      tell(`${carrier.name} is killed, which carries the scheduler`)
      yield* carrier.kill("SIGKILL")
      yield* crew.after(later)
      const fresh = yield* crew.node()
      yield* fresh.word("ready")
      client.tell("end")
      yield* counted(stage, client)
      for (const node of all) expect(node === carrier || !node.gone(), `${node.name} is gone`)
      reruns(stage)
    })
}
