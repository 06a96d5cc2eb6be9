/** Memory of those that live on, while others die around them. */
import { Effect } from "effect"
import type { Member } from "./crew.js"
import { resident } from "./crew.js"
import type { Scenario } from "./scenario.js"
import { counted, following, nodes } from "./scenario.js"

const megabytes = (bytes: unknown): number => Math.round(Number(bytes) / 1e5) / 10

/** Megabytes in use, when all has gone that can go. */
export const used = (member: Member) =>
  Effect.gen(function*() {
    const said = member.next("memory")
    member.tell("memory")
    return megabytes((yield* said).used)
  })

export const memory: Scenario = {
  name: "memory",
  title: "workers die and come while round after round is computed: what the scheduler and the client hold stays flat",
  within: 1500,
  run: (stage) =>
    Effect.gen(function*() {
      const { crew, expect, fact, lot, short, tell } = stage
      const alive = [...yield* nodes(stage, 3)]
      const client = yield* crew.client("graphs.mjs", { tasks: short ? 300 : 2000, millis: 5 })
      yield* following(stage, client)
      const marks: Array<{ readonly scheduler: number; readonly client: number }> = []
      const rounds = short ? 4 : 12
      for (let round = 1; round <= rounds; round++) {
        yield* client.word("round", (word) => word.round === round)
        const carrier = crew.carrier()!
        const mark = { scheduler: yield* used(carrier), client: yield* used(client) }
        marks.push(mark)
        tell(
          `round ${round}: scheduler's node ${mark.scheduler} MB in use, ${resident(carrier)} MB resident; ` +
            `client ${mark.client} MB, ${resident(client)} MB`
        )
        const others = alive.filter((node) => node !== carrier)
        const victim = others[lot(others.length)]!
        yield* victim.kill("SIGKILL")
        alive[alive.indexOf(victim)] = yield* crew.node()
      }
      client.tell("end")
      yield* counted(stage, client)
      // The first rounds load code; a scheduler that had to move begins anew.
      const third = Math.floor(rounds / 3)
      for (const who of ["scheduler", "client"] as const) {
        const early = Math.max(...marks.slice(0, third).map((mark) => mark[who]))
        const late = Math.min(...marks.slice(-third).map((mark) => mark[who]))
        fact(`${who} MB`, `${marks[0]![who]} after the first round, ${marks.at(-1)![who]} after the last`)
        expect(late <= early * 1.3 + 10, `${who} went from ${early} MB to ${late} MB`)
      }
      fact("killed", rounds)
    })
}
