import { Bag } from "@creel/collections"
import { assert, describe, it } from "@effect/vitest"
import { LocalCluster, Task } from "creel"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as fs from "node:fs"
import * as http from "node:http"
import * as path from "node:path"
import * as zlib from "node:zlib"
import { compute } from "./utils/compute.js"
import { directory, onCluster, put, tree } from "./utils/files.js"

const get = <A, E>(bag: Bag.Bag<A, E>) => Effect.flatten(compute(bag))

/** What lines are, said in another way. */
const linesOf = (text: string): Array<string> => {
  const lines = (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).split(/\r?\n/)
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines
}

const texts = FastCheck.array(
  FastCheck.oneof(
    FastCheck.constantFrom("\n", "\r\n", "\n\n", "é", "日本", "😀", "word "),
    FastCheck.fullUnicodeString({ maxLength: 5 })
  ),
  { maxLength: 30 }
).map((parts) => parts.join(""))

const cases = (count: number) =>
  FastCheck.sample(
    FastCheck.record({
      files: FastCheck.array(FastCheck.record({ text: texts, gzip: FastCheck.boolean() }), {
        minLength: 1,
        maxLength: 4
      }),
      blockSize: FastCheck.integer({ min: 1, max: 60 }),
      filesPerPartition: FastCheck.option(FastCheck.integer({ min: 1, max: 3 }), { nil: undefined })
    }),
    { numRuns: count, seed: 4 }
  )

describe("text files", () => {
  it.scopedLive("any texts, cut anywhere, are the lines of the texts", () =>
    Effect.gen(function*() {
      const dir = yield* directory
      for (const [n, { blockSize, files, filesPerPartition }] of cases(20).entries()) {
        const names = files.map(({ gzip }, i) => `${n}/${i}.txt${gzip ? ".gz" : ""}`)
        yield* put(
          dir,
          Object.fromEntries(files.map(({ gzip, text }, i) => [names[i]!, gzip ? zlib.gzipSync(text) : text]))
        )
        const expected = files.flatMap(({ text }, i) => linesOf(text).map((line) => [line, path.join(dir, names[i]!)]))
        const bag = Bag.textFiles(`${dir}/${n}/*`, { blockSize, filesPerPartition, includePath: true })
        assert.deepStrictEqual(yield* get(bag), expected as Array<[string, string]>)
        const lines = Bag.textFiles(names.map((name) => path.join(dir, name)), { blockSize })
        assert.deepStrictEqual(yield* get(lines), expected.map(([line]) => line!))
        assert.strictEqual(yield* Effect.flatten(compute(Bag.count(lines))), expected.length)
      }
    }).pipe(onCluster()))

  it.scopedLive("patterns find what they match, in the order of the paths", () =>
    Effect.gen(function*() {
      const dir = yield* directory
      const names = [
        "a.txt",
        "b.txt",
        "c.log",
        "deep/a.txt",
        "deep/er/d.txt",
        ".hidden.txt",
        "deep/.no/e.txt",
        "[x].txt"
      ]
      yield* put(dir, Object.fromEntries(names.map((name) => [name, `${name}\n`])))
      const found = (pattern: string) => get(Bag.textFiles(`${dir}/${pattern}`))
      assert.deepStrictEqual(yield* found("*.txt"), ["[x].txt", "a.txt", "b.txt"])
      assert.deepStrictEqual(yield* found("**/*.txt"), ["[x].txt", "a.txt", "b.txt", "deep/a.txt", "deep/er/d.txt"])
      assert.deepStrictEqual(yield* found("{b.txt,c.*}"), ["b.txt", "c.log"])
      assert.deepStrictEqual(yield* found("d*/?.txt"), ["deep/a.txt"])
      assert.deepStrictEqual(yield* found("deep/**"), ["deep/a.txt", "deep/er/d.txt"])
      assert.deepStrictEqual(yield* found("\\[x\\].txt"), ["[x].txt"])
      const missing = yield* Effect.flip(found("*.csv"))
      assert.deepInclude(missing, { _tag: "ReadError", reason: "NoMatch", path: `${dir}/*.csv` })
    }).pipe(onCluster()))

  it.scopedLive("what cannot be read is a typed error that says where and what to do", () =>
    Effect.gen(function*() {
      const dir = yield* directory
      yield* put(dir, { "plain.txt": "text\n", "cut.txt.gz": zlib.gzipSync("x".repeat(10_000)).subarray(0, 30) })
      const failure = (name: string, options?: Bag.FilesOptions) =>
        Effect.flip(get(Bag.textFiles(path.join(dir, name), options)))
      const check = (error: unknown, reason: Bag.FileReason) => {
        assert.instanceOf(error, Bag.ReadError)
        assert.strictEqual((error as Bag.ReadError).reason, reason)
        assert.include((error as Bag.ReadError).message, "What to do: ")
      }
      check(yield* failure("nothing.txt"), "NotFound")
      check(yield* failure("."), "NotAFile")
      check(yield* failure("plain.txt", { gzip: true }), "BadData")
      check(yield* failure("cut.txt.gz"), "BadData")
      check(yield* failure("plain.txt", { encoding: "klingon" }), "BadEncoding")
      // One that went between the looking and the reading.
      const bag = Bag.textFiles(path.join(dir, "plain.txt"))
      assert.deepStrictEqual(yield* get(bag), ["text"])
      fs.rmSync(path.join(dir, "plain.txt"))
      check(yield* Effect.flip(get(bag.pipe(Bag.filter((line) => line !== "")))), "NotFound")
    }).pipe(onCluster()))

  it.scopedLive("without a file system, the error says how to give one", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(get(Bag.textFiles("any.txt")))
      assert.deepInclude(error, { _tag: "ReadError", reason: "NoFileSystem", path: "any.txt" })
      assert.include(error.message, "NodeContext.layer")
      const unwritten = yield* Effect.flip(Effect.flatten(compute(Bag.toTextFiles(Bag.make("a"), "any.txt"))))
      assert.deepInclude(unwritten, { _tag: "WriteError", reason: "NoFileSystem" })
    }).pipe(Effect.provide(LocalCluster.layer({ tasks: Bag.tasks }))))

  it.scopedLive("other encodings", () =>
    Effect.gen(function*() {
      const dir = yield* directory
      yield* put(dir, {
        "wide.txt": Buffer.from("\ufeffäöü\n日本\r\nend", "utf16le"),
        "latin.txt": Buffer.from("äöü\nß", "latin1")
      })
      const read = (name: string, encoding: string) =>
        get(Bag.textFiles(path.join(dir, name), { encoding, blockSize: 3 }))
      assert.deepStrictEqual(yield* read("wide.txt", "utf-16le"), ["äöü", "日本", "end"])
      assert.deepStrictEqual(yield* read("latin.txt", "latin1"), ["äöü", "ß"])
    }).pipe(onCluster()))
})

