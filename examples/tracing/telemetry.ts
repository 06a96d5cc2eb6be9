// The same in the program and in each thread: spans go to a collector, under the name of who made them.
// Module by module: all of the package together would load OpenTelemetry's own SDK, which is not needed here.
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Layer } from "effect"

export const layer = (serviceName: string, endpoint: string) =>
  OtlpTracer.layer({
    url: `${endpoint}/v1/traces`,
    resource: { serviceName },
    exportInterval: "1 second",
    // On a busy machine the last spans need longer than the usual three; the cluster waits for ten (album.ts).
    shutdownTimeout: "8 seconds"
  }).pipe(
    Layer.provide(OtlpSerialization.layerJson),
    Layer.provide(FetchHttpClient.layer)
  )
