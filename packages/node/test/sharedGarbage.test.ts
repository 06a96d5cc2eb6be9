import { afterEach, beforeEach, expect, it, vi } from "@effect/vitest"
import * as SharedGarbage from "../src/internal/sharedGarbage.js"

/** Too little to be collected in the midst of work, and more than a heap of a test is worth. */
const bytes = 200 * 1024 * 1024

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it("all is collected a second after the last of it, when nothing ended meanwhile", () => {
  const told: Array<SharedGarbage.How> = []
  const stop = SharedGarbage.follow((how) => told.push(how))
  SharedGarbage.letGo(Infinity)(bytes)
  vi.advanceTimersByTime(600)
  SharedGarbage.ended()
  vi.advanceTimersByTime(600)
  expect(told).toEqual([])
  SharedGarbage.ended()
  vi.advanceTimersByTime(900)
  expect(told).toEqual([])
  vi.advanceTimersByTime(3000)
  expect(told).toEqual(["all"])
  stop()
})

it("what is new is collected once tasks returned so much that V8 would soon collect all for it", async () => {
  const gc = vi.fn()
  vi.stubGlobal("gc", gc)
  vi.resetModules()
  const executors = await import("../src/internal/sharedGarbage.js")
  executors.copied(3_000_000)
  vi.runAllTimers()
  expect(gc).not.toHaveBeenCalled()
  executors.copied(3_000_000)
  executors.copied(3_000_000)
  vi.runAllTimers()
  expect(gc.mock.calls).toEqual([[{ type: "minor" }]])
  vi.unstubAllGlobals()
})
