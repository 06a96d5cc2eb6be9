/** Networks that lose what goes from some to others, and find it again later. */
import { Effect } from "effect"
import type { Member } from "./crew.js"
import type { Place } from "./namespaces.js"
import * as Namespaces from "./namespaces.js"
import type { Scenario, Stage } from "./scenario.js"
import { counted, following, reruns } from "./scenario.js"

const secret = "a secret that is as long as secrets of clusters have to be"

interface Placed {
  readonly member: Member
  readonly place: Place
}

/** Nodes and a client, each in a place of its own. */
const spread = (stage: Stage, network: Namespaces.Network, count: number) =>
  Effect.gen(function*() {
    const { crew } = stage
    const placed = (make: (options: Readonly<Record<string, unknown>>, place: Place) => ReturnType<typeof crew.node>) =>
      Effect.gen(function*() {
        const place = yield* network.place
        const options = { database: network.database(stage.database), host: place.address, secret }
        return { place, member: yield* make(options, place) } satisfies Placed
      })
    const all = yield* Effect.all(
      Array.from({ length: count }, () => placed((options, place) => crew.node(options, place.before)))
    )
    yield* Effect.all(all.map(({ member }) => member.word("ready")), { concurrency: "unbounded" })
    stage.tell(`${count} nodes are ready, each in a network namespace`)
    const tasks = stage.short ? { tasks: 600, millis: 5 } : { tasks: 3000, millis: 30 }
    const client = yield* placed((options, place) => crew.client("graphs.mjs", { ...options, ...tasks }, place.before))
    return { all, client }
  })

const rounds = (client: Member) => client.words.filter((word) => word.what === "progress").length

export const partition: Scenario = {
  name: "partition",
  title: "the scheduler's node is cut from half of the workers, in both directions, then in one, then from everybody",
  missing: Namespaces.missing,
  within: 1500,
  run: (stage) =>
    Effect.gen(function*() {
      const { crew, expect, fact, short, tell } = stage
      const network = yield* Namespaces.make(stage.database, crew.folder)
      const { all, client } = yield* spread(stage, network, 5)
      const length = short ? 7 : 20
      yield* following(stage, client.member)
      yield* client.member.word("progress")
      const carrier = () => all.find(({ member }) => member === crew.carrier())!
      const half = () => all.filter((one) => one !== carrier()).slice(0, 2)

      const phase = (name: string, lose: () => void, goesOn: boolean) =>
        Effect.gen(function*() {
          const before = rounds(client.member)
          const incarnation = crew.incarnation()
          tell(name)
          lose()
          yield* Effect.sleep(`${length} seconds`)
          const meanwhile = rounds(client.member) - before
          network.heal()
          tell(`healed: ${meanwhile} times 5 % meanwhile, ${crew.incarnation() - incarnation} takeovers`)
          if (goesOn) expect(meanwhile > 0 || short, `${name}: no work went on`)
          yield* client.member.next("progress")
          fact(name, `${meanwhile} × 5 % (${crew.incarnation() - incarnation} takeovers)`)
        })

      const lose = (one: Place, other: Place) => {
        network.lose(one, other)
        network.lose(other, one)
      }
      yield* phase("cut from half of the workers", () => {
        const scheduler = carrier().place
        for (const { place } of half()) lose(scheduler, place)
      }, true)
      yield* phase("half of the workers are not heard", () => {
        const scheduler = carrier().place
        for (const { place } of half()) network.lose(place, scheduler)
      }, true)
      yield* phase("half of the workers do not hear", () => {
        const scheduler = carrier().place
        for (const { place } of half()) network.lose(scheduler, place)
      }, true)
      yield* phase("workers cut from each other", () => {
        const workers = all.filter((one) => one !== carrier())
        for (const one of workers) for (const other of workers) if (one !== other) network.lose(one.place, other.place)
      }, true)
      yield* phase("cut from all, but not from the database", () => {
        const scheduler = carrier().place
        for (const { place } of [...all, client]) if (place !== scheduler) lose(scheduler, place)
      }, false)
      const before = crew.incarnation()
      yield* phase("cut from all, and from the database", () => {
        const scheduler = carrier().place
        for (const { place } of [...all, client]) if (place !== scheduler) lose(scheduler, place)
        network.lose(scheduler, "database")
      }, true)
      expect(crew.incarnation() > before, "nobody took over from a scheduler that could reach nobody")
      client.member.tell("end")
      yield* counted(stage, client.member)
      for (const { member } of all) expect(!member.gone(), `${member.name} is gone`)
      reruns(stage)
    })
}
