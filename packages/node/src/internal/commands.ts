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

/** What a job has beyond what all have, as bits. */
const hasFailures = 1
const hasDeadline = 2
const hasOutward = 4

const writeRun = (out: BatchWriter, job: Job, mark: number): void => {
  const { deadline, failures, inputs, outward } = job
  out.number(kindRun)
  out.number(
    (failures === 0 ? 0 : hasFailures) | (deadline === undefined ? 0 : hasDeadline) |
      (outward === undefined ? 0 : hasOutward)
  )
  out.number(job.attempt)
  out.number(mark)
  out.string(job.key)
  out.name(job.task)
  out.name(job.group)
  out.payload(job.args)
  out.number(inputs.length)
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
  if (count === 0) return noInputs
  const inputs: Array<Job["inputs"][number]> = []
  for (let i = 0; i < count; i++) inputs.push({ value: from.string(), payload: from.payload() })
  return inputs
}

const readRun = (from: BatchReader): Extract<Command, { readonly _tag: "Run" }> => {
  const flags = from.number()
  const attempt = from.number()
  const mark = from.number()
  const job: Job = {
    key: from.string(),
    attempt,
    task: from.name(),
    group: from.name(),
    args: from.payload()!,
    inputs: readInputs(from),
    failures: (flags & hasFailures) === 0 ? 0 : from.number(),
    deadline: (flags & hasDeadline) === 0 ? undefined : from.number(),
    outward: (flags & hasOutward) === 0 ? undefined : from.other<Job["outward"]>()
  }
  return { _tag: "Run", job, mark }
}

const read = (from: BatchReader): Command => {
  const kind = from.number()
  if (kind === kindRun) return readRun(from)
  if (kind === kindProceed) return { _tag: "Proceed", attempt: from.number() }
  return { _tag: "Interrupt", attempt: from.number(), reason: from.string(), by: from.string() }
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
        out.number(command.attempt)
        break
      case "Interrupt":
        out.number(kindInterrupt)
        out.number(command.attempt)
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
