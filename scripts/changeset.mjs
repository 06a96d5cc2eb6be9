// Writes an empty changeset to fill in: `npm run changeset -- "what users notice"`. The version tool itself is fetched only
// for a release (CONTRIBUTING.md): it is large, and nobody else needs it.
import { existsSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { root } from "./build.mjs"

const sentence = process.argv.slice(2).join(" ").trim()
if (sentence === "" || sentence.startsWith("-")) {
  console.error(
    "changeset: say what users notice: npm run changeset -- \"A future that was lost says which worker held it\""
  )
  process.exit(1)
}
const slug = sentence.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 48).replace(/-$/, "")
const file = path.join(root, ".changeset", `${slug}.md`)
if (existsSync(file)) {
  console.error(`changeset: ${path.relative(root, file)} is there already`)
  process.exit(1)
}
writeFileSync(file, `---\n"creel": patch\n---\n\n${sentence}\n`)
console.log(`changeset: wrote ${path.relative(root, file)}: name the packages and patch, minor or major there`)
