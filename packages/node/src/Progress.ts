/**
 * Progress on a terminal, by task name: done, erred, running, waiting, time left. Drawn in place on a terminal, a line now
 * and then where the output is a file or a pipe.
 *
 * @since 0.1.0
 */
import * as Client from "creel/Client"
import type { GroupProgress } from "creel/Door"
import type { Future } from "creel/Future"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type * as tty from "node:tty"
import * as View from "./internal/progressView.js"

/**
 * Where to draw. A `tty.WriteStream` has all of these; any stream has the first.
 *
 * @since 0.1.0
 * @category models
 */
export interface Output {
  readonly write: (text: string) => unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
  readonly hasColors?: tty.WriteStream["hasColors"] | undefined
}

/**
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default: standard error, so that a program's own output stays its own. */
  readonly output?: Output | undefined
  /** How often to look. Default: 100 milliseconds on a terminal, a second elsewhere. */
  readonly interval?: Duration.DurationInput | undefined
  /** Default: whether the output has colours and `NO_COLOR` is not set. */
  readonly color?: boolean | undefined
  /** Default: true, but on an old Windows console. */
  readonly unicode?: boolean | undefined
}

/** A value of the environment, its own only. */
const env = (name: string): string | undefined => Object.hasOwn(process.env, name) ? process.env[name] : undefined

const isSet = (name: string): boolean => (env(name) ?? "") !== ""

const drawsInPlace = (output: Output): boolean => output.isTTY === true && env("TERM") !== "dumb"

const hasColor = (output: Output): boolean =>
  drawsInPlace(output) && !isSet("NO_COLOR") && output.hasColors?.() !== false

const hasUnicode = (): boolean =>
  process.platform !== "win32" || isSet("WT_SESSION") || env("TERM_PROGRAM") === "vscode"

/** What stands on the screen, and what is known: the one place that remembers. */
class Screen {
  private drawn = 0
  private known: ReadonlyArray<GroupProgress> = []
  /** What has had its end and its last drawing. */
  private readonly settled = new Set<string>()
  private readonly output: Output

  constructor(private readonly options: Options) {
    this.output = options.output ?? process.stderr
  }

  readonly show = (now: ReadonlyArray<GroupProgress>): void => {
    const before = this.known
    this.known = View.steady(before, now)
    if (!drawsInPlace(this.output)) {
      for (const line of View.plainLines(before, this.known)) this.output.write(`${line}\n`)
      return
    }
    const wasActive = before.some(View.isActive)
    const active = this.known.some(View.isActive)
    for (const group of this.known) if (View.isActive(group)) this.settled.delete(group.group)
    const groups = this.known.filter((group) => !this.settled.has(group.group))
    if (groups.length > 0 && (active || wasActive || before.length === 0)) this.draw(groups)
    if (active) return
    // All is done: what stands there stays, and what comes next begins below it.
    this.drawn = 0
    for (const group of groups) this.settled.add(group.group)
  }

  private draw(groups: ReadonlyArray<GroupProgress>): void {
    const lines = View.render(groups, {
      width: Math.max(20, (this.output.columns || 80) - 1),
      height: Math.max(1, (this.output.rows || 24) - 1),
      color: this.options.color ?? hasColor(this.output),
      unicode: this.options.unicode ?? hasUnicode()
    })
    this.output.write(View.redraw(this.drawn, lines))
    this.drawn = lines.length
  }
}

const interval = (options: Options): Duration.DurationInput =>
  options.interval ?? (drawsInPlace(options.output ?? process.stderr) ? "100 millis" : "1 second")

/**
 * Shows how far these futures and all they need are, until they are done.
 *
 * @example
 * ```ts
 * import { Progress } from "@creel/node"
 * import { Client, Task } from "creel"
 * import { Effect } from "effect"
 *
 * const slow = Task.make("slow", (x: number) => Effect.succeed(x).pipe(Effect.delay("1 second")))
 *
 * const program = Effect.gen(function*() {
 *   const futures = yield* Client.map(slow, [1, 2, 3])
 *   yield* Progress.terminal(futures)
 * })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const terminal = (
  futures: Iterable<Future.Any>,
  options: Options = {}
): Effect.Effect<void, never, Client.Client> =>
  Effect.suspend(() => {
    const screen = new Screen(options)
    return Client.progress(futures, { interval: interval(options) }).pipe(
      Stream.runForEach((groups) => Effect.sync(() => screen.show(groups)))
    )
  })

/**
 * Shows how far everything is for as long as the layer lives.
 *
 * @example
 * ```ts
 * import { NodeCluster, Progress } from "@creel/node"
 * import { Layer } from "effect"
 *
 * const Cluster = NodeCluster.layerThreads({ tasks: "./tasks.js" })
 * const WithProgress = Layer.provideMerge(Progress.layerTerminal(), Cluster)
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTerminal = (options: Options = {}): Layer.Layer<never, never, Client.Client> =>
  Layer.scopedDiscard(Effect.suspend(() => {
    const screen = new Screen(options)
    return Client.progress(undefined, { interval: interval(options) }).pipe(
      Stream.runForEach((groups) => Effect.sync(() => screen.show(groups))),
      Effect.forkScoped
    )
  }))
