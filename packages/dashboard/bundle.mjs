// The page, as the package ships it: one script and one style, in dist/assets. Run by scripts/build.mjs after the compiler.
import { build } from "esbuild"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const assets = at("dist/assets/")

mkdirSync(assets, { recursive: true })
const shared = { bundle: true, minify: true, logLevel: "warning", legalComments: "none" }
await build({
  ...shared,
  entryPoints: [at("src/page/main.ts")],
  outfile: `${assets}app.mjs`,
  format: "esm",
  target: ["chrome111", "firefox113", "safari16.4"]
})
await build({ ...shared, entryPoints: [at("src/page/style.css")], outfile: `${assets}app.css` })
for (const name of ["index.html", "icon.svg"]) writeFileSync(`${assets}${name}`, readFileSync(at(`src/page/${name}`)))
