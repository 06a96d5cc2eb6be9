/**
 * Certificates (X.509 v3, ECDSA on P-256) as `Certificates` makes them. Written here, as the libraries that do it bring a
 * score of packages, or a polyfill for all of the process, for these two pages. Signing is `node:crypto`'s.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign } from "node:crypto"
import * as net from "node:net"
import * as der from "./der.js"

export interface Subject {
  readonly name: string
  readonly unit: string | undefined
}

export interface Leaf {
  readonly hosts: ReadonlyArray<string>
  readonly uri: string
}

export interface Certificate {
  readonly subject: Subject
  readonly issuer: Subject
  readonly publicKey: KeyObject
  readonly signer: KeyObject
  readonly from: Date
  readonly until: Date
  /** Absent in an authority's own. */
  readonly leaf: Leaf | undefined
}

const ids = {
  commonName: "2.5.4.3",
  unit: "2.5.4.11",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  subjectKey: "2.5.29.14",
  keyUsage: "2.5.29.15",
  alternativeNames: "2.5.29.17",
  constraints: "2.5.29.19",
  authorityKey: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2"
}

const named = (id: string, value: string): Buffer => der.set(der.sequence(der.oid(id), der.text(value)))

const nameOf = (subject: Subject): Buffer =>
  der.sequence(
    ...(subject.unit === undefined ? [] : [named(ids.unit, subject.unit)]),
    named(ids.commonName, subject.name)
  )

const extension = (id: string, critical: boolean, value: Uint8Array): Buffer =>
  der.sequence(der.oid(id), ...(critical ? [der.truth] : []), der.octets(value))

const spki = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" })

/** Any name will do that is the same in an authority and in what it signs. */
const keyId = (key: KeyObject): Buffer => createHash("sha256").update(spki(key)).digest().subarray(0, 20)

/** The sixteen bytes, by way of the form in which the platform writes all addresses. */
const ipv6 = (host: string): Buffer => {
  const [left = "", right] = new URL(`http://[${host}]`).hostname.slice(1, -1).split("::")
  const words = (part: string) => part.split(":").filter((word) => word !== "").map((word) => parseInt(word, 16))
  const [before, after] = [words(left), words(right ?? "")]
  const all = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after]
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]))
}

const hostName = (host: string): Buffer =>
  net.isIPv4(host)
    ? der.implicit(7, Buffer.from(host.split(".").map(Number)))
    : net.isIPv6(host)
    ? der.implicit(7, ipv6(host))
    : der.implicit(2, Buffer.from(host, "ascii"))

const ofAuthority = (): ReadonlyArray<Buffer> => [
  extension(ids.constraints, true, der.sequence(der.truth, der.integer(Buffer.from([0])))),
  // It signs certificates and lists of those withdrawn.
  extension(ids.keyUsage, true, der.bits(Buffer.from([0b0000_0110]), 1))
]

const ofLeaf = (leaf: Leaf): ReadonlyArray<Buffer> => [
  extension(ids.constraints, true, der.sequence()),
  // It signs handshakes, on both sides.
  extension(ids.keyUsage, true, der.bits(Buffer.from([0b1000_0000]), 7)),
  extension(ids.extendedKeyUsage, false, der.sequence(der.oid(ids.server), der.oid(ids.client))),
  extension(
    ids.alternativeNames,
    false,
    der.sequence(...leaf.hosts.map(hostName), der.implicit(6, Buffer.from(leaf.uri, "ascii")))
  )
]

const pem = (bytes: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${
    (bytes.toString("base64").match(/.{1,64}/g) ?? []).join("\n")
  }\n-----END CERTIFICATE-----\n`

export const write = (certificate: Certificate): string => {
  const algorithm = der.sequence(der.oid(ids.ecdsaWithSha256))
  const serial = randomBytes(16)
  // Positive, and not zero.
  serial[0] = (serial[0]! & 0x3f) | 0x40
  const issuerKey = createPublicKey(certificate.signer)
  const signed = der.sequence(
    der.explicit(0, der.integer(Buffer.from([2]))),
    der.integer(serial),
    algorithm,
    nameOf(certificate.issuer),
    der.sequence(der.time(certificate.from), der.time(certificate.until)),
    nameOf(certificate.subject),
    spki(certificate.publicKey),
    der.explicit(
      3,
      der.sequence(
        ...(certificate.leaf === undefined ? ofAuthority() : ofLeaf(certificate.leaf)),
        extension(ids.subjectKey, false, der.octets(keyId(certificate.publicKey))),
        extension(ids.authorityKey, false, der.sequence(der.implicit(0, keyId(issuerKey))))
      )
    )
  )
  return pem(der.sequence(signed, algorithm, der.bits(sign("sha256", signed, certificate.signer))))
}

export const privateKey = (text: string): KeyObject => createPrivateKey(text)
