/**
 * The spans of what is done for a task before it runs, in the trace of whoever submitted it: `creel.schedule`, from its
 * submission until a worker is given it, and `creel.transfer`, for each value brought to where it runs. Together with the
 * submitter's own span and `creel.task` they are one trace.
 *
 * Who submits outside of a span pays one comparison a task, and nothing is recorded.
 */
import type * as Note from "@creel/core/Note"
import type * as Spec from "@creel/core/Spec"
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"

type Trace = NonNullable<Spec.Outward["trace"]>

/** Submitted and given to no worker yet, of traces alone; what is released before it runs is pushed out by what follows. */
const openMax = 10_000

export class ScheduleSpans {
  private readonly since = new Map<string, bigint>()

  constructor(private readonly tracer: Tracer.Tracer, private readonly clock: Clock.Clock) {}

  submitted(notes: ReadonlyArray<Note.FromClient>): void {
    for (const note of notes) {
      if (note._tag !== "Submit" || !note.specs.some(isTraced)) continue
      const now = this.clock.unsafeCurrentTimeNanos()
      for (const spec of note.specs) if (isTraced(spec)) this.begin(spec.key, now)
    }
  }

  private begin(key: string, now: bigint): void {
    this.since.set(key, now)
    if (this.since.size > openMax) { for (const oldest of this.since.keys()) if (this.since.delete(oldest)) break }
  }

  /** What a worker is given; another attempt at the same begins anew, when it is given. */
  assigned(worker: string, notes: ReadonlyArray<Note.ToWorker>): void {
    for (const note of notes) {
      if (note._tag !== "RunTask" || !isTraced(note.spec)) continue
      const { attempt, failures, spec } = note
      const now = this.clock.unsafeCurrentTimeNanos()
      const since = this.since.get(spec.key) ?? now
      this.since.delete(spec.key)
      const parent = Option.some(Tracer.externalSpan(spec.outward!.trace!))
      const span = this.tracer.span(`creel.schedule ${spec.group}`, parent, Context.empty(), [], since, "internal")
      span.attribute("creel.key", spec.key)
      span.attribute("creel.worker", worker)
      span.attribute("creel.attempt", attempt)
      span.attribute("creel.failures", failures)
      span.end(now, Exit.void)
    }
  }
}

const isTraced = (spec: Spec.Spec): boolean => spec.outward?.trace !== undefined

/** Reading a value from its holder, for the sake of this task. */
export const transferred = <A, E>(
  read: Effect.Effect<A, E>,
  trace: Trace,
  attributes: { readonly "creel.value": string; readonly "creel.holder": string; readonly "creel.key": string }
): Effect.Effect<A, E> =>
  Effect.withSpan(read, "creel.transfer", { parent: Tracer.externalSpan(trace), kind: "consumer", attributes })
