// The wall between the packages: who may import whom, and what of Effect and of Node.
import { builtinModules } from "node:module"
import * as path from "node:path"
import { assert, describe, it } from "vitest"
import { all, excused, files, imports, json, packageOf, parse, read, root } from "./source.mjs"

/** Modules of effect that are data: no fiber, no layer, no runtime, no clock behind them. */
const data = new Set(
  `Array BigDecimal BigInt Boolean Brand Cause Chunk Data Differ Duration Either Encoding Equal Equivalence Exit FiberId
  Function Hash HashMap HashSet HKT Inspectable Iterable JSONSchema List Match ModuleVersion MutableHashMap MutableHashSet
  MutableList MutableQueue MutableRef NonEmptyIterable Number Option Order Ordering ParseResult Pipeable Predicate
  PrimaryKey Record RedBlackTree Redacted RegExp Schema SchemaAST SortedMap SortedSet String Struct Symbol Trie Tuple Types
  Unify Utils`.split(/\s+/)
)

const house = {
  core: { own: [], effect: ["effect"], data: true, thirdParty: false },
  actor: { own: [], effect: ["effect", "@effect/rpc", "@effect/platform"] },
  creel: { own: ["core", "actor"], effect: ["effect", "@effect/platform", "@effect/rpc"] },
  collections: { own: ["creel"], effect: ["effect", "@effect/platform"] },
  node: {
    own: ["core", "actor", "creel"],
    effect: ["effect", "@effect/platform", "@effect/rpc", "@effect/platform-node"],
    builtins: true
  },
  cluster: {
    own: ["core", "actor", "creel", "node"],
    effect: [
      "effect",
      "@effect/platform",
      "@effect/rpc",
      "@effect/platform-node",
      "@effect/cluster",
      "@effect/sql",
      "@effect/sql-mysql2",
      "@effect/sql-pg"
    ],
    builtins: true
  },
  dashboard: { own: ["core", "creel"], effect: ["effect", "@effect/platform"], builtins: true },
  cli: {
    own: ["creel", "node", "cluster", "dashboard"],
    effect: [
      "effect",
      "@effect/cli",
      "@effect/platform",
      "@effect/platform-node",
      "@effect/sql",
      "@effect/sql-mysql2",
      "@effect/sql-pg"
    ],
    builtins: true
  },
  testkit: { own: ["core"], effect: ["effect"] }
}

const builtins = new Set(builtinModules)
const byName = new Map(all.map((each) => [each.json.name, each]))

const brokenBy = (each, rule, file, used) => {
  const { line, specifier } = used
  const at = `${file}:${line} imports "${specifier}"`
  if (specifier.startsWith(".")) {
    const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier))
    return target.startsWith(`${each.dir}/src/`) ? undefined : `${at}: that is outside of ${each.dir}/src`
  }
  const name = packageOf(specifier)
  if (specifier.startsWith("node:") || builtins.has(name)) {
    return rule.builtins || file.startsWith(`${each.dir}/src/bin/`)
      ? undefined
      : `${at}: ${each.json.name} knows nothing of Node`
  }
  if (name === each.json.name) return `${at}: a package imports itself by path`
  if (byName.has(name)) {
    const other = byName.get(name)
    if (!rule.own.includes(other.short)) return `${at}: the arrow ${each.short} -> ${other.short} is not in the house`
    if (specifier.includes("/internal/")) return `${at}: internal modules are ${name}'s own`
    return other.json.name in (each.json.dependencies ?? {}) ? undefined : `${at}: not in ${each.dir}/package.json`
  }
  if (name === "effect" || name.startsWith("@effect/")) {
    if (!rule.effect.includes(name)) return `${at}: the arrow ${each.short} -> ${name} is not in the house`
    if (rule.data && !data.has(specifier.slice("effect/".length))) return `${at}: core uses data modules of effect only`
    return name in (each.json.peerDependencies ?? {}) ? undefined : `${at}: not among the peerDependencies`
  }
  if (rule.thirdParty === false) return `${at}: ${each.json.name} has no third party`
  return name in (each.json.dependencies ?? {}) ? undefined : `${at}: not among the dependencies of ${each.json.name}`
}

