/** Connections of those who have no business here, at each port of nodes that are at work. */
import { Effect } from "effect"
import { freePort } from "../fixtures/ports.js"
import { flood } from "../support/flood.js"
import type { Member } from "./crew.js"
import { resident } from "./crew.js"
import { used } from "./memory.js"
import type { Scenario } from "./scenario.js"
import { counted, following, reruns } from "./scenario.js"

const secret = "a secret that is as long as secrets of clusters have to be"

const names = ["links", "values", "runner"] as const

export const strangers: Scenario = {
  name: "strangers",
  title:
    "10,000 connections that are malformed, too large, never end or prove nothing, at all ports of two nodes at work",
  within: 1500,
  options: { secret },
  run: (stage) =>
    Effect.gen(function*() {
      const { crew, expect, fact, short, tell } = stage
      const count = short ? 600 : 10_000
      const all: Array<readonly [node: Member, ports: ReadonlyArray<number>]> = []
      for (let at = 0; at < 2; at++) {
        const ports = yield* Effect.all([freePort, freePort, freePort])
        const node = yield* crew.node({ ports: Object.fromEntries(names.map((name, at) => [name, ports[at]])) })
        yield* node.word("ready")
        all.push([node, ports])
      }
      const client = yield* crew.client("graphs.mjs", { tasks: short ? 400 : 2000, millis: 10 })
      yield* following(stage, client)
      yield* client.word("round")
      const incarnation = crew.incarnation()
      const doors = all.flatMap(([, ports]) => ports)
      const come = (many: number) =>
        Effect.promise(() => Promise.all(doors.map((port) => flood(port, Math.ceil(many / doors.length)))))
      const marks = () => Effect.forEach(all, ([node]) => used(node))
      yield* come(count / 10)
      const before = yield* marks()
      const worked = client.words.length
      tell(`the first have been refused: ${before.join(", ")} MB in use`)
      yield* come(count)
      const after = yield* marks()
      tell(`all have been refused: ${after.join(", ")} MB in use`)
      yield* client.next("progress")
      client.tell("end")
      yield* counted(stage, client)
      fact("strangers refused", count)
      fact("progress meanwhile", client.words.length - worked)
      expect(client.words.length > worked, "no work went on meanwhile")
      for (const [at, [node]] of all.entries()) {
        fact(`${node.name} MB`, `${before[at]} before, ${after[at]} after, ${resident(node)} resident`)
        expect(after[at]! <= before[at]! * 1.3 + 10, `${node.name} went from ${before[at]} MB to ${after[at]} MB`)
        expect(!node.gone(), `${node.name} is gone`)
      }
      fact("takeovers meanwhile", crew.incarnation() - incarnation)
      reruns(stage)
    })
}
