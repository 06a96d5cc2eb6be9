/** Commands down, as columns: what each consists of. */
import type { Job } from "creel/Executor"
import type { Command } from "../ExecutorRpcs.js"
import type { Batch } from "./batch.js"
import { BatchReader, BatchWriter, readAll } from "./batch.js"
import type { Wire } from "./wire.js"
import { channelWork, owned, unshared } from "./wire.js"

const kindRun = 0
const kindProceed = 1
const kindInterrupt = 2

/** What a job has beyond what all have, as bits beside the kind. */
const kinds = 3
const hasFailures = 4
const hasDeadline = 8
const hasOutward = 16
const hasInputs = 32

const writeRun = (out: BatchWriter, job: Job, mark: number): void => {
  const { deadline, failures, inputs, outward } = job
  out.number(
    kindRun | (failures === 0 ? 0 : hasFailures) | (deadline === undefined ? 0 : hasDeadline) |
      (outward === undefined ? 0 : hasOutward) | (inputs.length === 0 ? 0 : hasInputs)
  )
  out.attempt(job.attempt)
  out.number(mark)
  out.string(job.key)
  out.name(job.task)
  out.name(job.group)
  out.payload(job.args)
  if (inputs.length > 0) out.number(inputs.length)
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i]!
    out.string(input.value)
    out.payload(input.payload)
  }
  if (failures !== 0) out.number(failures)
  if (deadline !== undefined) out.number(deadline)
  if (outward !== undefined) out.other(outward)
}

const noInputs: Job["inputs"] = []

const readInputs = (from: BatchReader): Job["inputs"] => {
  const count = from.number()
  const inputs: Array<Job["inputs"][number]> = []
  for (let i = 0; i < count; i++) inputs.push({ value: from.string(), payload: from.payload() })
  return inputs
}

const readRun = (from: BatchReader, flags: number): Extract<Command, { readonly _tag: "Run" }> => {
  const attempt = from.attempt()
  const mark = from.number()
  const job: Job = {
    key: from.string(),
    attempt,
    task: from.name(),
    group: from.name(),
    args: from.payload()!,
    inputs: (flags & hasInputs) === 0 ? noInputs : readInputs(from),
    failures: (flags & hasFailures) === 0 ? 0 : from.number(),
    deadline: (flags & hasDeadline) === 0 ? undefined : from.number(),
    outward: (flags & hasOutward) === 0 ? undefined : from.other<Job["outward"]>()
  }
  return { _tag: "Run", job, mark }
}

const read = (from: BatchReader): Command => {
  const flags = from.number()
  const kind = flags & kinds
  if (kind === kindRun) return readRun(from, flags)
  if (kind === kindProceed) return { _tag: "Proceed", attempt: from.attempt() }
  return { _tag: "Interrupt", attempt: from.attempt(), reason: from.string(), by: from.string() }
}

/** The node's side. What is said in one step of its machine crosses at once, soon after the step. */
export const makeSender = (wire: Wire, shares: boolean): (command: Command) => void => {
  const out = new BatchWriter(shares ? (payload) => payload : unshared)
  const soon = wire.gather(channelWork, () => out.take(), "step")
  return (command) => {
    switch (command._tag) {
      case "Run":
        writeRun(out, command.job, command.mark)
        break
      case "Proceed":
        out.number(kindProceed)
        out.attempt(command.attempt)
        break
      case "Interrupt":
        out.number(kindInterrupt)
        out.attempt(command.attempt)
        out.string(command.reason)
        out.string(command.by)
        break
    }
    soon()
  }
}

/** The executor's side. */
export const listen = (wire: Wire, obey: (command: Command) => void): () => void => {
  const from = new BatchReader(owned)
  return wire.listen(channelWork, (batch) => readAll(from, batch as Batch, read, obey))
}