class User extends Schema.Class<User>("User")({ name: Schema.String, born: Schema.Date }) {}

const seen: Array<unknown> = []
const see = Task.sync("see", (x: unknown) => {
  seen.push(x)
  return x
})
const users = Bag.decoder("users", User)
const effectful = Task.make(
  "effectful",
  (json: unknown) => json === 3 ? Effect.fail("three") : Effect.as(Effect.yieldNow(), [json])
)

describe("JSON lines", () => {
  it.scopedLive("by a Schema, whose values cross as what they are", () =>
    Effect.gen(function*() {
      const dir = yield* directory
      yield* put(dir, { "u.jsonl": `{"name":"Ada","born":"1815-12-10"}\n\n{"name":"Alan","born":"1912-06-23"}` })
      const bag = Bag.jsonLines(path.join(dir, "u.jsonl"), { decoder: users, blockSize: 10 })
      const all = yield* get(bag)
      assert.isTrue(all.every((user) => user instanceof User))
      assert.deepStrictEqual(all.map((user) => [user.name, user.born.getUTCFullYear()]), [["Ada", 1815], [
        "Alan",
        1912
      ]])
      assert.deepStrictEqual(yield* get(Bag.filter(bag, (user) => user.born.getTime() < 0)), all)
    }).pipe(onCluster(users)))

  it.scopedLive("a bad line is named by file and line, wherever the blocks begin", () =>
    Effect.gen(function*() {
      const dir = yield* directory
      const file = path.join(dir, "n.jsonl")
      const lines = Array.from({ length: 50 }, (_, n) => n === 30 ? "{oops" : `{"n":${n}}`)
      yield* put(dir, { "n.jsonl": lines.join("\r\n") })
      for (let blockSize = 1; blockSize < 500; blockSize += 61) {
        const error = yield* Effect.flip(get(Bag.jsonLines(file, { blockSize })))
        assert.instanceOf(error, Bag.BadLine)
        assert.deepInclude(error, { path: file, line: 31, text: "{oops" })
        assert.include(error.message, `${file}:31: `)
      }
    }).pipe(onCluster()))

  it.scopedLive("a decoder may be an Effect", () =>
    Effect.gen(function*() {
      const dir = yield* directory
      yield* put(dir, { "a.jsonl": "1\n\n2\n", "b.jsonl": "1\n3\n" })
      const read = (name: string) => get(Bag.jsonLines(path.join(dir, name), { decoder: effectful }))
      assert.deepStrictEqual(yield* read("a.jsonl"), [[1], [2]])
      assert.deepInclude(yield* Effect.flip(read("b.jsonl")), { _tag: "BadLine", line: 2, text: "3", detail: "three" })
    }).pipe(onCluster(effectful)))

  it.scopedLive("of a large file, only what is taken is read", () =>
    Effect.gen(function*() {
      const dir = yield* directory
      yield* put(dir, { "big.jsonl": `${`{"x":1}\n`.repeat(500_000)}oops\n` })
      const bag = Bag.jsonLines(path.join(dir, "big.jsonl")).pipe(Bag.map(see))
      assert.deepStrictEqual(yield* Effect.flatten(compute(Bag.take(bag, 2))), [{ x: 1 }, { x: 1 }])
      assert.strictEqual(seen.length, 2)
    }).pipe(onCluster(see)))
})

