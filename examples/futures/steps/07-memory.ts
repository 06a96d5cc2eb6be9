// Notebook: del f, fut
import { Client, Future } from "creel"
import { Effect } from "effect"
import { bytes, code, dim, expect, good, heading, out, say } from "../print.js"
import { workersOnce } from "../waiting.js"

const ones = (n: number) => new Float64Array(n).fill(1)

/** What the workers hold, and of what. */
const look = Effect.gen(function*() {
  const workers = yield* Client.workers
  for (const worker of workers) {
    const bar = good("█".repeat(Math.round(worker.heldBytes / 1024 ** 2)))
    yield* out(
      `${worker.name}  ${bytes(worker.heldBytes).padStart(9)} in ${String(worker.values).padStart(2)} values  ${bar}`
    )
  }
  const groups = Object.entries(yield* Client.nbytes).filter(([_, held]) => held > 0)
  if (groups.length > 0) yield* out(dim(groups.map(([group, held]) => `${group} ${bytes(held)}`).join(", ")))
  return workers.reduce((sum, worker) => sum + worker.heldBytes, 0)
})

export const memory = (fut: Future.Future<number>) =>
  Effect.gen(function*() {
    yield* heading(7, "Memory: who holds what, and until when")
    yield* say("A future points to a value that a worker holds. Two more, of eight megabytes each:")
    yield* code("const large = yield* Client.map(ones, [1e6, 1e6])")
    const large = yield* Client.map(ones, [1e6, 1e6])
    yield* Client.wait(large)
    yield* out(large[0])
    const before = yield* look
    yield* expect("sixteen megabytes are held", before >= 16e6)

    yield* say("References are counted, not collected. One is dropped by hand:")
    const [name] = fut.key.split("-")
    const holders = Effect.map(Client.whoHas([fut]), (byKey) => byKey[fut.key]?.join(", ") || "nobody")
    yield* out(`${name} is held by ${yield* holders}`)
    yield* code("yield* Future.release(fut)")
    yield* Future.release(fut)
    const left = yield* holders.pipe(
      Effect.tap(() => Effect.sleep("10 millis")),
      Effect.repeat({ until: (names) => names === "nobody", times: 500 })
    )
    yield* out(`${name} is held by ${left}`)
    yield* expect("nobody holds what was released", left === "nobody")
  })

/** Runs when the scope that owned all futures so far has ended. */
export const memoryAfter = Effect.gen(function*() {
  yield* say("The others belong to the scope they were submitted in. It ends here, and they go with it:")
  yield* code("}).pipe(Effect.scoped)")
  yield* workersOnce((worker) => worker.values === 0)
  const after = yield* look
  yield* expect("nothing is held when no reference is left", after === 0)
})
