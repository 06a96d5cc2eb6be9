/** The same as partitions, with proxies in between, and connections that are reset. */
import { Effect } from "effect"
import type { Member } from "./crew.js"
import * as Lines from "./lines.js"
import type { Scenario, Stage } from "./scenario.js"
import { counted, following, reruns } from "./scenario.js"

interface Placed {
  readonly member: Member
  readonly spot: Lines.Spot
  readonly id: string
}

/** Nodes behind proxies: everybody knows them by the proxies' address. */
const behind = (stage: Stage, lines: Lines.Lines, count: number) =>
  Effect.gen(function*() {
    const one = Effect.gen(function*() {
      const spot = yield* lines.spot
      const member = yield* stage.crew.node({ host: "127.0.0.1", advertise: spot.address, ports: spot.ports })
      return { member, spot }
    })
    const all = yield* Effect.all(Array.from({ length: count }, () => one))
    const placed = yield* Effect.forEach(all, ({ member, spot }) =>
      Effect.map(member.word("ready"), (word): Placed => ({ member, spot, id: String(word.id) })), {
      concurrency: "unbounded"
    })
    stage.tell(`${count} nodes are ready, with proxies between them`)
    return placed
  })

const worked = (client: Member): number => client.words.filter((word) => word.what === "progress").length

export const cut: Scenario = {
  name: "cut",
  title: "links between the scheduler and half of the workers stand still, then one way only; connections are reset",
  within: 1500,
  run: (stage) =>
    Effect.gen(function*() {
      const { crew, expect, fact, lot, short, tell } = stage
      const lines = yield* Lines.make
      const all = yield* behind(stage, lines, short ? 3 : 5)
      const client = yield* crew.client("graphs.mjs", short ? { tasks: 600, millis: 5 } : { tasks: 3000, millis: 30 })
      yield* following(stage, client)
      yield* client.word("progress")
      const length = short ? 6 : 15
      for (const direction of ["both", "there", "back"] as const) {
        if (short && direction === "there") continue
        const scheduler = all.find(({ member }) => member === crew.carrier())!
        const others = all.filter((one) => one !== scheduler)
        const half = others.slice(0, Math.ceil(others.length / 2))
        tell(`links to the scheduler stand still (${direction}): ${half.map(({ member }) => member.name).join(", ")}`)
        const before = worked(client)
        lines.hold(half.map(({ id }) => id), scheduler.spot, direction)
        yield* Effect.sleep(`${length} seconds`)
        const meanwhile = worked(client) - before
        lines.heal()
        tell(`healed: ${meanwhile} times 5 % meanwhile`)
        fact(`still (${direction})`, `${meanwhile} × 5 %`)
        yield* client.next("progress")
      }
      let resets = 0
      for (let half = 0; half < (short ? 6 : 40); half++) {
        resets += lines.reset(30, lot)
        yield* Effect.sleep("500 millis")
      }
      tell(`${resets} connections have been reset`)
      fact("resets", resets)
      client.tell("end")
      yield* counted(stage, client)
      for (const { member } of all) expect(!member.gone(), `${member.name} is gone`)
      reruns(stage)
    })
}
