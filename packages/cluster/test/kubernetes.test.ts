/** Who is ill by Kubernetes' word: a server that answers as Kubernetes does. */
import { RunnerAddress, RunnerHealth } from "@effect/cluster"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as fs from "node:fs"
import * as http from "node:http"
import type * as net from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Kubernetes from "../src/placement/kubernetes.js"

const account = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = fs.mkdtempSync(path.join(tmpdir(), "creel-account-"))
    fs.writeFileSync(path.join(folder, "token"), "first\n")
    fs.writeFileSync(path.join(folder, "namespace"), "shop")
    return folder
  }),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

const at = (minute: number) => `2026-01-01T00:${String(minute).padStart(2, "0")}:00Z`

const pod = (podIP: string, ready: boolean) => ({
  status: {
    phase: "Running",
    podIP,
    hostIP: "10.1.1.1",
    conditions: [
      { type: "Initialized", status: "True", lastTransitionTime: at(1) },
      { type: "Ready", status: ready ? "True" : "False", lastTransitionTime: at(2) }
    ]
  }
})

/** Knows two pods, and says what it was asked. */
const kubernetes = (status: number) =>
  Effect.gen(function*() {
    const asked: Array<string> = []
    const server = yield* Effect.acquireRelease(
      Effect.async<http.Server>((resume) => {
        const server = http.createServer(({ headers, url }, response) => {
          asked.push(`${url} ${headers.authorization}`)
          response.writeHead(status, { "content-type": "application/json" })
          response.end(JSON.stringify({ items: [pod("10.0.0.1", true), pod("10.0.0.2", false)] }))
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          server.closeAllConnections()
        })
    )
    return { asked, url: `http://127.0.0.1:${(server.address() as net.AddressInfo).port}` }
  })

const alive = (host: string) =>
  Effect.flatMap(RunnerHealth.RunnerHealth, (health) => health.isAlive(RunnerAddress.make(host, 7102)))

describe("Kubernetes", () => {
  it.scopedLive("says which nodes are ill, asked about this pod's namespace with the token that is there now", () =>
    Effect.gen(function*() {
      const folder = yield* account
      const { asked, url } = yield* kubernetes(200)
      const health = Kubernetes.layer({ labelSelector: "app=creel" }, { url, account: folder })
      yield* Effect.gen(function*() {
        assert.isTrue(yield* alive("10.0.0.1"))
        assert.isFalse(yield* alive("10.0.0.2"))
        assert.isFalse(yield* alive("10.0.0.3"))
      }).pipe(Effect.provide(health))
      fs.writeFileSync(path.join(folder, "token"), "second")
      assert.isTrue(yield* Effect.provide(alive("10.0.0.1"), Layer.fresh(health)))
      assert.strictEqual(asked.length, 2)
      assert.match(asked[0]!, /^\/api\/v1\/namespaces\/shop\/pods\?.*labelSelector=app%3Dcreel.* Bearer first$/)
      assert.match(asked[1]!, / Bearer second$/)
    }))

  it.scopedLive("takes nobody for ill where it is not answered, or not let in", () =>
    Effect.gen(function*() {
      const folder = yield* account
      const { url } = yield* kubernetes(403)
      assert.isTrue(yield* Effect.provide(alive("10.0.0.3"), Kubernetes.layer({}, { url, account: folder })))
      const nowhere = { url: "http://127.0.0.1:1", account: path.join(folder, "none") }
      assert.isTrue(yield* Effect.provide(alive("10.0.0.3"), Kubernetes.layer({}, nowhere)))
    }))
})
