/**
 * The group that an Effect user would write for this work today.
 */
import { Rpc, RpcGroup } from "@effect/rpc"
import { Schema } from "effect"

export class Rpcs extends RpcGroup.make(
  Rpc.make("inc", { payload: { x: Schema.Number }, success: Schema.Number }),
  Rpc.make("add", { payload: { x: Schema.Number, y: Schema.Number }, success: Schema.Number })
) {}
