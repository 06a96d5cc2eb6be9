// What the threads can run. A task has spans of its own as any effect has; Creel puts them below the span of the task.
import { Task } from "creel"
import { Effect } from "effect"

export const render = Task.make(
  "render",
  (page: number) =>
    Effect.sync(() => Uint8Array.from({ length: 200_000 }, (_, n) => n * page)).pipe(
      Effect.withSpan("paint", { attributes: { page } })
    )
)

export const compress = Task.make(
  "compress",
  (pixels: Uint8Array) =>
    Effect.sync(() => pixels.filter((pixel, n) => pixel !== pixels[n - 1]).length).pipe(
      Effect.withSpan("run lengths", { attributes: { bytes: pixels.length } })
    )
)
