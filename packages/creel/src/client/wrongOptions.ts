/**
 * What is wrong with what a program was given, in a sentence, or nothing. Types refuse all of it; programs without types, and
 * options out of a configuration, are told here, before a scheduler that works by them hears of it.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type * as Task from "../Task.js"

export const shown = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  return typeof value === "object" && value !== null ? "an object" : String(value)
}

export const ofDuration = (name: string, value: unknown): string | undefined =>
  value === undefined || Option.isSome(Duration.decodeUnknown(value)) ?
    undefined :
    `${name} is ${shown(value)}, and has to be a duration: "5 seconds", or milliseconds`

export const ofWorkers = (value: unknown): string | undefined => {
  if (value === undefined) return undefined
  const names: unknown = typeof value === "string" ? [value] : value
  if (!Array.isArray(names)) return `workers is ${shown(value)}, and has to be a name or an array of names`
  if (names.length === 0) return "workers names none: leave it out to allow any"
  const odd: unknown = names.find((name) => typeof name !== "string" || name === "")
  return odd === undefined && !names.includes(undefined) ? undefined : `workers has ${shown(odd)} where a name belongs`
}

const ofText = (name: string, value: unknown): string | undefined =>
  value === undefined || (typeof value === "string" && value !== "") ?
    undefined
    : value === ""
    ? `${name} must not be empty`
    : `${name} is ${shown(value)}, and has to be a string`

export const ofResources = (resources: unknown): string | undefined => {
  if (resources === undefined) return undefined
  if (typeof resources !== "object" || resources === null || Array.isArray(resources)) {
    return `resources is ${shown(resources)}, and has to be a record of amounts`
  }
  for (const [name, amount] of Object.entries(resources)) {
    if (!(amount >= 0 && Number.isFinite(amount))) return `resources.${name} must be a finite number, 0 or more`
  }
  return undefined
}

const ofRetry = (retry: Task.RetryOptions | undefined): string | undefined => {
  if (retry === undefined) return undefined
  if (typeof retry !== "object" || retry === null) return `retry is ${shown(retry)}, and has to be a record`
  const { delay, factor, jitter, maxDelay, tags, times } = retry
  if (!(times >= 0)) return "retry.times must be 0 or more"
  if (factor !== undefined && !(factor >= 0 && Number.isFinite(factor))) {
    return "retry.factor must be a finite number, 0 or more"
  }
  if (typeof jitter === "number" && !(jitter >= 0 && jitter <= 1)) return "retry.jitter must be between 0 and 1"
  if (tags !== undefined && !(Array.isArray(tags) && tags.every((tag) => typeof tag === "string"))) {
    return `retry.tags is ${shown(tags)}, and has to be an array of strings`
  }
  return ofDuration("retry.delay", delay) ?? ofDuration("retry.maxDelay", maxDelay)
}

export const ofSubmission = (options: Task.SubmitOptions): string | undefined => {
  const { allowOtherWorkers, group, key, priority, resources, retry, timeout, workers } = options
  if (priority !== undefined && !Number.isFinite(priority)) return "priority must be a finite number"
  if (allowOtherWorkers === true && workers === undefined) return "allowOtherWorkers without workers says nothing"
  const wrong = ofText("key", key) ?? ofText("group", group) ?? ofWorkers(workers) ?? ofDuration("timeout", timeout) ??
    ofResources(resources) ?? ofRetry(retry)
  if (wrong !== undefined) return wrong
  return timeout !== undefined && !(Duration.toMillis(timeout) > 0) ? "timeout must be longer than 0" : undefined
}
