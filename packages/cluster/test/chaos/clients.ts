/** Clients that die or close while much of what they want is under way. */
import { Effect } from "effect"
import type { Scenario } from "./scenario.js"
import { counted, following, nodes, reruns } from "./scenario.js"

/** Ends when there are so many lines like this one. */
const lines = (read: () => ReadonlyArray<string>, like: string, count: number) =>
  Effect.repeat(Effect.delay(Effect.sync(() => read().filter((line) => line.startsWith(like)).length), "200 millis"), {
    until: (there) => there >= count
  })

export const clients: Scenario = {
  name: "clients",
  title: "clients are killed, and close, with work of theirs under way, beside one that goes on",
  within: 1500,
  run: (stage) =>
    Effect.gen(function*() {
      const { crew, expect, fact, short, tell } = stage
      const all = yield* nodes(stage, short ? 2 : 3, { threads: 1 })
      const client = yield* crew.client("graphs.mjs", short ? { tasks: 400, millis: 5 } : { tasks: 2000, millis: 20 })
      yield* following(stage, client)
      yield* client.word("progress")
      const notes = () => crew.notes("long")
      const each = 4

      const killed = yield* crew.client("longing.mjs", { count: each, prefix: "killed", lease: true })
      yield* lines(notes, "began killed", each)
      tell(`${killed.name} is killed, with ${each} tasks that run`)
      yield* killed.kill("SIGKILL")

      const closed = yield* crew.client("longing.mjs", { count: each, prefix: "closed" })
      yield* lines(notes, "began closed", each)
      tell(`${closed.name} is told to end, with ${each} tasks that run`)
      yield* closed.kill("SIGTERM")
      yield* lines(notes, "interrupted closed", each)
      tell("what the closed one wanted has been interrupted")

      // A client without a link keeps what it wants for a minute.
      yield* lines(notes, "interrupted killed", each)
      tell("what the killed one wanted has been interrupted")
      expect(notes().every((line) => !line.startsWith("ended")), `ran to the end for nobody: ${notes().join("; ")}`)
      fact("tasks interrupted for two clients", notes().filter((line) => line.startsWith("interrupted")).length)
      client.tell("end")
      yield* counted(stage, client)
      for (const node of all) expect(!node.gone(), `${node.name} is gone`)
      reruns(stage)
    })
}
