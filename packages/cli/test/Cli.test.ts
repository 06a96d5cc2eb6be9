import { Certificates, Security } from "@creel/cluster"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Amounts from "../src/internal/amounts.js"
import { creel } from "./utils/caught.js"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "creel-cli-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const commands = [
  "node",
  "status",
  "workers",
  "tasks",
  "top",
  "memory",
  "explain",
  "story",
  "cancel",
  "retire",
  "restart",
  "secret",
  "certs"
]

describe("creel", () => {
  it.effect("says what there is, without colour where there is no terminal", () =>
    Effect.gen(function*() {
      const { code, error, out } = yield* creel("--help")
      assert.strictEqual(code, 0)
      assert.strictEqual(error, "")
      assert.notInclude(out, "\u001b")
      for (const command of commands) assert.match(out, new RegExp(`^  ${command} `, "m"))
      assert.strictEqual((yield* creel()).out, out)
    }))

  for (const command of commands) {
    it.effect(`explains ${command}`, () =>
      Effect.gen(function*() {
        const { code, out } = yield* creel(command, "--help")
        assert.strictEqual(code, 0)
        assert.include(out, `creel ${command} [options]`)
        assert.isTrue(out.split("\n").every((line) => line.length <= 100))
      }))
  }

  it.effect("completes commands and options in shells", () =>
    Effect.gen(function*() {
      for (const shell of ["bash", "zsh", "fish"]) {
        const { code, out } = yield* creel("--completions", shell)
        assert.strictEqual(code, 0)
        assert.include(out, "retire")
        assert.include(out, "storage")
      }
    }))

  it.effect("ends with 2 for what cannot be meant, and says why", () =>
    Effect.gen(function*() {
      const says = (part: string) => (caught: { readonly code: number; readonly error: string }) => {
        assert.strictEqual(caught.code, 2)
        assert.include(caught.error, part)
      }
      says("--storage")(yield* creel("status"))
      says("node")(yield* creel("statsu"))
      says("KEY")(yield* creel("story", "--storage", "postgres://x/y"))
      says("--within is how long")(yield* creel("status", "--storage", "postgres://x/y", "--within", "soon"))
      says("--memory is an amount of bytes")(yield* creel("node", "--storage", "postgres://x/y", "--memory", "5XB"))
      says("neither postgres: nor mysql:")(yield* creel("status", "--storage", "redis://x/y"))
      says("neither of --tasks and --worker")(yield* creel("node", "--storage", "postgres://x/y"))
      says("is not there")(yield* creel("node", "--storage", "postgres://x/y", "--tasks", "./none.js"))
      says("one is missing")(yield* creel("status", "--storage", "postgres://x/y", "--cert", "a.pem"))
    }))

  it.effect("ends with 3 where the database cannot be reached, and never shows its password", () =>
    Effect.gen(function*() {
      const { code, error } = yield* creel("status", "--storage", "postgres://me:hidden@127.0.0.1:1/x")
      assert.strictEqual(code, 3)
      assert.include(error, "127.0.0.1:1/x does not let us in")
      assert.include(error, "what to do:")
      assert.notInclude(error, "hidden")
    }))

  it.scoped("draws secrets, and makes the keys of roles from them", () =>
    Effect.gen(function*() {
      const file = path.join(yield* folder, "secret")
      const { out } = yield* creel("secret")
      assert.isAtLeast(out.trim().length, 32)
      assert.notStrictEqual((yield* creel("secret")).out, out)
      writeFileSync(file, out)
      const key = yield* creel("secret", "--role", "observer", "--secret-file", file)
      assert.strictEqual(
        key.out.trim(),
        Redacted.value(Security.deriveRoleKey(Redacted.make(out.trim()), "observer"))
      )
    }))

  it.scoped("makes an authority and certificates, keys for nobody but their owner, and writes nothing over", () =>
    Effect.gen(function*() {
      const directory = path.join(yield* folder, "certs")
      const text = (name: string) => readFileSync(path.join(directory, name), "utf8")
      assert.strictEqual((yield* creel("certs", directory)).code, 0)
      const authority = text("ca.pem")
      for (const file of readdirSync(directory).filter((file) => file.endsWith("-key.pem"))) {
        assert.strictEqual(statSync(path.join(directory, file)).mode & 0o777, 0o600, file)
      }
      const more = yield* creel("certs", directory, "--role", "worker", "--name", "node-2", "--host", "node-2.internal")
      assert.strictEqual(more.code, 0)
      assert.strictEqual(text("ca.pem"), authority)
      const again = yield* creel("certs", directory)
      assert.strictEqual(again.code, 2)
      assert.include(again.error, "already exists")
      const security = Security.mutual({
        ca: authority,
        cert: text("node-2.pem"),
        key: Redacted.make(text("node-2-key.pem"))
      })
      assert.deepStrictEqual(security.roles, ["observer", "client", "worker"])
      const known = { cert: authority, key: Redacted.make(text("ca-key.pem")) }
      yield* Certificates.issue(known, { role: "client" })
    }))
})

describe("amounts", () => {
  it("are read and written as people do", () => {
    assert.strictEqual(Amounts.parseBytes("512MiB"), 512 * 2 ** 20)
    assert.strictEqual(Amounts.parseBytes("4 GB"), 4e9)
    assert.strictEqual(Amounts.parseBytes("1.5k"), 1500)
    assert.isUndefined(Amounts.parseBytes("lots"))
    assert.strictEqual(Amounts.bytes(1023), "1023 B")
    assert.strictEqual(Amounts.bytes(1024), "1.0 KiB")
    assert.strictEqual(Amounts.bytes(2 ** 20 - 1), "1.0 MiB")
    assert.strictEqual(Amounts.millis(12), "12 ms")
    assert.strictEqual(Amounts.millis(90_500), "1 min 31 s")
    assert.strictEqual(Amounts.millis(3_720_000), "1 h 2 min")
  })
})
