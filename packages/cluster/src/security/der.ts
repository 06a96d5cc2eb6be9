/** As much of DER as a certificate is written with. Nothing here reads. */

const lengthOf = (bytes: number): Buffer => {
  if (bytes < 0x80) return Buffer.from([bytes])
  const digits: Array<number> = []
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
  return Buffer.from([0x80 | digits.length, ...digits])
}

export const tagged = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Buffer => {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.byteLength), content])
}

export const sequence = (...parts: ReadonlyArray<Uint8Array>): Buffer => tagged(0x30, ...parts)

export const set = (...parts: ReadonlyArray<Uint8Array>): Buffer => tagged(0x31, ...parts)

/** `[n]`, around others. */
export const explicit = (n: number, ...parts: ReadonlyArray<Uint8Array>): Buffer => tagged(0xa0 | n, ...parts)

/** `[n]`, in the place of another tag. */
export const implicit = (n: number, content: Uint8Array): Buffer => tagged(0x80 | n, content)

/** Of bytes without sign: one that would look negative begins with a zero. */
export const integer = (bytes: Uint8Array): Buffer =>
  (bytes[0] ?? 0) >= 0x80 ? tagged(0x02, Buffer.from([0]), bytes) : tagged(0x02, bytes)

export const truth = tagged(0x01, Buffer.from([0xff]))

export const octets = (content: Uint8Array): Buffer => tagged(0x04, content)

export const bits = (content: Uint8Array, unused = 0): Buffer => tagged(0x03, Buffer.from([unused]), content)

export const text = (content: string): Buffer => tagged(0x0c, Buffer.from(content, "utf8"))

export const oid = (name: string): Buffer => {
  const [first = 0, second = 0, ...rest] = name.split(".").map(Number)
  const out = [first * 40 + second]
  for (const arc of rest) {
    const digits = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(0x80 | (left % 128))
    out.push(...digits)
  }
  return tagged(0x06, Buffer.from(out))
}

/** Until 2049 with two digits for the year, as the standard wants it. */
export const time = (at: Date): Buffer => {
  const digits = at.toISOString().replace(/[-:T]/g, "").slice(0, 14)
  return at.getUTCFullYear() < 2050
    ? tagged(0x17, Buffer.from(`${digits.slice(2)}Z`, "ascii"))
    : tagged(0x18, Buffer.from(`${digits}Z`, "ascii"))
}
