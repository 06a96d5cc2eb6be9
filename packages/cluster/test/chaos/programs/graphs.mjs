// A client that has graphs of tasks computed, one after another, until it is told to end: `graphs.mjs OPTIONS`.
// Which task needs which is drawn by lot, from the seed; what each must come to is known.
import { CreelCluster } from "@creel/cluster"
import { NodeRuntime } from "@effect/platform-node"
import { Client, Future } from "creel"
import { Effect, Layer, Option } from "effect"
import { common, memory, on, options, say, Storage } from "./shared.mjs"
import { answerOf, step, wide } from "./tasks.mjs"

const { millis = 20, seed = 1, tasks = 5000, rounds = Infinity } = options

/** Numbers that look drawn by lot, the same ones for the same seed. */
const lots = (from) => {
  let state = from >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

/** Each needs up to three of the 300 before it. */
const plan = (round) => {
  const lot = lots(seed * 1_000_003 + round)
  const answers = []
  return Array.from({ length: tasks }, (_, number) => {
    const reach = Math.min(number, 300)
    const inputs = [...new Set(Array.from({ length: reach === 0 ? 0 : lot(4) }, () => number - 1 - lot(reach)))]
    const answer = answerOf(number, inputs.map((input) => answers[input]))
    answers.push(answer)
    return { number, inputs, answer, millis: lot(2 * millis + 1), wide: lot(25) === 0 }
  })
}

/** What is waited for, and since when nothing came. */
const now = { of: undefined, future: undefined, since: performance.now(), left: undefined }

const came = (of, future) => Object.assign(now, { of, future, since: performance.now() })

/** Why a key is not there: what it waits for, what that waits for, and so on, and what was decided about the last of these. */
const reasons = (key) =>
  Effect.gen(function*() {
    let { missing, summary } = yield* Client.explain(key)
    const first = summary
    let last = key
    let depth = 0
    for (; missing.length > 0 && depth < 1000; depth++) {
      last = missing[0]
      ;({ missing, summary } = yield* Client.explain(last))
    }
    const story = (yield* Client.story(last)).slice(-8).map((line) => JSON.stringify(line))
    return [first, ...(depth > 0 ? [`${depth} inputs before that: ${summary}`] : []), ...story]
  })

/** Says, while nothing comes, what is waited for and why. */
const watching = Effect.forever(Effect.gen(function*() {
  yield* Effect.sleep("10 seconds")
  const future = now.future ?? now.left?.()
  if (performance.now() - now.since < 10_000 || future === undefined) return
  const known = yield* Effect.timeoutOption(reasons(future.key), "5 seconds")
  const why = Option.match(known, {
    onNone: () => "no scheduler says why",
    onSome: (lines) => lines.join("\n    ")
  })
  say("waiting", { seconds: Math.round((performance.now() - now.since) / 1000), of: now.of, key: future.key, why })
}))

const graph = (round) =>
  Effect.gen(function*() {
    const nodes = plan(round)
    const futures = []
    for (const node of nodes) {
      const task = node.wide ? wide : step
      futures.push(yield* Client.submit(task, round, node.number, node.millis, ...node.inputs.map((at) => futures[at])))
    }
    say("submitted", { round })
    const numberOf = new Map(futures.map((future, number) => [future.key, number]))
    const delivered = new Map()
    const wrong = []
    now.left = () => futures.find((_, number) => !delivered.has(number))
    const completed = yield* Client.asCompleted(futures)
    for (let count = 0; count < tasks; count++) {
      came("that any is done")
      const future = yield* Effect.flatMap(completed.take, Future.retain)
      came("an answer", future)
      const number = numberOf.get(future.key)
      delivered.set(number, (delivered.get(number) ?? 0) + 1)
      const exit = yield* Effect.exit(future)
      const value = exit._tag !== "Success" ? undefined : typeof exit.value === "number" ? exit.value : exit.value[0]
      if (value !== nodes[number].answer) wrong.push(`${number}: ${value ?? String(exit.cause)}`)
      if ((count + 1) % Math.ceil(tasks / 20) === 0) say("progress", { round, count: count + 1 })
    }
    const twice = [...delivered.values()].filter((times) => times > 1).length
    // Once more, in order: an answer does not change.
    for (const [number, future] of futures.entries()) {
      came("an answer, once more", future)
      const value = yield* Effect.exit(future)
      const again = value._tag !== "Success"
        ? undefined
        : typeof value.value === "number"
        ? value.value
        : value.value[0]
      if (again !== nodes[number].answer) wrong.push(`${number}, asked again: ${again}`)
    }
    for (const future of futures) yield* Future.release(future)
    return { missing: tasks - delivered.size, twice, wrong }
  }).pipe(Effect.scoped)

let ending = false
on("end", () => {
  ending = true
})

const program = Effect.gen(function*() {
  yield* Effect.forkScoped(watching)
  for (let round = 1; !ending && round <= rounds; round++) {
    const began = performance.now()
    const { missing, twice, wrong } = yield* graph(round)
    say("round", {
      round,
      tasks,
      missing,
      twice,
      wrong: wrong.length,
      examples: wrong.slice(0, 5),
      seconds: (performance.now() - began) / 1000,
      ...memory()
    })
  }
  say("done")
}).pipe(Effect.scoped)

NodeRuntime.runMain(
  Effect.provide(program, Layer.provide(CreelCluster.layerClient(common), Storage)).pipe(
    Effect.ensuring(Effect.sync(() => process.stdin.destroy()))
  )
)
