/**
 * Values of one process read by another: by the data plane of a cluster, and by what Node has for it, in turns. Both end
 * with all bytes in memory: there each buffer in shared memory and its checksums looked at, here in one `Buffer`.
 */
import { Values } from "@creel/cluster"
import * as Payload from "@creel/core/Payload"
import { Effect } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import * as http from "node:http"
import { settle } from "../Measure.js"
import type { Order } from "../Sample.js"
import { emit } from "../Sample.js"

const mebi = 1024 * 1024

/** Mebibytes of a value, and how many are read at once. */
const shapes = [1, 16, 256].flatMap((size) => [1, 4].map((at) => ({ size, at })))

type Read = (size: number) => Promise<number>

/** The bytes that arrived. */
const byHttp = (port: number, agent: http.Agent): Read => async (size) => {
  const request = http.get({ agent, host: "127.0.0.1", port, path: `/${size}` })
  const [response] = (await once(request, "response")) as [http.IncomingMessage]
  const pieces: Array<Buffer> = []
  response.on("data", (piece: Buffer) => pieces.push(piece))
  await once(response, "end")
  return Buffer.concat(pieces).byteLength
}

const byCreel = (reader: Values.Reader, url: string): Read => (size) =>
  Effect.runPromise(Effect.map(
    reader.read({ url, value: String(size), holder: "server", bytes: size * mebi }),
    (payload) => Payload.buffers(payload).reduce((sum, buffer) => sum + buffer.byteLength, 0)
  ))

/** MB/s. */
const rate = async (read: Read, size: number, at: number, count: number): Promise<number> => {
  let left = count
  const started = performance.now()
  await Promise.all(Array.from({ length: at }, async () => {
    while (left-- > 0) {
      const bytes = await read(size)
      if (bytes !== size * mebi) throw new Error(`${bytes} bytes arrived, not ${size * mebi}`)
    }
  }))
  return count * size * mebi / 1e6 / ((performance.now() - started) / 1e3)
}

const compare = async (order: Order, bare: Read, creel: Read): Promise<void> => {
  const total = order.counts["values"] ?? 512 * mebi
  for (const { at, size } of shapes) {
    const count = Math.max(at, Math.round(total / (size * mebi)))
    for (const read of [bare, creel]) await rate(read, size, at, count)
    for (let n = 0; n < order.repeats; n++) {
      await Effect.runPromise(settle)
      // In turns, and each first as often as the other.
      const [first, second] = n % 2 === 0 ? [bare, creel] : [creel, bare]
      const rates = new Map([[first, await rate(first, size, at, count)]])
      rates.set(second, await rate(second, size, at, count))
      const [plain, ours] = [rates.get(bare) ?? NaN, rates.get(creel) ?? NaN]
      emit({ figure: `values-${size}x${at}`, value: ours })
      emit({ figure: `values-${size}x${at}`, subject: "floor", value: plain })
      emit({ figure: `values-${size}x${at}-to-http`, value: ours / plain })
    }
  }
}

export const run = (order: Order): Effect.Effect<void, unknown> =>
  Effect.scoped(Effect.gen(function*() {
    const server = fork(new URL("../workers/valueServer.js", import.meta.url))
    yield* Effect.addFinalizer(() => Effect.sync(() => server.disconnect()))
    const [{ port, url }] = yield* Effect.promise(() =>
      once(server, "message") as Promise<[{ readonly port: number; readonly url: string }]>
    )
    const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
    yield* Effect.addFinalizer(() => Effect.sync(() => agent.destroy()))
    // Room for all that is read at once, as bare HTTP has it.
    const reader = yield* Values.makeReader({ budgets: { total: 4096 * mebi, perPeer: 2048 * mebi } })
    yield* Effect.tryPromise(() => compare(order, byHttp(port, agent), byCreel(reader, url)))
  }))
