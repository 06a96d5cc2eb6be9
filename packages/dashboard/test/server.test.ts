import { assert, describe, it } from "@effect/vitest"
import type * as Profile from "creel/Profile"
import * as Effect from "effect/Effect"
import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { glance } from "./utils/glances.js"
import { bearer, dashboard, request, viewer } from "./utils/stand.js"

const observe = () => Effect.succeed(glance(1000))

const clean = (url: string) => url.replace(/\/$/, "")

describe("who is let in", () => {
  it.scopedLive("by the link, once, and from then on by a cookie", () =>
    Effect.gen(function*() {
      const { open, url } = yield* dashboard({ observe })
      const entered = yield* request(open)
      assert.strictEqual(entered.status, 303)
      assert.strictEqual(entered.headers.location, "/")
      const cookie = entered.headers["set-cookie"]?.[0] ?? ""
      assert.match(cookie, /; HttpOnly; SameSite=Strict$/)
      assert.notInclude(cookie, "the token")
      const page = yield* request(url, { headers: { cookie: cookie.split(";", 1)[0]! } })
      assert.strictEqual(page.status, 200)
      assert.include(page.body, "<script type=\"module\" src=\"app.js\">")
    }))

  it.scopedLive("and nobody else", () =>
    Effect.gen(function*() {
      const { url } = yield* dashboard({ observe })
      for (const path of ["", "app.js", "api/state.json", "api/stream", "api/task?key=x", "nothing"]) {
        assert.strictEqual((yield* request(`${url}${path}`)).status, 401, path)
        const headers = { authorization: "Bearer another", cookie: "creel-dashboard-1=x" }
        assert.strictEqual((yield* request(`${url}${path}`, { headers })).status, 401, path)
      }
      const wrong = yield* request(`${url}?token=another`)
      assert.strictEqual(wrong.status, 401)
      assert.isUndefined(wrong.headers["set-cookie"])
      assert.strictEqual((yield* request(`${url}healthz`)).body, "ok\n")
    }))

  it.scopedLive("not by another name for this address, nor from another page", () =>
    Effect.gen(function*() {
      const { url } = yield* dashboard({ observe }, { names: ["board.example"] })
      const { host, port } = new URL(url)
      const status = (headers: Record<string, string>) =>
        Effect.map(request(`${url}api/state.json`, { headers: { ...bearer, ...headers } }), ({ status }) => status)
      assert.strictEqual(yield* status({ host: `evil.example:${port}` }), 403)
      assert.strictEqual(yield* status({ host: "127.0.0.1.evil.example" }), 403)
      assert.strictEqual(yield* status({ host, origin: "http://evil.example" }), 403)
      assert.strictEqual(yield* status({ host, origin: "null" }), 403)
      assert.strictEqual(yield* status({ host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }), 403)
      assert.strictEqual((yield* request(`${url}healthz`, { headers: { host: "evil.example" } })).status, 403)
      for (const name of [host, `localhost:${port}`, "localhost:9000", "[::1]:8787", "board.example"]) {
        assert.strictEqual(yield* status({ host: name, origin: `http://${name}` }), 200, name)
      }
    }))
})

