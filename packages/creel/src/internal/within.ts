/**
 * How long workers that go may take, in milliseconds, where that was said.
 */
import * as Duration from "effect/Duration"
import type { ScaleOptions } from "../Cluster.js"

export const millis = (options: ScaleOptions | undefined): number | undefined =>
  options?.within === undefined ? undefined : Duration.toMillis(options.within)
