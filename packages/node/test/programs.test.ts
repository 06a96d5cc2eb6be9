import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFile, execFileSync, spawn } from "node:child_process"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as BootFile from "../src/boot/bootFile.js"
import { importsProgram } from "../src/supervisor/imports.js"

const file = (name: string): string => fileURLToPath(new URL(`./fixtures/programs/${name}`, import.meta.url))

/** A whole program, as a person would start it; awaited until it ends by itself. */
const run = (...args: ReadonlyArray<string>) =>
  Effect.async<{ readonly code: number; readonly out: string }>((resume) => {
    const child = execFile(process.execPath, args, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1
      resume(Effect.succeed({ code, out: stdout + stderr }))
    })
    return Effect.sync(() => child.kill("SIGKILL"))
  })

const tsx = createRequire(import.meta.url).resolve("tsx/cli")

describe("a program", () => {
  it.live("in TypeScript, under tsx, with its tasks in TypeScript", () =>
    Effect.gen(function*() {
      const { code, out } = yield* run(tsx, file("main.ts"))
      assert.include(out, "squared: 144")
      assert.strictEqual(code, 0)
    }))

  it.live("that fails in a join says what failed, and ends with a code that is not 0", () =>
    Effect.gen(function*() {
      const failed = yield* run(tsx, file("fails.ts"))
      assert.include(failed.out, "-4 has no root")
      assert.strictEqual(failed.code, 1)
      const refused = yield* run(tsx, file("fails.ts"), "liar")
      assert.match(refused.out, /FutureError: liar-\w+: NotEncodable on worker .*result\.answer/)
      assert.include(refused.out, "What to do:")
      assert.strictEqual(refused.code, 1)
    }))

  it.live("that names itself as its tasks is refused", () =>
    Effect.gen(function*() {
      const { code, out } = yield* run(file("self.mjs"))
      assert.include(out, "the tasks' module is the program itself")
      assert.strictEqual(code, 1)
    }))

  it.live("that its tasks import is refused, with the way they do", () =>
    Effect.gen(function*() {
      const { code, out } = yield* run(file("round.mjs"))
      assert.include(out, "imports the program (helpful.mjs → round.mjs)")
      assert.strictEqual(code, 1)
    }))

  it.live("that is killed takes its processes along, also one that never pauses", () =>
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "creel-"))),
        (made) => Effect.sync(() => fs.rmSync(made, { recursive: true }))
      )
      const pipe = path.join(folder, "pipe")
      execFileSync("mkfifo", [pipe])
      const program = spawn(process.execPath, [file("spinning.mjs"), pipe], { stdio: "ignore" })
      const said = yield* Effect.async<string>((resume) => {
        let said = ""
        fs.createReadStream(pipe, "utf8")
          .on("data", (part) => {
            said += String(part)
            program.kill("SIGKILL")
          })
          .on("end", () => resume(Effect.succeed(said)))
        return Effect.sync(() => program.kill("SIGKILL"))
      })
      assert.strictEqual(said, "spinning")
    }).pipe(Effect.scoped))

  it("is found among imports, but not among types and comments", () => {
    assert.isUndefined(importsProgram(file("tasks.ts"), file("main.ts")))
    assert.match(importsProgram(file("main.ts"), file("tasks.ts")) ?? "", /main\.ts → tasks\.ts/)
    const here = fileURLToPath(import.meta.url)
    // import { nothing } from "./NodeCluster.test.js"
    assert.isUndefined(importsProgram(here, path.join(path.dirname(here), "NodeCluster.test.ts")))
  })

  it("under tsx keeps what else Node was asked for", () => {
    const before = process.execArgv
    const of = (args: Array<string>) => {
      process.execArgv = args
      try {
        return BootFile.execArgv().execArgv
      } finally {
        process.execArgv = before
      }
    }
    assert.isUndefined(of(["--enable-source-maps", "--max-old-space-size=100"]))
    assert.deepStrictEqual(
      of([
        "--require",
        "/x/node_modules/tsx/dist/preflight.cjs",
        "--import",
        "file:///x/node_modules/tsx/dist/loader.mjs"
      ]),
      []
    )
    assert.deepStrictEqual(
      of(["--import=tsx", "--import", "./tracing.js", "--max-old-space-size=100", "--enable-source-maps"]),
      ["--import", "./tracing.js", "--enable-source-maps"]
    )
  })
})
