/**
 * The bytes of the codec: what stands in a head, shared by writer and reader.
 *
 * A head is `flags`, then one value in pre-order, then (`flagBuffers`) a table of buffers whose offset is the
 * head's last four bytes. One tag byte opens each value. Objects are numbered in the order in which they are met, so
 * that `Ref` can name one met before.
 */

/** Bumped when old heads can no longer be read. */
export const version = 1

/** In the first byte, above the four bits of the version. */
export const flagBuffers = 0x10
/** The value went through a Schema, whose owner's name follows the first byte. */
export const flagSchema = 0x20

/** Tags below are integers 0 to 127 as they stand. */
export const fixStr = 0x80
export const fixStrEnd = 0x9f

export const Undefined = 0xa0
export const Null = 0xa1
export const True = 0xa2
export const False = 0xa3
/** Zigzag, at most 32 bits. */
export const Int = 0xa4
export const Float = 0xa5
/** UTF-8, for well-formed strings only. */
export const Str = 0xa6
/** UTF-16 units, for strings with lone surrogates. */
export const Str16 = 0xa7
export const BigPositive = 0xa8
export const BigNegative = 0xa9
export const DateTag = 0xaa
export const ArrayTag = 0xab
/** A run of holes in a sparse array. */
export const Hole = 0xac
export const Record = 0xad
export const RecordNull = 0xae
/** A record whose keys follow and are remembered. */
export const ShapeNew = 0xaf
/** A record with keys remembered. */
export const Shape = 0xb0
export const MapTag = 0xb1
export const SetTag = 0xb2
export const Ref = 0xb3
export const Buffer = 0xb4
export const View = 0xb5
/** The value of input number n of the task. */
export const Input = 0xb6

export const None = 0xc0
export const Some = 0xc1
export const Left = 0xc2
export const Right = 0xc3
export const Chunk = 0xc4
export const HashMap = 0xc5
export const HashSet = 0xc6
export const DurationMillis = 0xc7
export const DurationNanos = 0xc8
export const DurationInfinity = 0xc9
export const Utc = 0xca
export const ZonedOffset = 0xcb
export const ZonedNamed = 0xcc
export const ExitSuccess = 0xcd
export const ExitFailure = 0xce
export const Cause = 0xcf
/** `Data.struct` and `Data.array`: compared by value. */
export const Struct = 0xd0
export const DataArray = 0xd1
/** Errors whose classes both sides have: Creel's own and the exceptions of Effect's Cause module. */
export const FutureError = 0xd2
export const SubmitError = 0xd3
export const Exception = 0xd4

export const CauseEmpty = 0
export const CauseFail = 1
export const CauseDie = 2
export const CauseInterrupt = 3
export const CauseSequential = 4
export const CauseParallel = 5

export const FiberIdNone = 0
export const FiberIdRuntime = 1
export const FiberIdComposite = 2

/** How a defect crosses: as a value of the domain, or as what can be told of an Error. */
export const DefectValue = 0
export const DefectError = 1

/** Values nested deeper than this are refused on both sides, long before the stack ends. */
export const maxDepth = 1000
/** A head above this many bytes is refused. */
export const maxHead = 1 << 30
/** Buffers of at least this many bytes stand out of band. */
export const outOfBand = 512
/** Records with more keys than this do not have their keys remembered: they are dictionaries. */
export const maxShapeKeys = 24
/** How many of the latest shapes are compared before keys are written anew. */
export const shapesKept = 8

/** Index is the byte on the wire. */
export const viewNames = [
  "DataView",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  /** Node's, where there is one; a Uint8Array elsewhere. */
  "Buffer"
] as const
