/**
 * Whether a failure may be the answer. One rule per reason; `model.ts` owns the truth they are held against.
 *
 * @since 0.1.0
 */
import type * as Failure from "@creel/core/Failure"
import { deathsAllowed, type Model, retriesOf, type Work } from "./model.js"
import { textOf } from "./works.js"
import { Wrong } from "./wrong.js"

interface Case {
  readonly model: Model
  /** Who is told. */
  readonly client: string
  /** The work the future was submitted for. */
  readonly of: Work
  readonly failure: Failure.Failure
}

const rules: { readonly [R in Failure.Reason]?: (to: Case, blamed: Work) => string | undefined } = {
  Failed: ({ failure, model }, blamed) => {
    const cause = failure.cause === undefined ? "" : textOf(failure.cause)
    if (model.failed.get(blamed.digest)?.has(cause) !== true) return `no attempt failed with "${cause}"`
    return blamed.behaviour.fails <= retriesOf(blamed) && blamed.behaviour.children.length === 0
      ? `${blamed.behaviour.fails} failures are hidden by ${retriesOf(blamed)} retries`
      : undefined
  },
  KilledWorker: ({ model }, blamed) => {
    const deaths = model.deaths.get(blamed.digest) ?? 0
    return deaths > deathsAllowed ? undefined : `only ${deaths} deaths while it ran`
  },
  TimedOut: ({ model }, blamed) =>
    blamed.spec?.timeout !== undefined && model.ranLong.has(blamed.digest) ? undefined : "no attempt ran that long",
  Cancelled: ({ client, failure, model, of }, blamed) => {
    const asked = model.cancels.filter((x) => x.key === blamed.key && model.lineage(of.digest).has(x.digest))
    if (asked.length === 0) return "nobody cancelled it"
    if (asked.every((x) => x.client !== failure.by)) return `${failure.by} did not ask`
    return asked.some((x) => x.client === client || x.force) ? undefined : "another client asked, and not by force"
  },
  Lost: ({ model }, blamed) => {
    if (blamed.spec !== undefined) return model.whyNotLost(blamed.digest)
    return model.bereft.has(blamed.digest) ? undefined : "no holder went"
  },
  UnknownTask: (_, blamed) => blamed.spec?.task === "nowhere" ? undefined : "workers have that task",
  Unrunnable: (_, blamed) =>
    blamed.spec?.workers !== undefined || blamed.spec?.resources !== undefined ? undefined : "any worker may run it",
  MemoryExceeded: ({ model }, blamed) => {
    const bytes = blamed.inputs.reduce((sum, input) => sum + model.work(input).behaviour.bytes, 0)
    return bytes > model.memoryLimit
      ? undefined
      : `its inputs take ${bytes} bytes, and ${model.memoryLimit} are allowed`
  },
  DuplicateKey: ({ model }, blamed) =>
    (model.meanings.get(blamed.key)?.size ?? 0) > 1 ? undefined : "the key never meant anything else"
}

/** Throws unless this failure may be told to this client for this work. */
export const checkFailure = (to: Case): void => {
  const { client, failure, model, of } = to
  const blamed = [...model.lineage(of.digest)].map((x) => model.work(x)).filter((work) => work.key === failure.key)
  const fail = (why: string): never => {
    throw new Wrong(
      "wrong failure",
      `${client} was told that ${of.key} (${of.digest}) failed: ${failure.reason} of ${failure.key}, by ${failure.by}, "${failure.detail}"; but ${why}`,
      [of.key, failure.key]
    )
  }
  if (blamed.length === 0) return fail("it does not depend on the key that is blamed")
  const rule = rules[failure.reason]
  if (rule === undefined) return fail("nothing here fails that way")
  const whys = blamed.map((work) => rule(to, work))
  if (!whys.includes(undefined)) fail(whys.join(", "))
}
