/**
 * The keys of a cluster secret: one for each role, none of which tells another, nor the secret. Both ends of a handshake
 * name a key by an identity, which says version, role and, so that a secret can be changed while a cluster runs, whose.
 */
import { hkdfSync } from "node:crypto"
import type { Role } from "../Security.js"

export interface RoleKey {
  readonly role: Role
  /** Names the secret that the key comes from, and tells nothing of it. */
  readonly id: string
  readonly key: Buffer
}

export const roles: ReadonlyArray<Role> = ["observer", "client", "worker", "operator"]

const keyBytes = 32

const derive = (secret: string, info: string, bytes: number): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, "creel/1", info, bytes))

export const roleKeys = (secret: string): ReadonlyArray<RoleKey> => {
  const id = derive(secret, "id", 8).toString("hex")
  return roles.map((role) => ({ role, id, key: derive(secret, `role/${role}`, keyBytes) }))
}

export const identityOf = (key: RoleKey): string => `creel/1/${key.role}/${key.id}`

/** How one key is given to somebody who does not get the secret. */
export const toText = (key: RoleKey): string => ["creel1", key.role, key.id, key.key.toString("base64url")].join(".")

export const fromText = (text: string): RoleKey | undefined => {
  const [version, role, id, encoded, ...rest] = text.trim().split(".")
  const known = roles.find((one) => one === role)
  const key = Buffer.from(encoded ?? "", "base64url")
  const ok = version === "creel1" && id !== undefined && /^[0-9a-f]{16}$/.test(id) && rest.length === 0
  return ok && known !== undefined && key.byteLength === keyBytes ? { role: known, id, key } : undefined
}
