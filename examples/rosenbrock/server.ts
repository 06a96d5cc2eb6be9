// A page on this machine alone: a few files, and what happens as server-sent events.
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export interface Page {
  readonly url: string
  /** Tells those who look now, and those who come later. */
  readonly tell: (event: string, data: unknown) => void
  /** How many are looking. */
  readonly watchers: () => number
}

const files: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/page.js": ["page.js", "text/javascript; charset=utf-8"],
  "/style.css": ["style.css", "text/css; charset=utf-8"]
}

const headers = (type: string) => ({
  "content-type": type,
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
})

/** A page elsewhere could have its name lead here: only these names are ours. */
const isOurs = (host: string | undefined) => /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host ?? "")

const make = (picture: string) => {
  const watchers = new Set<ServerResponse>()
  const said: Array<string> = []
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost")
    const found = files[pathname]
    if (!isOurs(request.headers.host)) {
      response.writeHead(421).end()
    } else if (request.method !== "GET") {
      response.writeHead(405, { allow: "GET" }).end()
    } else if (found !== undefined) {
      const [file, type] = found
      response.writeHead(200, headers(type)).end(readFileSync(new URL(`../public/${file}`, import.meta.url)))
    } else if (pathname === "/picture.svg") {
      response.writeHead(200, headers("image/svg+xml")).end(picture)
    } else if (pathname === "/events") {
      response.writeHead(200, headers("text/event-stream")).write(`:\n\n${said.join("")}`)
      watchers.add(response)
      response.on("close", () => watchers.delete(response))
    } else response.writeHead(404).end()
  })
  const tell = (event: string, data: unknown) => {
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
    said.push(text)
    for (const watcher of watchers) watcher.write(text)
  }
  return { server, tell, watchers: () => watchers.size }
}

/** Port 0: any that is free. Closes with its scope. */
export const serve = (picture: string, port: number) =>
  Effect.acquireRelease(
    Effect.async<Page & { readonly close: () => void }, Error>((resume) => {
      const { server, tell, watchers } = make(picture)
      server.on("error", (error) => resume(Effect.fail(error)))
      server.listen(port, "127.0.0.1", () => {
        // An address of a server that listens on a port is an AddressInfo.
        const { port } = server.address() as AddressInfo
        const close = () => {
          server.close()
          server.closeAllConnections()
        }
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}/`, tell, watchers, close }))
      })
    }),
    (page) => Effect.sync(page.close)
  )
