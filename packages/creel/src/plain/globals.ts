/**
 * Names that a function may use without closing over anything.
 */

/** JavaScript's own. */
const language = `
  AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date Error
  EvalError FinalizationRegistry Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl
  Iterator JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set
  SharedArrayBuffer String Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array
  Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly decodeURI decodeURIComponent encodeURI encodeURIComponent
  escape eval globalThis isFinite isNaN parseFloat parseInt undefined unescape
`

/** What Node, Bun, Deno and browsers' workers have in common. */
const shared = `
  AbortController AbortSignal Blob ByteLengthQueuingStrategy CompressionStream CountQueuingStrategy Crypto
  CryptoKey DOMException DecompressionStream Event EventTarget File FormData Headers MessageChannel MessagePort
  ReadableStream Request Response SubtleCrypto TextDecoder TextDecoderStream TextEncoder TextEncoderStream
  TransformStream URL URLSearchParams WritableStream atob btoa clearInterval clearTimeout console crypto fetch
  performance queueMicrotask setInterval setTimeout structuredClone
`

/** Node's few, for clusters of Node workers. */
const node = `
  Buffer clearImmediate process setImmediate
`

const words = (text: string): ReadonlyArray<string> => text.split(/\s+/).filter((word) => word !== "")

/** Names that mean the same on every worker. */
export const globals: ReadonlySet<string> = new Set([language, shared, node].flatMap(words))

/** Asked for by `typeof`, these say where the code runs. */
export const environment: ReadonlySet<string> = new Set(
  words("Bun Deno document exports module navigator require self window")
)
