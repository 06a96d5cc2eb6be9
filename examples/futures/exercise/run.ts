// npm run exercise -w examples/futures
import { NodeRuntime } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { exercise } from "../exercise.js"
import { good, warm } from "../print.js"
import { examine } from "./examine.js"

examine(exercise).pipe(
  Effect.flatMap((verdict) =>
    verdict._tag === "Solved"
      ? Console.log(`${good("Solved.")} Compare with examples/futures/solution.ts.`)
      : Console.log(`${warm("Not yet:")} ${verdict.hint}.\nThe gaps are in examples/futures/exercise.ts.`)
  ),
  NodeRuntime.runMain
)