describe("what is answered", () => {
  it.scopedLive("says that nothing else may run, load or frame it", () =>
    Effect.gen(function*() {
      const { url } = yield* dashboard({ observe })
      for (const path of ["", "app.js", "nothing", "api/state.json"]) {
        const { headers } = yield* request(`${url}${path}`, { headers: bearer })
        const policy = String(headers["content-security-policy"])
        assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'/)
        assert.notInclude(policy, "unsafe")
        assert.include(policy, "frame-ancestors 'none'")
        assert.strictEqual(headers["x-content-type-options"], "nosniff")
        assert.strictEqual(headers["referrer-policy"], "no-referrer")
      }
    }))

  it.scopedLive("is the state as data, and where the dashboard is", () =>
    Effect.gen(function*() {
      const { cluster, url } = yield* dashboard({ observe })
      const { body } = yield* request(`${url}api/state.json`, { headers: bearer })
      assert.deepInclude(JSON.parse(body), { cluster: "Cluster(of a test)", incarnation: 1 })
      assert.strictEqual(yield* cluster.describe, `Cluster(of a test), dashboard at ${url}`)
    }))

  it.scopedLive("is 404, 405 or 400 for what is not there", () =>
    Effect.gen(function*() {
      const { url } = yield* dashboard({ observe })
      const status = (path: string, method: string) =>
        Effect.map(request(`${clean(url)}${path}`, { method, headers: bearer }), ({ status }) => status)
      assert.strictEqual(yield* status("/nothing", "GET"), 404)
      assert.strictEqual(yield* status("/api/state.json", "DELETE"), 405)
      assert.strictEqual(yield* status("/api/task", "GET"), 400)
      assert.strictEqual(yield* status("//", "GET"), 400)
    }))

  it.scopedLive("is compressed for who can read that, and small", () =>
    Effect.gen(function*() {
      const { url } = yield* dashboard({ observe })
      const { headers } = yield* request(`${url}app.js`, { headers: { ...bearer, "accept-encoding": "gzip" } })
      assert.strictEqual(headers["content-encoding"], "gzip")
      const again = yield* request(`${url}app.js`, { headers: { ...bearer, "if-none-match": String(headers.etag) } })
      assert.strictEqual(again.status, 304)
    }))
})

describe("profiles", () => {
  const profile = (executors: Profile.Profile["workers"][number]["executors"]): Profile.Profile => ({
    at: 1,
    millis: 2000,
    interval: 500,
    workers: [{ id: "w", name: "one", executors, problem: undefined }],
    tree: { names: ["", "hash"], parents: [-1, 0], titles: [0, 1], files: [0, 0], lines: [0, 0], selfs: [0, 7] }
  })
  const executor = { executor: "e", sampled: 9, idle: 2, problem: undefined }

  it.scopedLive("are made when they are asked for, and the last one is kept in every form", () =>
    Effect.gen(function*() {
      const asked: Array<unknown> = []
      const { url } = yield* dashboard({
        observe,
        profile: (options) => Effect.sync(() => (asked.push(options), profile([executor])))
      })
      const get = (query: string) => request(`${url}api/profile?${query}`, { headers: bearer })
      assert.strictEqual((yield* get("last=json")).status, 404)
      const { body } = yield* get("seconds=2&interval=500&worker=one")
      assert.deepInclude(JSON.parse(body), { at: 1, millis: 2000 })
      const speedscope = yield* get("last=speedscope")
      assert.match(String(speedscope.headers["content-disposition"]), /attachment; filename="creel.speedscope.json"/)
      assert.include(speedscope.body, "\"hash\"")
      assert.include((yield* get("last=cpuprofile")).body, "timeDeltas")
      assert.strictEqual((yield* get("as=what")).status, 400)
      assert.include((yield* get("seconds=-3&interval=x&as=cpuprofile")).body, "timeDeltas")
      assert.deepStrictEqual(asked, [
        { millis: 2000, interval: 500, worker: "one" },
        { millis: 5000, interval: 1000, worker: undefined }
      ])
    }))

  it.scopedLive("that show nothing say why", () =>
    Effect.gen(function*() {
      const { url } = yield* dashboard({
        observe,
        profile: () => Effect.succeed(profile([{ ...executor, problem: "it is asleep" }]))
      })
      const { body, status } = yield* request(`${url}api/profile`, { headers: bearer })
      assert.deepStrictEqual([status, body], [409, "Nothing was profiled: e: it is asleep.\n"])
    }))
})

describe("changes", () => {
  it.scopedLive("are for operators alone, and sent as what no form can send", () =>
    Effect.gen(function*() {
      const asked: Array<unknown> = []
      const cancel = (keys: ReadonlyArray<string>) => Effect.sync(() => (asked.push(keys), keys))
      const send = (url: string, type: string, body: string) =>
        Effect.map(
          request(`${url}api/cancel`, { method: "POST", headers: { ...bearer, "content-type": type }, body }),
          ({ status }) => status
        )
      const observer = yield* dashboard({ observe, cancel })
      assert.strictEqual(yield* send(observer.url, "application/json", "{\"key\":\"k\"}"), 404)
      const operator = yield* dashboard({ observe, cancel }, { role: "operator" })
      assert.strictEqual(yield* send(operator.url, "text/plain", "{\"key\":\"k\"}"), 415)
      assert.strictEqual(yield* send(operator.url, "application/json", "{"), 400)
      assert.strictEqual(yield* send(operator.url, "application/json", "x".repeat(20_000)), 400)
      assert.deepStrictEqual(asked, [])
      assert.strictEqual(yield* send(operator.url, "application/json", "{\"key\":\"k\"}"), 200)
      assert.deepStrictEqual(asked, [["k"]])
    }))
})

