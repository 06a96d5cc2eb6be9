// Stands in for a collector: takes spans by OTLP over HTTP, as JSON, and keeps them. For looking at, not for keeping.
import { Effect } from "effect"
import * as http from "node:http"
import type { AddressInfo } from "node:net"

/** Of a span, what is looked at here. */
export interface Span {
  readonly service: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly start: number
  readonly millis: number
}

interface Export {
  readonly resourceSpans: ReadonlyArray<{
    readonly resource: {
      readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: { readonly stringValue?: string } }>
    }
    readonly scopeSpans: ReadonlyArray<{
      readonly spans: ReadonlyArray<{
        readonly traceId: string
        readonly spanId: string
        readonly parentSpanId?: string
        readonly name: string
        readonly startTimeUnixNano: string
        readonly endTimeUnixNano: string
      }>
    }>
  }>
}

const spansOf = ({ resourceSpans }: Export): ReadonlyArray<Span> =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = resource.attributes.find(({ key }) => key === "service.name")?.value.stringValue ?? ""
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ endTimeUnixNano, name, parentSpanId, spanId, startTimeUnixNano, traceId }) => ({
        service,
        traceId,
        spanId,
        parentSpanId,
        name,
        start: Number(startTimeUnixNano) / 1e6,
        millis: Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6
      }))
    )
  })

/** Listens for as long as the scope is open. */
export const make = Effect.acquireRelease(
  Effect.async<{ readonly endpoint: string; readonly spans: ReadonlyArray<Span>; readonly server: http.Server }>(
    (resume) => {
      const spans: Array<Span> = []
      const server = http.createServer((request, response) => {
        let body = ""
        request.setEncoding("utf8").on("data", (part: string) => body += part).on("end", () => {
          if (request.url === "/v1/traces") spans.push(...spansOf(JSON.parse(body) as Export))
          response.writeHead(200, { "content-type": "application/json" }).end("{}")
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        resume(Effect.succeed({ endpoint: `http://127.0.0.1:${port}`, spans, server }))
      })
    }
  ),
  ({ server }) =>
    Effect.async<void>((resume) => {
      server.close(() => resume(Effect.void))
      server.closeAllConnections()
    })
)

/** A trace as text: who is below whom, when it began and how long it took. */
export const draw = (spans: ReadonlyArray<Span>): string => {
  const known = new Set(spans.map(({ spanId }) => spanId))
  const first = Math.min(...spans.map(({ start }) => start))
  const below = (parent: string | undefined, depth: number): ReadonlyArray<string> =>
    spans
      .filter(({ parentSpanId }) => parent === undefined ? !known.has(parentSpanId ?? "") : parentSpanId === parent)
      .sort((a, b) => a.start - b.start)
      .flatMap(({ millis, name, service, spanId, start }) => [
        `${("  ".repeat(depth) + name).padEnd(34)} ${service.padEnd(8)} ${
          `+${(start - first).toFixed(1)} ms`.padStart(10)
        } ${`${millis.toFixed(1)} ms`.padStart(10)}`,
        ...below(spanId, depth + 1)
      ])
  return below(undefined, 0).join("\n")
}
