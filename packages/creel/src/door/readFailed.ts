/** Apart from `Door`, which everything that reads and serves values would otherwise have to import. */
import type * as Id from "@creel/core/Id"
import * as Data from "effect/Data"

export class ReadFailed extends Data.TaggedError("ReadFailed")<{
  readonly value: Id.ValueId
  readonly holder: Id.PeerId
  readonly why: "gone" | "unreachable" | "corrupt"
}> {}
