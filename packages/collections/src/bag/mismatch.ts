/**
 * What zipping finds where two bags are not partitioned alike.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * Two bags were zipped, and a partition of one has not as many elements as its counterpart.
 *
 * @since 0.1.0
 * @category errors
 */
export class ZipMismatch extends Schema.TaggedError<ZipMismatch>("@creel/collections/ZipMismatch")("ZipMismatch", {
  partition: Schema.Number,
  left: Schema.Number,
  right: Schema.Number
}) {
  /**
   * @since 0.1.0
   */
  override get message(): string {
    return `partition ${this.partition} has ${this.left} elements on the left and ${this.right} on the right. ` +
      "What to do: zip bags that were made from one another by map, or bring both to one partition size by Bag.repartition first"
  }
}
