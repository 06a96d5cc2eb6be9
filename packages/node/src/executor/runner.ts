/** A Runner whose clients reach the scheduler over the wire, for tasks that may ask for Node's own services. */
import * as NodeContext from "@effect/platform-node/NodeContext"
import type { ExecutorEvent } from "creel/Executor"
import * as Runner from "creel/Runner"
import type * as TaskGroup from "creel/TaskGroup"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { OpenOptions } from "../ExecutorRpcs.js"
import * as Door from "../internal/door.js"
import type { Wire } from "../wire/wire.js"

/** What a Runner is told, whoever makes it. */
export const optionsOf = (
  options: OpenOptions,
  emit: (event: ExecutorEvent) => void,
  mark: (attempt: number) => void
): Omit<Runner.Options<never>, "tasks"> => ({
  executor: options.executor,
  worker: options.worker,
  share: options.share,
  allowPlain: options.allowPlain,
  strict: options.strict,
  emit,
  mark,
  // After what has arrived, and after what was said has left.
  goOn: setImmediate
})

export const makeRunner = (
  wire: Wire,
  options: OpenOptions,
  tasks: TaskGroup.TaskGroup<NodeContext.NodeContext>,
  emit: (event: ExecutorEvent) => void,
  mark: (attempt: number) => void
) =>
  Effect.flatMap(Layer.build(Layer.merge(Door.layerClient(wire), NodeContext.layer)), (context) =>
    Effect.provide(
      Runner.make({ ...optionsOf(options, emit, mark), tasks }),
      context
    ))
