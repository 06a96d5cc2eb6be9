// What the service answers, as data: the handlers, the client and the page at /docs all follow from it.
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "@effect/platform"
import { Schema } from "effect"

const whole = (least: number, most: number) => Schema.NumberFromString.pipe(Schema.int(), Schema.between(least, most))

/** The work could not be done, for reasons that are not the asker's; another time it may be. */
export class Unanswered extends Schema.TaggedError<Unanswered>()(
  "Unanswered",
  { message: Schema.String },
  HttpApiSchema.annotations({ status: 503 })
) {}

const tile = HttpApiEndpoint.get("tile", "/tiles/:zoom/:x/:y")
  .setPath(Schema.Struct({ zoom: whole(0, 40), x: whole(0, 2 ** 40), y: whole(0, 2 ** 40) }))
  .addSuccess(HttpApiSchema.Uint8Array({ contentType: "image/png" }))
  .addError(Unanswered)
  .annotate(
    OpenApi.Description,
    "A tile of the Mandelbrot set; `x-strips` says which replica drew how many strips of it."
  )

const search = HttpApiEndpoint.get("search", "/search")
  .setUrlParams(
    Schema.Struct({
      text: Schema.String.pipe(Schema.maxLength(100)),
      bits: whole(0, 256),
      lanes: Schema.optional(whole(1, 64))
    })
  )
  .addSuccess(Schema.Struct({ nonce: Schema.Number, hash: Schema.String }))
  .addError(Unanswered)
  .annotate(OpenApi.Description, "A number that makes the SHA-256 of `text:number` begin with so many zero bits.")

const health = {
  replica: Schema.String,
  /** `apart`: no scheduler answers. */
  state: Schema.Literal("ready", "leaving", "apart"),
  scheduler: Schema.optional(Schema.Struct({ address: Schema.String, life: Schema.Number })),
  workers: Schema.Number,
  slots: Schema.Number,
  running: Schema.Number
}

export const Health = Schema.Struct(health)

/** Send requests elsewhere. */
export class NotReady extends Schema.TaggedError<NotReady>()(
  "NotReady",
  health,
  HttpApiSchema.annotations({ status: 503 })
) {}

export class Api extends HttpApi.make("service")
  .add(HttpApiGroup.make("work", { topLevel: true }).add(tile).add(search))
  .add(
    HttpApiGroup.make("operations", { topLevel: true })
      .add(HttpApiEndpoint.get("health", "/healthz").addSuccess(Health).addError(NotReady))
  )
  .annotate(OpenApi.Title, "A service that shares its heavy work")
{}
