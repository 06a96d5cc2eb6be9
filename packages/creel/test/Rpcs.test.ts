import type { Rpc } from "@effect/rpc"
import { RpcSchema } from "@effect/rpc"
import { assert, describe, it } from "@effect/vitest"
import { Rpcs } from "creel"
import { Option, Schema, type SchemaAST } from "effect"
import { createHash } from "node:crypto"

/** What is said between processes, as text: each request with what goes there and what comes back. */
const said = (): string => {
  const shapeOf = (ast: SchemaAST.AST): string => String(Schema.encodedSchema(Schema.make(ast)).ast)
  return [...Rpcs.SchedulerRpcs.requests.values()].map((rpc: Rpc.AnyWithProps) => {
    const stream = RpcSchema.getStreamSchemas(rpc.successSchema.ast)
    const answers = Option.match(stream, {
      onNone: () => [rpc.successSchema, rpc.errorSchema],
      onSome: ({ failure, success }) => [success, failure, rpc.errorSchema]
    })
    return [rpc._tag, ...[rpc.payloadSchema, ...answers].map(({ ast }) => shapeOf(ast))].join("\n")
  }).join("\n\n")
}

describe("what is said between processes", () => {
  it("has the shape that belongs to the number of its protocol", () => {
    const digest = createHash("sha256").update(said()).digest("hex").slice(0, 16)
    // Where this fails the shape has changed. If an older end could misunderstand it, raise `protocol`; put both here.
    assert.deepStrictEqual({ protocol: Rpcs.protocol, digest }, { protocol: 2, digest: "e85a7e7c77632200" })
  })

  it("is looked at down to its small parts", () => {
    assert.include(said(), "{ readonly attempt: number | undefined; readonly how: string }")
  })
})
