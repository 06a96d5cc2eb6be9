// The folders of examples that can be run: those whose package.json has a script `example`.
import { existsSync, readdirSync, readFileSync } from "node:fs"

for (const name of existsSync("examples") ? readdirSync("examples").sort() : []) {
  const file = `examples/${name}/package.json`
  if (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).scripts?.example !== undefined) {
    console.log(`examples/${name}`)
  }
}
