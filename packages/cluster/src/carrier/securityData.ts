/**
 * Credentials as data, so that another thread of this process can have the same. Owned here: which service was made of
 * what. One that was not made by `Security` has functions alone, and those cannot go to a thread.
 */
import type * as Security from "../Security.js"

export type SecurityData =
  | { readonly _tag: "None" }
  | { readonly _tag: "Secret"; readonly value: string; readonly also: ReadonlyArray<string> }
  | { readonly _tag: "RoleKey"; readonly key: string }
  | {
    readonly _tag: "Mutual"
    readonly ca: string
    readonly cert: string
    readonly key: string
    readonly names: Security.MutualOptions["names"]
  }

// Beside the service and not in it: whoever prints one is shown no secret.
const known = new WeakMap<Security.Service, SecurityData>()

export const madeOf = (service: Security.Service, data: SecurityData): Security.Service => {
  known.set(service, data)
  return service
}

export const dataOf = (service: Security.Service): SecurityData | undefined => known.get(service)
