/** The command line in this process: what it prints is caught, what it reads of the environment is given. */
import { NodeContext } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import * as Cli from "../../src/Cli.js"
import * as Output from "../../src/Output.js"
import * as Render from "../../src/Render.js"

export interface Caught {
  readonly code: number
  readonly out: string
  readonly error: string
}

export const creel = (...args: ReadonlyArray<string>): Effect.Effect<Caught> =>
  Effect.suspend(() => {
    const said = { out: "", error: "" }
    const output = Layer.succeed(Output.Output, {
      isTerminal: false,
      ink: Render.plain,
      size: () => ({ rows: 24, columns: 100 }),
      write: (text) => Effect.sync(() => void (said.out += text)),
      writeError: (text) => Effect.sync(() => void (said.error += text))
    })
    return Effect.map(
      Effect.provide(Cli.run(["node", "creel", ...args]), Layer.merge(NodeContext.layer, output)),
      (code) => ({ code, ...said })
    )
  })
