/**
 * Profiles on demand: `/api/profile?seconds=5&interval=1000&worker=…` makes one, and answers it as data; `as` or `last`
 * say in which form, the latter of the one before, which is kept.
 */
import type * as Door from "creel/Door"
import * as Profile from "creel/Profile"
import * as Effect from "effect/Effect"
import { json, type Reply, type Route, text } from "./reply.js"

const forms = ["json", "speedscope", "cpuprofile"] as const
type Form = typeof forms[number]

const file = (name: string, body: string): Reply => ({
  status: 200,
  type: "application/json; charset=utf-8",
  body,
  headers: { "content-disposition": `attachment; filename="${name}"`, "cache-control": "no-store" }
})

const replyOf = (profile: Profile.Profile, form: Form): Reply =>
  form === "speedscope"
    ? file("creel.speedscope.json", Profile.toSpeedscope(profile))
    : form === "cpuprofile"
    ? file("creel.cpuprofile", Profile.toCpuProfile(profile))
    : json(profile)

const formOf = (name: string | null): Form | undefined => forms.find((form) => form === name)

const refused = text(400, `Say which form: ${forms.join(", ")}.`)

const numberOf = (text: string | null, otherwise: number): number => {
  const number = Number(text ?? otherwise)
  return Number.isFinite(number) && number > 0 ? number : otherwise
}

export const route = (ask: Door.Questions): Route => {
  let before: Profile.Profile | undefined
  return ({ response, url }) =>
    Effect.gen(function*(): Effect.fn.Return<Reply> {
      const { searchParams } = url
      const last = searchParams.get("last")
      const form = formOf(last ?? searchParams.get("as") ?? "json")
      if (form === undefined) return refused
      if (last !== null) return before === undefined ? text(404, "Nothing was profiled yet.") : replyOf(before, form)
      response.setTimeout(0)
      const profile = yield* ask.profile({
        millis: numberOf(searchParams.get("seconds"), 5) * 1000,
        interval: numberOf(searchParams.get("interval"), 1000),
        worker: searchParams.get("worker") ?? undefined
      })
      const problem = Profile.problem(profile)
      if (problem !== undefined) return text(409, `Nothing was profiled: ${problem}.`)
      before = profile
      return replyOf(profile, form)
    })
}
