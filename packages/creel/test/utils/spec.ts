import { Payload, type Spec } from "@creel/core"

/** Of a task with nothing special about it. */
export const specOf = (key: string, inputs: ReadonlyArray<string> = []): Spec.Spec => ({
  key,
  digest: key,
  task: "t",
  group: "g",
  args: Payload.empty,
  inputs,
  priority: 0,
  slots: 1,
  workers: undefined,
  soft: false,
  resources: undefined,
  retry: undefined,
  timeout: undefined,
  parent: undefined,
  outward: undefined
})
