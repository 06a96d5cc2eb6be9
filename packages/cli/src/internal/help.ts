/** Help for people: what the commands are, and what one of them can be told, in two columns. */
import * as CliConfig from "@effect/cli/CliConfig"
import type * as Command from "@effect/cli/Command"
import * as CommandModule from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import { stripVTControlCharacters } from "node:util"
import type { Ink, Lines } from "../Render.js"

/** What says no more than the name of the option does. */
const filler =
  /^(A user-defined piece of text|An integer|A true or false value|One of the following|This option can|This setting|This argument must|-\s)/

const textOf = (doc: HelpDoc.HelpDoc): string =>
  stripVTControlCharacters(HelpDoc.toAnsiText(doc)).split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !filler.test(line)).join(" ")

interface Entry {
  readonly name: string
  readonly text: string
}

const entriesIn = (doc: HelpDoc.HelpDoc): ReadonlyArray<Entry> => {
  switch (doc._tag) {
    case "DescriptionList":
      return doc.definitions.map(([span, text]) => ({ name: textOf(HelpDoc.p(span)), text: textOf(text) }))
    case "Sequence":
      return [...entriesIn(doc.left), ...entriesIn(doc.right)]
    default:
      return []
  }
}

const wrap = (text: string, width: number): Lines => {
  const lines: Array<string> = [""]
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1]!
    if (last !== "" && last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`
  }
  return lines
}

const columns = (entries: ReadonlyArray<Entry>, width: number, ink: Ink): Lines => {
  const indent = Math.min(30, entries.reduce((most, { name }) => Math.max(most, name.length), 0) + 4)
  return entries.flatMap(({ name, text }) => {
    const lines = wrap(text, Math.max(30, width - indent))
    const fits = name.length + 4 <= indent
    const first = `  ${ink.bold(name)}${fits ? " ".repeat(indent - name.length - 2) + (lines[0] ?? "") : ""}`
    return [first.trimEnd(), ...(fits ? lines.slice(1) : lines).map((line) => " ".repeat(indent) + line)]
  })
}

export interface Topic {
  readonly name: string
  readonly summary: string
  readonly command: Command.Command<any, any, any, any>
}

const builtIn: ReadonlyArray<Entry> = [
  { name: "--help, -h", text: "Says this." },
  { name: "--version", text: "Says which version this is." },
  { name: "--completions SHELL", text: "Prints a script that completes commands, for bash, zsh, fish or sh." },
  {
    name: "--log-level LEVEL",
    text: "How much is logged, on the error stream: all, debug, info, warning, error, none."
  }
]

const environment =
  "What an option does not say, the variable in brackets says. CREEL_STORAGE is what all commands but certs and secret need; " +
  "CREEL_SECRET is the cluster's secret itself, CREEL_ROLE_KEY the key of one role."

const codes: ReadonlyArray<Entry> = [
  { name: "0", text: "done" },
  { name: "1", text: "it failed, and why is printed" },
  { name: "2", text: "what was typed cannot be meant" },
  { name: "3", text: "the cluster or its database cannot be reached" },
  { name: "4", text: "credentials do not suffice" },
  { name: "5", text: "nobody knows this key or worker" },
  { name: "6", text: "it cannot be done as things are" }
]

const title = (text: string, ink: Ink): Lines => ["", ink.dim(text)]

export const overview = (topics: ReadonlyArray<Topic>, width: number, ink: Ink): Lines => [
  "Distributed futures for Effect: the nodes of a cluster, and what runs there.",
  ...title("USAGE", ink),
  "  creel COMMAND [options]",
  "  creel COMMAND --help",
  ...title("COMMANDS", ink),
  ...columns(topics.map(({ name, summary }) => ({ name, text: summary })), width, ink),
  ...title("OPTIONS", ink),
  ...columns(builtIn, width, ink),
  ...title("ENVIRONMENT", ink),
  ...wrap(environment, width - 2).map((line) => `  ${line}`),
  ...title("EXIT CODES", ink),
  ...columns(codes, width, ink)
]

export const topic = ({ command, name, summary }: Topic, width: number, ink: Ink): Lines => {
  const entries = entriesIn(CommandModule.getHelp(command, CliConfig.make({ showBuiltIns: false, showTypes: true })))
  const options = entries.filter((entry) => entry.name.includes("--"))
  const args = entries.filter((entry) => !entry.name.includes("--"))
    .map((entry) => ({ ...entry, name: entry.name.replace(/[<>]/g, "").replace(" 1+", "...") }))
  const cluster = options.filter((entry) => ofCluster.has(entry.name.split(" ")[0]!))
  const own = options.filter((entry) => !cluster.includes(entry))
  const section = (what: string, entries: ReadonlyArray<Entry>) =>
    entries.length === 0 ? [] : [...title(what, ink), ...columns(entries, width, ink)]
  return [
    ...wrap(summary, width),
    ...title("USAGE", ink),
    `  ${["creel", name, "[options]", ...args.map((arg) => arg.name)].join(" ")}`,
    ...section("ARGUMENTS", args),
    ...section("OPTIONS", own),
    ...section("WHICH CLUSTER, AND AS WHOM", cluster)
  ]
}

const ofCluster = new Set([
  "--storage",
  "--namespace",
  "--prefix",
  "--secret-file",
  "--role-key-file",
  "--cert",
  "--key",
  "--ca",
  "--names",
  "--within"
])
