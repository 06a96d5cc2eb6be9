/** Credentials, from files or the environment, as the cluster's `Security`. */
import * as Security from "@creel/cluster/Security"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { CliError } from "../CliError.js"
import { read } from "./files.js"
import type { ClusterOptions } from "./options.js"

type Given = Pick<ClusterOptions, "secretFile" | "roleKeyFile" | "cert" | "key" | "ca" | "names">

const badOption = (detail: string, advice: string): CliError => new CliError({ reason: "BadOption", detail, advice })

/** What an editor leaves at the end of a file is no part of a secret. */
const redacted = (text: string): Redacted.Redacted<string> => Redacted.make(text.trim())

const variable = (name: string): Effect.Effect<Option.Option<Redacted.Redacted<string>>, CliError> =>
  Config.redacted(name).pipe(
    Config.option,
    Effect.map(Option.filter((value) => Redacted.value(value) !== "")),
    Effect.mapError(() => badOption(`${name} cannot be read`, `see what ${name} is set to`))
  )

const ofFile = (
  file: Option.Option<string>,
  name: string
): Effect.Effect<Option.Option<Redacted.Redacted<string>>, CliError> =>
  Option.isSome(file) ? Effect.asSome(Effect.map(read(file.value), redacted)) : variable(name)

const mutual = (given: Given): Effect.Effect<Security.Service, CliError> => {
  const { ca, cert, key, names } = given
  if (Option.isNone(cert) || Option.isNone(key) || Option.isNone(ca)) {
    return badOption(
      "of --cert, --key and --ca one is missing",
      "give all three: our certificate, its key, the authority"
    )
  }
  return Effect.map(
    Effect.all([read(cert.value), read(key.value), read(ca.value)]),
    ([cert, key, ca]) => Security.mutual({ cert, key: Redacted.make(key), ca, names })
  )
}

/** One way at most: of two, it would not be clear which is meant. */
export const security = (given: Given): Effect.Effect<Security.Service, CliError> =>
  Effect.gen(function*() {
    const secret = yield* ofFile(given.secretFile, "CREEL_SECRET")
    const roleKey = yield* ofFile(given.roleKeyFile, "CREEL_ROLE_KEY")
    const certificates = [given.cert, given.key, given.ca].some(Option.isSome)
    const ways = [Option.isSome(secret), Option.isSome(roleKey), certificates].filter(Boolean).length
    if (ways > 1) {
      return yield* badOption(
        "more than one kind of credentials is given",
        "give a secret, or the key of a role, or certificates; see what CREEL_ variables are set"
      )
    }
    if (Option.isSome(secret)) return Security.secret(secret.value)
    if (Option.isSome(roleKey)) return Security.roleKey(roleKey.value)
    return certificates ? yield* mutual(given) : Security.none
  })
