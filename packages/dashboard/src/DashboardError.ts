/**
 * Why a dashboard could not begin.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * `PortTaken`: something else listens there. `NotListening`: the address cannot be listened on. `NoPage`: the files of the
 * page are not where the package has them.
 *
 * @since 0.1.0
 * @category errors
 */
export class DashboardError extends Schema.TaggedError<DashboardError>("@creel/dashboard/DashboardError")(
  "DashboardError",
  {
    reason: Schema.Literal("PortTaken", "NotListening", "NoPage"),
    host: Schema.String,
    port: Schema.Number,
    detail: Schema.String,
    advice: Schema.String,
    cause: Schema.optional(Schema.Defect)
  }
) {
  override get message(): string {
    return `No dashboard on ${this.host}:${this.port}: ${this.detail}. ${this.advice}.`
  }
}
