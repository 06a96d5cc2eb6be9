import { Effect } from "effect"
import * as v8 from "node:v8"
import * as vm from "node:vm"
import { turn } from "./turn.js"

/** V8's own collection, of this thread. */
const gc = (): void => {
  v8.setFlagsFromString("--expose-gc")
  const collect: () => void = vm.runInNewContext("gc")
  collect()
}

/** What this thread holds once its garbage is gone: what finalizers and promises still hold goes in a turn or two. */
export const heap = Effect.gen(function*() {
  for (let i = 0; i < 4; i++) {
    yield* turn
    gc()
  }
  return process.memoryUsage().heapUsed
})
