/** Work of no account: what the benches of the scheduler submit. */
export const makeSpec = (key, digest, args, inputs) => ({
  key,
  digest,
  task: "t",
  group: "t",
  args,
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
