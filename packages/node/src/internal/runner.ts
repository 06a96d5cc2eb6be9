/** A Runner whose clients reach the scheduler over the wire. */
import * as Door from "creel/Door"
import type { ExecutorEvent } from "creel/Executor"
import * as Runner from "creel/Runner"
import type * as TaskGroup from "creel/TaskGroup"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { OpenOptions } from "../ExecutorRpcs.js"
import * as RpcWire from "./rpcWire.js"
import type { Wire } from "./wire.js"
import { channelDoor } from "./wire.js"

export const layerDoor = (wire: Wire): Layer.Layer<Door.Door> =>
  Door.layerRpc.pipe(Layer.provide(RpcWire.layerClient(wire, channelDoor)))

export const makeRunner = <R>(
  wire: Wire,
  options: OpenOptions,
  tasks: TaskGroup.TaskGroup<R>,
  emit: (event: ExecutorEvent) => void,
  mark: (attempt: number) => void
) =>
  Effect.flatMap(Layer.build(layerDoor(wire)), (door) =>
    Effect.provide(
      Runner.make({
        executor: options.executor,
        worker: options.worker,
        tasks,
        share: options.share,
        allowPlain: options.allowPlain,
        emit,
        mark
      }),
      door
    ))
