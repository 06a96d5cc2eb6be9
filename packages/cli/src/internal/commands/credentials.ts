/** Credentials for a start: a secret, the key of a role, an authority of one's own and its certificates. */
import * as Certificates from "@creel/cluster/Certificates"
import type { ClusterError } from "@creel/cluster/ClusterError"
import * as Security from "@creel/cluster/Security"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Config from "effect/Config"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as path from "node:path"
import { CliError } from "../../CliError.js"
import * as Output from "../../Output.js"
import * as Render from "../../Render.js"
import * as Files from "../files.js"
import * as Given from "../options.js"
import { summaries } from "../summaries.js"

const role = Options.choice("role", Security.roles)

const secretOptions = {
  role: role.pipe(
    Options.optional,
    Options.withDescription(
      "Prints the key of this role instead, made from the secret there is: its owner can be nobody else."
    )
  ),
  secretFile: Given.cluster.secretFile
}

const ownSecret = (file: Option.Option<string>): Effect.Effect<Redacted.Redacted<string>, CliError> =>
  Option.match(file, {
    onSome: (file) => Effect.map(Files.read(file), (text) => Redacted.make(text.trim())),
    onNone: () =>
      Effect.mapError(Config.redacted("CREEL_SECRET"), () =>
        new CliError({
          reason: "BadOption",
          detail: "there is no secret to make the key of a role from",
          advice: "give --secret-file, or set CREEL_SECRET"
        }))
  })

export const secret = Command.make("secret", secretOptions, (options) =>
  Effect.gen(function*() {
    const made = Option.isNone(options.role)
      ? yield* Security.generateSecret
      : Security.deriveRoleKey(yield* ownSecret(options.secretFile), options.role.value)
    yield* Output.lines(() => [Redacted.value(made)])
  })).pipe(
    Command.withDescription(summaries.secret)
  )

const certsOptions = {
  role: role.pipe(
    Options.optional,
    Options.withDescription("Only a certificate for this role. Default: one for each.")
  ),
  name: Options.text("name").pipe(
    Options.optional,
    Options.withDescription("What it is called, and its files; with --role. Default: the role.")
  ),
  hosts: Options.text("host").pipe(
    Options.repeated,
    Options.withDescription(
      "A host or address at which a worker is reached; may be given again. Default: those of this machine."
    )
  ),
  valid: Given.duration("valid", "CREEL_CERTS_VALID", "365 days", "For how long they are valid. Default: 365 days"),
  json: Given.json,
  directory: Args.text({ name: "DIR" })
}

type Made = { readonly cert: string; readonly key: string }

const write = (directory: string, name: string, issued: Certificates.Issued): Effect.Effect<Made, CliError> => {
  const made = { cert: path.join(directory, `${name}.pem`), key: path.join(directory, `${name}-key.pem`) }
  return Files.writeNew(made.key, Redacted.value(issued.key), { secret: true }).pipe(
    Effect.zipRight(Files.writeNew(made.cert, issued.cert, { secret: false })),
    Effect.as(made)
  )
}

/** The authority of this directory, made where there is none. */
const authorityOf = (directory: string, valid: Duration.Duration) =>
  Effect.gen(function*() {
    const [cert, key] = [path.join(directory, "ca.pem"), path.join(directory, "ca-key.pem")]
    if (yield* Files.exists(cert)) {
      const authority = { cert: yield* Files.read(cert), key: Redacted.make(yield* Files.read(key)) }
      return { authority, made: undefined }
    }
    const authority = yield* Certificates.makeAuthority({ valid })
    return { authority, made: yield* write(directory, "ca", authority) }
  })

/** A name that stays in its directory. */
const checked = (name: string): Effect.Effect<string, CliError> =>
  /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) && name !== "ca" && name !== "ca-key"
    ? Effect.succeed(name)
    : new CliError({
      reason: "BadOption",
      detail: `${name} is no name for a certificate`,
      advice: "use letters, digits, dots and hyphens, and not `ca`"
    })

const local = ["localhost", "127.0.0.1", "::1"]

const makeCerts = (options: {
  readonly role: Option.Option<Security.Role>
  readonly name: Option.Option<string>
  readonly hosts: ReadonlyArray<string>
  readonly valid: Duration.Duration
  readonly directory: string
}): Effect.Effect<Render.CertsView, CliError | ClusterError> =>
  Effect.gen(function*() {
    const { directory, hosts, valid } = options
    if (Option.isSome(options.name) && Option.isNone(options.role)) {
      return yield* new CliError({
        reason: "BadOption",
        detail: "--name names one certificate, and there would be one for each role",
        advice: "say which role: --role worker"
      })
    }
    const roles = Option.match(options.role, { onNone: () => Security.roles, onSome: (role) => [role] })
    const names = yield* Effect.forEach(roles, (role) => checked(Option.getOrElse(options.name, () => role)))
    yield* Files.makeDirectory(directory)
    const { authority, made } = yield* authorityOf(directory, valid)
    const certificates = yield* Effect.forEach(roles, (role, n) =>
      Effect.gen(function*() {
        // Only workers are connected to.
        const reached = role === "worker" ? hosts.length > 0 ? hosts : local : hosts
        const issued = yield* Certificates.issue(authority, { role, names: reached, name: names[n], valid })
        return { role, hosts: reached, ...(yield* write(directory, names[n]!, issued)) }
      }))
    return { directory, authority: made, certificates }
  })

export const certs = Command.make(
  "certs",
  certsOptions,
  (options) =>
    Effect.flatMap(
      makeCerts(options),
      (view) => options.json ? Output.json(view) : Output.lines((ink) => Render.certs(view, ink))
    )
).pipe(
  Command.withDescription(summaries.certs)
)
