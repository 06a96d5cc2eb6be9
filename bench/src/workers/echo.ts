/**
 * A thread that adds one: to messages, and to the bodies of HTTP requests. It says its port first.
 */
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { parentPort } from "node:worker_threads"

parentPort!.on("message", (numbers: ReadonlyArray<number>) => {
  parentPort!.postMessage(numbers.map((x) => x + 1))
})

const server = http.createServer((request, response) => {
  let text = ""
  request.on("data", (chunk) => {
    text += String(chunk)
  })
  request.on("end", () => response.end(String(Number(text) + 1)))
})

server.listen(0, "127.0.0.1", () => parentPort!.postMessage((server.address() as AddressInfo).port))
