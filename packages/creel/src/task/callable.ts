/**
 * The contract of a task that calls others, and values by the Schemas of whom it calls. `known` is the worker's side.
 */
import type { Payload } from "@creel/core/Payload"
import * as Spec from "@creel/core/Spec"
import type * as Cause from "effect/Cause"
import type * as Task from "../Task.js"
import * as Value from "../Value.js"
import { decodeInput, decodeWith, encodeWith, Undecoded } from "./codec.js"

interface HasContract {
  readonly contract: Task.Contract.Any
}

export const encodeValue = ({ contract }: HasContract, value: unknown): unknown => {
  const { success } = contract.schemas
  return success === undefined ? value : encodeWith(success, value, `a value of task ${contract.name}`)
}

export const decodeValue = ({ contract }: HasContract, encoded: unknown): any => {
  const { success } = contract.schemas
  return success === undefined ? encoded : decodeWith(success, encoded, `a value of task ${contract.name}`)
}

/** Results and errors by the Schemas of the task that they came from, be it the task itself or one that it called. */
const decoders = (self: Task.Contract.Any, uses: ReadonlyArray<Task.Contract.Any>) => {
  const byId = new Map([self, ...uses].map((each) => [each.id, each]))
  const lookup = (id: string) => byId.get(id)
  return {
    decodeSuccess: (payload: Payload): unknown => {
      const value = Value.schemaOf(payload) === undefined ? self.decodeSuccess(payload) : decodeInput(payload, lookup)
      if (!(value instanceof Undecoded)) return value
      throw new Value.NotDecodable({ found: `a result of task ${value.owner}, which is not known here` })
    },
    decodeCause: (payload: Payload): Cause.Cause<unknown> => {
      const owner = Value.schemaOf(payload)
      return (owner === undefined ? self : lookup(owner) ?? self).decodeCause(payload)
    }
  }
}

/** Equal ones are one object, so that what a client keeps for each contract is kept once. */
const made = new WeakMap<Task.Contract.Any, Map<string, Task.Contract.Any>>()

const keptMax = 64

export const using = <C extends Task.Contract.Any>(self: C, uses: ReadonlyArray<Task.Contract.Any>): C => {
  if (uses.length === 0) return self
  const all = [...(self.uses ?? []), ...uses]
  const id = Spec.join([self.id, ...all.map((each) => each.id)])
  let known = made.get(self)
  if (known === undefined) made.set(self, known = new Map())
  const found = known.get(id)
  if (found !== undefined) return found as C
  const contract = Object.assign(Object.create(Object.getPrototypeOf(self)), self, decoders(self, all), {
    id,
    uses: [self, ...all],
    options: { ...self.options, slots: all.some((each) => each.options.slots === "cpu") ? "cpu" : self.options.slots }
  })
  if (known.size >= keptMax) known.clear()
  known.set(id, contract)
  return contract
}
