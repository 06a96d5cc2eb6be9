/**
 * What is wrong with the options of a cluster, before anything is made of them. Types refuse most of it; programs without
 * types, and options out of a configuration, are told here.
 */
import * as Task from "creel/Task"
import * as TaskGroup from "creel/TaskGroup"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { types } from "node:util"
import type { ProcessesOptions, ThreadsOptions } from "../NodeCluster.js"
import { NodeClusterError } from "../NodeClusterError.js"

export type Options = ThreadsOptions & ProcessesOptions

const shown = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (Task.isContract(value)) return "a Task"
  if (TaskGroup.isTaskGroup(value)) return "a TaskGroup"
  if (Array.isArray(value)) return "an array"
  if (types.isModuleNamespaceObject(value)) return "a module"
  return typeof value === "function" ? "a function" : typeof value === "object" && value !== null
    ? "an object"
    : String(value)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Of any realm. */
const isUrl = (value: unknown): boolean => value instanceof URL || (isRecord(value) && isText(value["href"]))

const isText = (value: unknown): boolean => typeof value === "string" && value !== ""

/** What an option has to be, where it is none of it. */
const unless = (name: string, value: unknown, is: (value: unknown) => boolean, what: string): string | undefined =>
  value === undefined || is(value) ? undefined : `${name} is ${shown(value)}, and has to be ${what}`

const duration = (name: string, value: unknown): string | undefined =>
  unless(name, value, (it) => Option.isSome(Duration.decodeUnknown(it)), "a duration: \"5 seconds\", or milliseconds")

const wrongParts = (options: Options): string | undefined => {
  const record = (name: string, value: unknown) => unless(name, value, isRecord, "a record")
  return record("memory", options.memory) ?? record("executors", options.executors) ??
    record("restarts", options.restarts) ?? record("resources", options.resources) ??
    record("resourceLimits", options.resourceLimits) ?? record("policies", options.policies) ??
    record("env", options.env) ??
    unless("execArgv", options.execArgv, (it) => Array.isArray(it) && it.every(isText), "an array of texts")
}

const wrongNumbers = (options: Options): string | undefined => {
  const amount = Object.entries(options.resources ?? {}).find(([, it]) => !(it >= 0 && Number.isFinite(it)))
  if (amount !== undefined) {
    return `resources.${amount[0]} is ${shown(amount[1])}, and has to be a finite number, 0 or more`
  }
  const { io, outboxMax } = options
  return unless("io", io, (it) => Number(it) >= 1, "a number from 1") ??
    unless("outboxMax", outboxMax, (it) => Number(it) > 0, "a number of bytes, more than 0")
}

const wrongDurations = ({ copiesIdle, executors, grace, restarts, startWithin }: Options): string | undefined =>
  duration("grace", grace) ?? duration("startWithin", startWithin) ?? duration("copiesIdle", copiesIdle) ??
    duration("executors.lifetime", executors?.lifetime) ?? duration("restarts.period", restarts?.period) ??
    duration("restarts.delay", restarts?.delay) ?? duration("restarts.maxDelay", restarts?.maxDelay)

const wrongTexts = ({ host, spawn, workerName }: Options): string | undefined =>
  unless("host", host, isText, "a text") ?? unless("workerName", workerName, isText, "a text") ??
    unless("spawn", spawn, (it) => typeof it === "function", "a function that starts a worker")

const address = "the address of the module that exports the tasks, which each executor loads for itself"

export const check = (options: Options): Effect.Effect<void, NodeClusterError> => {
  const bad = (detail: string, advice?: string) => new NodeClusterError({ reason: "BadOption", detail, advice })
  if (!isRecord(options)) return bad("there are no options", "give `tasks: new URL(\"./tasks.js\", import.meta.url)`")
  const tasks = unless("tasks", options.tasks, (it) => isText(it) || isUrl(it), address)
  if (tasks !== undefined) {
    return bad(
      tasks,
      "give `tasks: new URL(\"./tasks.js\", import.meta.url)`; it is `LocalCluster` that takes a TaskGroup itself"
    )
  }
  const wrong = wrongParts(options) ?? wrongNumbers(options) ?? wrongDurations(options) ?? wrongTexts(options)
  return wrong === undefined ? Effect.void : bad(wrong)
}
