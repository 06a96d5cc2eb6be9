// Writes `dist/internal/entry.js` of each published package: what plain Node loads for `import "creel"`.
//
// Modules of Effect 3 that Effect 4 does not have make Node refuse a program while it links it, before a line of ours
// runs. The entry links nothing: it asks for Effect first, says a sentence when it is not the 3 line, and only then loads
// index.js. Its exports must be spelled out, hence a generator; bundlers and types go straight to index (package.json,
// "module" and "types").
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import * as path from "node:path"

/** The names that an index exports as values. Only the forms below are understood, so that none is lost in silence. */
export const exportedNames = (text, file) => {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "")
  const names = []
  const rest = code
    .replace(/export type \* (?:as \w+ )?from "[^"]+";?/g, "")
    .replace(/export \* as (\w+) from "[^"]+";?/g, (_, name) => (names.push(name), ""))
    .replace(/export type \{[^}]*\}(?: from "[^"]+")?;?/g, "")
    .replace(/export \{([^}]*)\} from "[^"]+";?/g, (_, list) => {
      for (const item of list.split(",").map((s) => s.trim()).filter((s) => s !== "" && !s.startsWith("type "))) {
        names.push(item.split(/\s+as\s+/).pop())
      }
      return ""
    })
    .replace(/export \{\s*\};?/g, "")
    .replace(/import "[^"]+";?/g, "")
    .trim()
  if (rest !== "") {
    throw new Error(
      `${file}: an index may hold only \`export * as Name from "./Name.js"\`, \`export { a, b } from\` and type exports; found: ${
        rest.split("\n")[0]
      }`
    )
  }
  return names.sort()
}

export const entryText = (name, version, range, names) =>
  `// Written by scripts/entries.mjs. What plain Node loads for \`import "${name}"\`: it links nothing of Effect, so that
// under another line of Effect the import fails with a sentence instead of a missing file.
const refuse = async (cause) => {
  let found = "none that this package can load"
  try {
    const json = await import(import.meta.resolve("effect/package.json"), { with: { type: "json" } })
    found = \`effect \${json.default.version}\`
  } catch {
    // the sentence does without the number
  }
  throw new Error(
    \`${name} ${version} runs on Effect 3 and found \${found}. \` +
      "Install the 3 line, the same for every @effect package: npm install effect@${range}",
    { cause }
  )
}

const version = await import("effect/ModuleVersion").then((module) => module.getCurrentVersion(), refuse)
if (!version.startsWith("3.")) await refuse(undefined)

const index = await import("../index.js")
${names.map((exported) => `export const ${exported} = index.${exported}\n`).join("")}export {}
`

/** The entry a package should have, or undefined for one that has no index. */
export const expectedEntry = (dir) => {
  const index = path.join(dir, "src", "index.ts")
  if (!existsSync(index)) return undefined
  const json = JSON.parse(readFileSync(path.join(dir, "package.json"), "utf8"))
  const names = exportedNames(readFileSync(index, "utf8"), index)
  return entryText(json.name, json.version, json.peerDependencies.effect.replace("^", ""), names)
}

export const writeEntries = (dirs) => {
  for (const dir of dirs) {
    const text = expectedEntry(dir)
    if (text === undefined) continue
    const file = path.join(dir, "dist", "internal", "entry.js")
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}