describe("the stream", () => {
  it.scopedLive("asks nothing while nobody looks, and once for all who do", () =>
    Effect.gen(function*() {
      let asked = 0
      const counting = () => Effect.sync(() => glance(1000 + 200 * asked++))
      const { url, viewers } = yield* dashboard({ observe: counting }, { every: 5 })
      assert.strictEqual(asked, 0)
      const [one, other] = [yield* viewer(url), yield* viewer(url)]
      const [a, b] = [yield* one.next, yield* other.next]
      assert.strictEqual(yield* viewers, 2)
      assert.strictEqual(a.epoch, b.epoch)
      const before = asked
      for (let n = 0; n < 20; n++) yield* one.next
      // What one viewer has read of twenty turns, the scheduler was asked for in as many, and a few on their way.
      const turns = asked - before
      const times = new Set<number>()
      for (let n = 0; n < 20; n++) times.add((yield* other.next).now.now)
      assert.strictEqual(times.size, 20)
      assert.isAtLeast(turns + 3, 20)
      one.leave()
      other.leave()
      yield* Effect.repeat(Effect.zipRight(request(`${url}healthz`), viewers), { until: (n) => n === 0 })
      const then = asked
      for (let n = 0; n < 30; n++) yield* request(`${url}healthz`)
      // One may have been on its way.
      assert.isAtMost(asked - then, 1)
    }))

  it.scopedLive("begins where a viewer left it, and says so when the scheduler is silent", () =>
    Effect.gen(function*() {
      let silent = false
      let n = 0
      const sometimes = () => silent ? Effect.never : Effect.sync(() => glance(1000 + 200 * n++))
      const { url } = yield* dashboard({ observe: sometimes }, { every: 5 })
      const first = yield* viewer(url)
      assert.isTrue((yield* first.next).now.reached)
      silent = true
      const later = yield* Effect.repeat(first.next, { until: (frame: any) => frame.now.reached === false })
      assert.isFalse(later.now.reached)
    }))

  it.scopedLive("is for so many viewers", () =>
    Effect.gen(function*() {
      const { url } = yield* dashboard({ observe }, { viewers: 1 })
      const one = yield* viewer(url)
      yield* one.next
      assert.strictEqual((yield* request(`${url}api/stream`, { headers: bearer })).status, 503)
    }))
})

describe("the address", () => {
  it.scopedLive("that is taken is named by the error", () =>
    Effect.gen(function*() {
      const { url } = yield* dashboard({ observe })
      const port = Number(new URL(url).port)
      const error = yield* Effect.flip(dashboard({ observe }, { port }))
      assert.strictEqual(error._tag, "DashboardError")
      assert.strictEqual(error.reason, "PortTaken")
      assert.include(error.message, `127.0.0.1:${port}`)
    }))

  it.live("is free again when the scope has closed", () =>
    Effect.gen(function*() {
      const port = yield* Effect.scoped(Effect.map(dashboard({ observe }), ({ url }) => Number(new URL(url).port)))
      yield* Effect.scoped(dashboard({ observe }, { port }))
    }))
})

describe("the page", () => {
  it("is one script and one style of at most 60 KB together, as they cross", () => {
    const size = (name: string) =>
      gzipSync(readFileSync(new URL(`../dist/assets/${name}`, import.meta.url)), { level: 9 }).length
    assert.isBelow(size("app.mjs") + size("app.css") + size("index.html"), 60_000)
  })

  it("says nothing as HTML, and asks nothing of other places", () => {
    const script = readFileSync(new URL("../dist/assets/app.mjs", import.meta.url), "utf8")
    for (const word of ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("]) {
      assert.notInclude(script, word)
    }
    assert.deepStrictEqual(script.match(/https?:\/\/[^"'`\s]+/g), ["http://www.w3.org/2000/svg"])
  })
})
