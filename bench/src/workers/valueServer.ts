/**
 * A process that serves the same bytes twice: by the data plane of a cluster, and by a bare HTTP server. It says where.
 */
import { Values } from "@creel/cluster"
import { Effect } from "effect"
import * as http from "node:http"
import type { AddressInfo } from "node:net"

const mebi = 1024 * 1024

const made = new Map<number, SharedArrayBuffer>()

/** So many mebibytes, the same each time. */
const memory = (size: number): SharedArrayBuffer => {
  let found = made.get(size)
  if (found === undefined) {
    found = new SharedArrayBuffer(size * mebi)
    const words = new Uint32Array(found)
    for (let i = 0; i < words.length; i++) words[i] = i
    made.set(size, found)
  }
  return found
}

const payloads = new Map<number, { readonly head: Uint8Array; readonly buffers: ReadonlyArray<SharedArrayBuffer> }>()

const payload = (size: number) => {
  const found = payloads.get(size) ?? { head: new Uint8Array(16), buffers: [memory(size)] }
  payloads.set(size, found)
  return found
}

const bare = http.createServer((request, response) => {
  const bytes = new Uint8Array(memory(Number(request.url?.slice(1))))
  response.writeHead(200, { "content-length": bytes.byteLength })
  response.end(bytes)
})

bare.listen(0, "127.0.0.1", () => {
  const { port } = bare.address() as AddressInfo
  Effect.runFork(Effect.scoped(Effect.gen(function*() {
    const { url } = yield* Values.serve({ find: (value) => Effect.sync(() => payload(Number(value))) })
    process.send?.({ port, url })
    yield* Effect.never
  })))
})

process.once("disconnect", () => process.exit())
