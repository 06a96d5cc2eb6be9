// Passes each connection to a port on to a socket that is a file: `passOn.mjs PORT FILE`.
import * as net from "node:net"

const [port, file] = process.argv.slice(2)

net.createServer((near) => {
  const far = net.connect(file)
  for (const [one, other] of [[near, far], [far, near]]) {
    one.on("error", () => {}).on("close", () => other.destroy())
    one.pipe(other)
  }
}).listen(Number(port), "0.0.0.0", () => console.log("listening"))