/** A server of this machine, and its address. */
const served = (answer: http.RequestListener) =>
  Effect.acquireRelease(
    Effect.async<http.Server>((resume) => {
      const server = http.createServer(answer).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.async<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  ).pipe(Effect.map((server) => `http://127.0.0.1:${(server.address() as { readonly port: number }).port}`))

describe("addresses", () => {
  it.scopedLive("are read by the workers, a partition each", () =>
    Effect.gen(function*() {
      const address = yield* served((request, response) => {
        if (request.url === "/a.txt") response.end("1\n2\n")
        else if (request.url === "/b.txt.gz?x") response.end(zlib.gzipSync("3\nvier"))
        else response.writeHead(404).end("no\n")
      })
      const bag = Bag.fromUrl([`${address}/a.txt`, new URL(`${address}/b.txt.gz?x`)])
      assert.strictEqual(bag.partitions, 2)
      assert.deepStrictEqual(yield* get(bag), ["1", "2", "3", "vier"])
      const error = yield* Effect.flip(get(Bag.fromUrl(`${address}/c.txt`)))
      assert.deepInclude(error, { _tag: "ReadError", reason: "Http", path: `${address}/c.txt` })
      assert.include(error.message, "404")
    }).pipe(onCluster()))
})

const even = Task.make("even", (x: string) => Number(x) === 7 ? Effect.fail("seven") : Effect.succeed(x))

describe("files written", () => {
  it.scopedLive("hold what was in the bag, and are read again as it was", () =>
    Effect.gen(function*() {
      const dir = yield* directory
      const words = Array.from({ length: 12 }, (_, n) => `wörd ${n} 😀`)
      for (const ending of ["txt", "txt.gz"]) {
        const bag = Bag.fromIterable(words, { partitions: 11 })
        const paths = yield* Effect.flatten(compute(Bag.toTextFiles(bag, `${dir}/new/${ending}/*.${ending}`)))
        assert.deepStrictEqual(
          paths,
          Array.from({ length: 11 }, (_, n) => `${dir}/new/${ending}/${String(n).padStart(2, "0")}.${ending}`)
        )
        assert.deepStrictEqual(yield* get(Bag.textFiles(paths)), words)
      }
      const json = [{ a: [1, "x"] }, null, "zwei\nlines", { b: { c: -1.5 } }]
      const paths = yield* Effect.flatten(
        compute(Bag.toJsonLines(Bag.fromIterable(json, { partitions: 2 }), `${dir}/json/`))
      )
      assert.deepStrictEqual(paths, [`${dir}/json/part-0.jsonl`, `${dir}/json/part-1.jsonl`])
      assert.deepStrictEqual(yield* get(Bag.jsonLines(`${dir}/json/*`)), json)
      const none = yield* Effect.flip(Effect.flatten(compute(Bag.toJsonLines(Bag.make(undefined), `${dir}/none`))))
      assert.deepInclude(none, { _tag: "WriteError", reason: "BadData" })
    }).pipe(onCluster()))

  it.scopedLive("any lines, in any partitions, large ones too", () =>
    Effect.gen(function*() {
      const dir = yield* directory
      const line = FastCheck.fullUnicodeString({ maxLength: 12 }).map((line) => line.replace(/[\r\n\ufeff]/g, " "))
      const samples = FastCheck.sample(FastCheck.array(line, { maxLength: 30 }), { numRuns: 15, seed: 5 })
      samples.push(Array.from({ length: 60_000 }, (_, n) => `line ${n}`))
      for (const [n, lines] of samples.entries()) {
        const bag = Bag.fromIterable(lines, { partitions: 3 })
        yield* Effect.flatten(compute(Bag.toTextFiles(bag, `${dir}/${n}/*.txt`, { gzip: n % 2 === 1 })))
        assert.deepStrictEqual(
          yield* get(Bag.textFiles(`${dir}/${n}/*`, { gzip: n % 2 === 1, blockSize: 50_000 })),
          lines
        )
      }
    }).pipe(onCluster()))

  it.scopedLive("are whole or not there: what fails leaves nothing", () =>
    Effect.gen(function*() {
      const dir = yield* directory
      yield* put(dir, { "out/1.txt": "as it was\n" })
      const bag = Bag.make("1", "7").pipe(Bag.map(even))
      const error = yield* Effect.flip(Effect.flatten(compute(Bag.toTextFiles(bag, `${dir}/out/*.txt`))))
      assert.strictEqual(error, "seven")
      assert.notInclude(tree(dir).join(), ".tmp")
      assert.strictEqual(fs.readFileSync(`${dir}/out/1.txt`, "utf8"), "as it was\n")
      yield* put(dir, { file: "" })
      const blocked = yield* Effect.flip(Effect.flatten(compute(Bag.toTextFiles(Bag.make("a"), `${dir}/file/*.txt`))))
      assert.instanceOf(blocked, Bag.WriteError)
    }).pipe(onCluster(even)))

  it.scopedLive("nor does what is stopped", () =>
    Effect.gen(function*() {
      const dir = yield* directory
      const reached = yield* Deferred.make<void>()
      const waiting = Task.make("waiting", (x: string) =>
        x === "stop" ? Effect.zipRight(Deferred.succeed(reached, void 0), Effect.never) : Effect.succeed(x))
      yield* Effect.gen(function*() {
        // Enough for some of it to be in the file already.
        const lines = [
          ...Array.from({ length: 20_000 }, (_, n) =>
            `line ${n}`),
          "stop"
        ]
        const bag = Bag.fromIterable(lines, { partitions: 1 }).pipe(Bag.map(waiting))
        const writing = Effect.scoped(Effect.flatten(compute(Bag.toTextFiles(bag, `${dir}/*.txt.gz`))))
        const fiber = yield* Effect.fork(writing)
        yield* Deferred.await(reached)
        assert.lengthOf(tree(dir), 1)
        assert.match(tree(dir)[0]!, /^\.0\.txt\.gz\..*\.tmp$/)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(tree(dir), [])
      }).pipe(onCluster(waiting))
    }))

  it.scopedLive("the lazy partitions of a bag are its partitions", () =>
    Effect.gen(function*() {
      const parts = yield* Bag.toDelayed(Bag.range(0, 6, { partitions: 3 }).pipe(Bag.map((x) => x * x)))
      const values = yield* Effect.forEach(parts, (part) => Effect.flatten(compute(part)))
      assert.deepStrictEqual(values, [[0, 1], [4, 9], [16, 25]])
      assert.deepStrictEqual(yield* get(Bag.fromDelayed(parts.slice(1))), [4, 9, 16, 25])
    }).pipe(onCluster()))
})
