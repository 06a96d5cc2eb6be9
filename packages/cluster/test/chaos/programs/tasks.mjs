// What runs on the nodes of the chaos suite. Each attempt writes one line when it has been carried out, and when it
// begins to kill its process, so that what ran twice and what died can be counted by whoever looks on.
import { Task } from "creel"
import { Effect } from "effect"
import { appendFileSync } from "node:fs"
import { join } from "node:path"

/** One write of a few bytes to a file that is only ever added to: whole, also beside other processes. */
const note = (file, text) => {
  if (process.env.CREEL_CHAOS_NOTES !== undefined) {
    appendFileSync(join(process.env.CREEL_CHAOS_NOTES, file), `${text}\n`)
  }
}

const prime = 2_147_483_629

/** What the node of a graph comes to; the client knows it too. */
export const answerOf = (number, inputs) =>
  inputs.reduce((sum, input) => (sum + input) % prime, (number * 7919) % prime)

/** A node of a graph, after so many milliseconds. */
export const step = Task.make("chaos/step", (round, number, millis, ...inputs) =>
  Effect.sync(() => {
    note("ran", `${round}.${number}`)
    return answerOf(number, inputs.map((input) => typeof input === "number" ? input : input[0]))
  }).pipe(Effect.delay(millis)))

/** The same as a large value, which goes from node to node by itself. */
export const wide = Task.make("chaos/wide", (round, number, millis, ...inputs) =>
  Effect.sync(() => {
    note("ran", `${round}.${number}`)
    const answer = answerOf(number, inputs.map((input) => typeof input === "number" ? input : input[0]))
    return new Float64Array(20_000).fill(answer)
  }).pipe(Effect.delay(millis)))

/** So many bytes. */
export const bytes = Task.sync("chaos/bytes", (number, count) => new Uint8Array(count).fill(number % 251))

/** The sum of what was scattered. */
export const sum = Task.make(
  "chaos/sum",
  (values, millis) => Effect.delay(Effect.sync(() => values.reduce((a, b) => a + b, 0)), millis)
)

/** Kills the process it runs in, whichever way. */
export const bomb = Task.make(
  "chaos/bomb",
  (name, how, millis) =>
    Effect.flatMap(Task.Current, ({ worker }) =>
      Effect.delay(
        Effect.sync(() => {
          note("bombs", `${name} ${worker} ${process.pid}`)
          if (how === "exit") process.exit(3)
          process.kill(process.pid, "SIGKILL")
          // The signal is on its way, and nothing else is to be done here.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
        }),
        millis
      ))
)

/** Waits, and says whether it was interrupted. */
export const long = Task.make("chaos/long", (name, millis) =>
  Effect.sync(() => note("long", `began ${name}`)).pipe(
    Effect.zipRight(Effect.sleep(millis)),
    Effect.tap(() => note("long", `ended ${name}`)),
    Effect.onInterrupt(() => Effect.sync(() => note("long", `interrupted ${name}`))),
    Effect.as(name)
  ))
