// npm run picture -w examples/futures: what `npm start` prints, from a run of it, as docs/start.svg.
import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { render } from "./terminal.js"

const { NO_COLOR: _, ...environment } = process.env
const lesson = spawnSync(
  process.execPath,
  [fileURLToPath(new URL("../main.js", import.meta.url)), ...process.argv.slice(2)],
  { encoding: "utf8", env: { ...environment, FORCE_COLOR: "1" }, stdio: ["ignore", "pipe", "inherit"] }
)
if (lesson.status !== 0) throw new Error(`the lesson ended with ${lesson.status ?? lesson.signal}`)

// From examples/futures/dist/picture.
const docs = new URL("../../../../docs/", import.meta.url)
mkdirSync(docs, { recursive: true })
writeFileSync(
  new URL("start.svg", docs),
  render(lesson.stdout.replace(/^\n/, ""), ["npm start", ...process.argv.slice(2)].join(" "))
)
process.stdout.write("docs/start.svg is what the lesson printed\n")
