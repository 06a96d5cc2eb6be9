// What operators are told, held against the code: options, variables and numbers that exist, files that are there.
import { existsSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "vitest"
import { parseAllDocuments } from "yaml"
import { files, read, root } from "./source.mjs"

const cli = files("packages/cli/src").map(read).join("\n")
const variables = new Set([...cli.matchAll(/"(CREEL_[A-Z_]+)"/g)].map(([, name]) => name))
const node = read("packages/cli/src/internal/commands/node.ts")
const shared = read("packages/cli/src/internal/options.ts")
const optionsIn = (text) =>
  [...text.matchAll(
    /(?:\b(?:text|optional|integer|bytes|duration)|Options\.(?:boolean|choice|keyValueMap))\(\s*"([a-z-]+)"/g
  )]
    .map(([, name]) => name)
const commands = [...read("packages/cli/src/internal/summaries.ts").matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name)
const page = read("docs/operations.md")

/** Each document of a file, which must parse. */
const yaml = (file) =>
  parseAllDocuments(read(file)).map((document) => {
    assert.deepStrictEqual(document.errors.map(String), [], file)
    return document.toJS()
  })

/** Seconds of `35s`. */
const seconds = (text) => Number(/^(\d+)s$/.exec(text)[1])

const isThere = (file) => existsSync(path.join(root, file))

describe("docs/operations.md", () => {
  it("has every option and variable of `creel node`", () => {
    const options = [...optionsIn(node), ...optionsIn(shared)]
    assert.isAtLeast(options.length, 20)
    assert.deepStrictEqual(options.filter((name) => !page.includes(`\`--${name}\``)), [])
    const own = [...`${node}${shared}`.matchAll(/"(CREEL_[A-Z_]+)"/g)].map(([, name]) => name)
    assert.deepStrictEqual(own.filter((name) => !page.includes(`\`${name}\``)), [])
  })

  it("names no option, variable or command that does not exist", () => {
    const known = new Set([...optionsIn(cli), "log-level", "completions"])
    assert.deepStrictEqual(
      [...page.matchAll(/(?<![\w-])--([a-z][a-z-]+)/g)].map(([, name]) => name).filter((name) => !known.has(name)),
      []
    )
    assert.deepStrictEqual(
      [...page.matchAll(/CREEL_[A-Z_]+/g)].map(([name]) => name).filter((name) => !variables.has(name)),
      []
    )
    assert.deepStrictEqual(
      [...page.matchAll(/`?\bcreel ([a-z]+)\b/g)].map(([, name]) => name).filter((name) => !commands.includes(name)),
      []
    )
  })

  it("has the times that the code has", () => {
    const config = read("packages/core/src/scheduler/config.ts")
    const times = [...page.matchAll(/\| (\d+ s) \| `scheduler\.(\w+)`/g)]
    assert.isAtLeast(times.length, 5)
    for (const [, said, name] of times) {
      const millis = Number(new RegExp(`^ {2}${name}: ([\\d_]+),`, "m").exec(config)[1].replaceAll("_", ""))
      assert.strictEqual(said, `${millis / 1000} s`, name)
    }
    for (const name of page.matchAll(/`scheduler\.(\w+)`/g)) assert.match(config, new RegExp(`readonly ${name[1]}:`))
    assert.match(read("packages/cluster/src/Placement.ts"), /Default 4 seconds; whole seconds/)
    assert.match(read("packages/cluster/src/Links.ts"), /Default: 10 seconds/)
  })

  it("leads to files that are there", () => {
    for (const file of ["docs/operations.md", "deploy/README.md"]) {
      const links = [...read(file).matchAll(/\]\(([^)#:]+)\)/g)].map(([, to]) => path.join(path.dirname(file), to))
      assert.isNotEmpty(links)
      assert.deepStrictEqual(links.filter((to) => !isThere(to)), [])
    }
  })
})

describe("deploy/Dockerfile", () => {
  const lines = read("deploy/Dockerfile").replace(/\\\n/g, " ").split("\n").filter((line) => /^[A-Z]+ /.test(line))
  const said = (word) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))

  it("copies what is there, from stages that are there", () => {
    const stages = said("FROM").flatMap((line) => line.split(" AS ")[1] ?? [])
    const copied = said("COPY").map((line) => line.split(" "))
    for (const [first, ...rest] of copied) {
      const from = /^--from=(\w+)$/.exec(first)?.[1]
      if (from !== undefined) assert.include(stages, from)
      for (const each of (from === undefined ? [first, ...rest] : rest).slice(0, -1)) {
        const file = each.replace(/^\/app\/?/, "")
        assert.isTrue(isThere(file), `${file} is not there`)
      }
    }
  })

  it("runs `creel`, not as root, and ends it by SIGTERM", () => {
    assert.deepStrictEqual(said("USER"), ["node"])
    assert.deepStrictEqual(said("STOPSIGNAL"), ["SIGTERM"])
    const program = JSON.parse(said("ENTRYPOINT")[0])[1]
    assert.isTrue(isThere(program.replace("dist", "src").replace(/js$/, "ts")), program)
    const health = JSON.parse(said("HEALTHCHECK")[0].split("CMD ")[1])
    assert.include(commands, health[2])
    const set = [...said("ENV").join(" ").matchAll(/(CREEL_\w+)=/g)].map(([, name]) => name)
    assert.deepStrictEqual(set.filter((name) => !variables.has(name)), [])
  })

  it("takes no Node that the packages refuse", () => {
    const least = Number(/(\d+)/.exec(JSON.parse(read("package.json")).engines.node)[1])
    for (const image of said("FROM")) assert.isAtLeast(Number(/^node:(\d+)/.exec(image)[1]), least)
  })

  it("is sent neither secrets nor what is built", () => {
    const ignored = read(".dockerignore").split("\n")
    assert.includeMembers(ignored, [".git", "**/node_modules", "**/dist", "*.secret", "*.pem"])
  })
})

describe("deploy/compose.yaml", () => {
  it("sets what exists, and gives nodes longer to end than they take to leave", () => {
    const [{ secrets, services, volumes }] = yaml("deploy/compose.yaml")
    const { environment, secrets: given, stop_grace_period } = services.node
    assert.deepStrictEqual(Object.keys(environment).filter((name) => !variables.has(name)), [])
    assert.isAbove(seconds(stop_grace_period), seconds(environment.CREEL_LEAVE_WITHIN) + 10)
    assert.includeMembers(Object.keys(secrets), [...given, ...services.postgres.secrets])
    assert.includeMembers(Object.keys(volumes), services.postgres.volumes.map((volume) => volume.split(":")[0]))
    assert.isTrue(isThere(path.join("deploy", services.node.build.context, services.node.build.dockerfile)))
  })
})

describe("deploy/kubernetes.yaml", () => {
  const [account, role, binding, deployment, budget, policy] = yaml("deploy/kubernetes.yaml")
  const { spec } = deployment.spec.template
  const [container] = spec.containers

  it("sets what exists, and gives nodes longer to end than they take to leave", () => {
    const set = Object.fromEntries(container.env.map(({ name, value }) => [name, value]))
    assert.deepStrictEqual(Object.keys(set).filter((name) => !variables.has(name)), [])
    assert.isAbove(spec.terminationGracePeriodSeconds, seconds(set.CREEL_LEAVE_WITHIN) + 10)
    const first = Number(set.CREEL_LISTEN_PORT)
    const health = Number(set.CREEL_HEALTH_PORT)
    assert.deepStrictEqual(container.ports.map((port) => port.containerPort), [first, first + 1, first + 2, health])
  })

  it("lets nodes ask who is ready, and nothing else", () => {
    const env = Object.fromEntries(container.env.map((one) => [one.name, one]))
    assert.strictEqual(env.CREEL_HEALTH.value, "kubernetes")
    // Pods are told apart by their address there.
    assert.strictEqual(env.CREEL_ADVERTISE.valueFrom.fieldRef.fieldPath, "status.podIP")
    assert.strictEqual(spec.serviceAccountName, account.metadata.name)
    assert.isTrue(spec.automountServiceAccountToken)
    assert.deepStrictEqual(role.rules, [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }])
    assert.strictEqual(binding.roleRef.name, role.metadata.name)
    assert.deepStrictEqual(binding.subjects, [{ kind: account.kind, name: account.metadata.name }])
    // Where the scheduler may be depends on who is ready, so who is ready must not depend on where it is.
    assert.strictEqual(container.readinessProbe.httpGet.path, "/live")
  })

  it("names what it has: pods, ports, volumes, commands", () => {
    const { labels } = deployment.spec.template.metadata
    for (const selector of [deployment.spec.selector, budget.spec.selector, policy.spec.podSelector]) {
      assert.deepStrictEqual(selector.matchLabels, labels)
    }
    const ports = container.ports.map((port) => port.name)
    const probes = [container.startupProbe, container.livenessProbe, container.readinessProbe]
    const used = probes.map((probe) => probe.httpGet.port)
    const answered = read("packages/cli/src/internal/health.ts")
    for (const probe of probes) assert.include(answered, `"${probe.httpGet.path}"`)
    assert.includeMembers(ports, [
      ...used,
      ...policy.spec.ingress.flatMap((rule) => rule.ports.map(({ port }) => port))
    ])
    assert.sameMembers(spec.volumes.map(({ name }) => name), container.volumeMounts.map(({ name }) => name))
    assert.include(commands, container.args[0])
    assert.strictEqual(spec.securityContext.runAsNonRoot, true)
  })
})
