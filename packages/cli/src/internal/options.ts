/** The options that commands share, each with the variable of the environment that stands in for it. */
import * as Args from "@effect/cli/Args"
import type * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Amounts from "./amounts.js"

/** From the command line, or else from the environment. */
export const text = (name: string, variable: string, description: string): Options.Options<string> =>
  Options.text(name).pipe(
    Options.withFallbackConfig(Config.nonEmptyString(variable)),
    Options.withDescription(`${description} [${variable}]`)
  )

export const optional = (name: string, variable: string, description: string): Options.Options<Option.Option<string>> =>
  Options.text(name).pipe(
    Options.withFallbackConfig(Config.nonEmptyString(variable)),
    Options.optional,
    Options.withDescription(`${description} [${variable}]`)
  )

/** How long, as people write it: `30 seconds`, `2m`, `500ms`. */
const parseDuration = (written: string): Duration.Duration | undefined => {
  const short: Readonly<Record<string, string>> = {
    ms: "millis",
    s: "seconds",
    m: "minutes",
    h: "hours",
    d: "days",
    min: "minutes"
  }
  const found = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$/.exec(written)
  if (found === null) return undefined
  const unit = found[2] === "" ? "seconds" : short[found[2]!] ?? found[2]!
  return Option.getOrUndefined(Duration.decodeUnknown(`${found[1]} ${unit}`))
}

export const duration = (
  name: string,
  variable: string,
  fallback: string,
  description: string
): Options.Options<Duration.Duration> =>
  Options.text(name).pipe(
    Options.withPseudoName("duration"),
    Options.withFallbackConfig(Config.nonEmptyString(variable)),
    Options.withDefault(fallback),
    Options.withDescription(`${description} [${variable}]`),
    Options.filterMap(
      (written) => Option.fromNullable(parseDuration(written)),
      `--${name} is how long: 30s, 2m, 500ms, "10 seconds"`
    )
  )

export const bytes = (name: string, variable: string, description: string): Options.Options<Option.Option<number>> =>
  Options.text(name).pipe(
    Options.withPseudoName("bytes"),
    Options.withFallbackConfig(Config.nonEmptyString(variable)),
    Options.filterMap(
      (written) => Option.fromNullable(Amounts.parseBytes(written)),
      `--${name} is an amount of bytes: 512MiB, 4GB`
    ),
    Options.optional,
    Options.withDescription(`${description} [${variable}]`)
  )

export const integer = (name: string, variable: string, description: string): Options.Options<Option.Option<number>> =>
  Options.integer(name).pipe(
    Options.withFallbackConfig(Config.integer(variable)),
    Options.optional,
    Options.withDescription(`${description} [${variable}]`)
  )

export const json: Options.Options<boolean> = Options.boolean("json").pipe(
  Options.withDescription("Prints data for programs.")
)

/** Which cluster, and how it knows us. */
export const cluster = {
  storage: text(
    "storage",
    "CREEL_STORAGE",
    "The database that all nodes of the cluster share: postgres://user:password@host/name, or mysql://..."
  ),
  namespace: optional(
    "namespace",
    "CREEL_NAMESPACE",
    "Which cluster of those that share the database. Default: default"
  ),
  prefix: optional("prefix", "CREEL_PREFIX", "Begins the names of all tables. Default: creel"),
  secretFile: optional("secret-file", "CREEL_SECRET_FILE", "A file with the secret (CREEL_SECRET: the secret itself)."),
  roleKeyFile: optional(
    "role-key-file",
    "CREEL_ROLE_KEY_FILE",
    "Instead of a secret: a file with the key of one role, of `creel secret --role`."
  ),
  cert: optional("cert", "CREEL_CERT", "Instead of a secret: a file with our certificate, as PEM."),
  key: optional("key", "CREEL_KEY", "The file with its private key."),
  ca: optional("ca", "CREEL_CA", "The file with the certificate of the authority that all trust."),
  names: Options.choice("names", ["host", "role"]).pipe(
    Options.withFallbackConfig(Config.literal("host", "role")("CREEL_NAMES")),
    Options.withDefault("host" as const),
    Options.withDescription(
      "What certificates of others must name besides a role: the host they are reached at, or nothing more. [CREEL_NAMES]"
    )
  )
}

/** How long the scheduler is looked for. */
export const within = duration(
  "within",
  "CREEL_WITHIN",
  "10 seconds",
  "How long the scheduler is looked for. Default: 10s"
)

export type ClusterOptions = Command.Command.ParseConfig<typeof cluster>

export const keyArg = Args.text({ name: "KEY" }).pipe(Args.withDescription("The key of a task: `future.key`."))

export const subjectArg = Args.text({ name: "KEY" }).pipe(Args.withDescription("The key of a task, or a worker."))

export const workerArg = Args.text({ name: "WORKER" }).pipe(Args.withDescription("A worker, by name or id."))