describe.each(all)("the arrows of $short", (each) => {
  const rule = house[each.short]

  it("stand in the table", () => {
    assert.isDefined(rule, `packages/${each.short} is not in the table of scripts/test/arrows.test.mjs`)
  })

  it("hold for every import", () => {
    const broken = files(`${each.dir}/src`).flatMap((file) =>
      imports(parse(file)).map((used) => brokenBy(each, rule, file, used)).filter((sentence) => sentence !== undefined)
    )
    assert.deepStrictEqual(broken, [])
  })

  it("hold for package.json", () => {
    const broken = Object.keys({ ...each.json.dependencies, ...each.json.peerDependencies }).filter((name) =>
      byName.has(name)
        ? !rule.own.includes(byName.get(name).short)
        : name === "effect" || name.startsWith("@effect/")
        ? !rule.effect.includes(name)
        : rule.thirdParty === false
    )
    assert.deepStrictEqual(broken, [], "dependencies that are not in the house")
  })

  it("hold for the project references", () => {
    const references = json(`${each.dir}/tsconfig.src.json`).references.map((reference) =>
      path.basename(path.dirname(path.join(root, each.dir, reference.path)))
    )
    const declared = Object.keys(each.json.dependencies ?? {})
      .filter((name) => byName.has(name))
      .map((name) => byName.get(name).short)
    assert.deepStrictEqual(
      references.sort(),
      declared.sort(),
      "tsconfig.src.json and package.json name the same packages"
    )
  })
})

describe("the floors of the scheduler", () => {
  const floors = [["rows"], ["books"], ["settle"], ["record", "plan"], ["ask"]]
  const dir = "packages/core/src/scheduler"
  const roomOf = (file) => path.posix.relative(dir, file).split("/")[0]
  const floorOf = (file) => floors.findIndex((rooms) => rooms.includes(roomOf(file)))

  it("are all of its rooms, and none imports from above or beside", () => {
    const inRooms = files(dir).filter((file) => path.posix.dirname(file) !== dir)
    assert.deepStrictEqual([...new Set(inRooms.map(roomOf))].sort(), floors.flat().sort())
    const broken = inRooms.flatMap((file) =>
      imports(parse(file))
        .map(({ line, specifier }) => ({ line, target: path.posix.join(path.posix.dirname(file), specifier) }))
        .filter(({ target }) => floorOf(target) >= floorOf(file) && roomOf(target) !== roomOf(file))
        .map(({ line, target }) => `${file}:${line} imports ${target}`)
    )
    assert.deepStrictEqual(broken, [])
  })
})

describe("the files of each package", () => {
  // Imports of types alone leave no trace in what runs, and may go in circles. Two functions that call each other, and run
  // nothing while loading, may with a reason: `// house: <reason>` above the import.
  it("import each other in no circle", () => {
    const circles = []
    for (const each of all) {
      const graph = new Map(
        files(`${each.dir}/src`).map((file) => [
          file,
          imports(parse(file))
            .filter((used) => !used.typeOnly && used.specifier.startsWith("."))
            .filter((used) => !excused(read(file), used.line))
            .map((used) => path.posix.join(path.posix.dirname(file), used.specifier.replace(/\.js$/, ".ts")))
        ])
      )
      const done = new Set()
      const visit = (file, trail) => {
        const start = trail.indexOf(file)
        if (start >= 0) {
          circles.push([...trail.slice(start), file].map((one) => path.basename(one)).join(" -> "))
          return
        }
        if (done.has(file)) return
        for (const next of graph.get(file) ?? []) visit(next, [...trail, file])
        done.add(file)
      }
      for (const file of graph.keys()) visit(file, [])
    }
    assert.deepStrictEqual(circles, [])
  })
})
