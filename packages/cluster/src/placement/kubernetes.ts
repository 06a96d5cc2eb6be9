/**
 * Who is ill, by Kubernetes' word: `RunnerHealth.layerK8s` of `@effect/cluster`, and the way to Kubernetes from inside a pod.
 * Owned here: that way (address, authority, token).
 *
 * 1. The token is read for each question: Kubernetes replaces it every hour.
 * 2. Where nobody answers in time, nobody is ill for that: silence alone counts.
 */
import * as K8sHttpClient from "@effect/cluster/K8sHttpClient"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as fs from "node:fs"

/** All of it is data. */
export interface Options {
  /** Default: that of this pod. */
  readonly namespace?: string | undefined
  /** Default: all pods of the namespace. */
  readonly labelSelector?: string | undefined
}

/** Where Kubernetes is found. */
export interface Way {
  readonly url: string
  /** A folder with `token`, `ca.crt` and `namespace`. */
  readonly account: string
}

const inPod: Way = { url: "https://kubernetes.default.svc", account: "/var/run/secrets/kubernetes.io/serviceaccount" }

/** Its text, or nothing where it cannot be read. */
const text = (file: string): string | undefined => {
  try {
    return fs.readFileSync(file, "utf8").trim()
  } catch {
    return undefined
  }
}

const answersWithin = "5 seconds"

const clientOf = (way: Way): Layer.Layer<K8sHttpClient.K8sHttpClient> => {
  const ca = text(`${way.account}/ca.crt`)
  const agent = NodeHttpClient.makeAgentLayer(ca === undefined ? {} : { ca })
  return Layer.effect(
    K8sHttpClient.K8sHttpClient,
    Effect.map(HttpClient.HttpClient, (client) =>
      client.pipe(
        HttpClient.mapRequest((request) => {
          const token = text(`${way.account}/token`)
          const there = HttpClientRequest.prependUrl(request, `${way.url}/api`)
          return token === undefined ? there : HttpClientRequest.bearerToken(there, token)
        }),
        HttpClient.filterStatusOk,
        HttpClient.transform((answer, request) =>
          Effect.timeoutFail(answer, {
            duration: answersWithin,
            onTimeout: () =>
              new HttpClientError.RequestError({
                request,
                reason: "Transport",
                description: `Kubernetes did not answer within ${answersWithin}`
              })
          })
        )
      ))
  ).pipe(Layer.provide(NodeHttpClient.layerWithoutAgent), Layer.provide(agent))
}

/** A node whose pod Kubernetes does not know, or takes for not ready, is ill. */
export const layer = (options: Options, way: Way = inPod): Layer.Layer<RunnerHealth.RunnerHealth> =>
  Layer.provide(
    RunnerHealth.layerK8s({ ...options, namespace: options.namespace ?? text(`${way.account}/namespace`) }),
    clientOf(way)
  )
