/**
 * The errors of this package, all of them tagged and all of them with a
 * message that says what happened, to which actor, and what to do now.
 *
 * Failures of an actor (`MachineFailed`, `ActorFailed`, `SupervisorFailed`)
 * are news for whoever supervises or watches it. Refusals (`MailboxFull`,
 * `StashFull`, `ActorDown`) are answers to a caller.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Schema from "effect/Schema"

const CauseFromUnknown = Schema.Cause({ error: Schema.Defect, defect: Schema.Defect })

const firstLine = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

const tagOf = (event: unknown): string =>
  typeof event === "object" && event !== null && "_tag" in event ? String(event._tag) : typeof event

const describe = (events: ReadonlyArray<unknown>): string => {
  if (events.length === 0) return "no message"
  const names = events.slice(0, 3).map(tagOf).join(", ")
  return `${events.length} message${events.length === 1 ? "" : "s"} (${names}${events.length > 3 ? ", …" : ""})`
}

/**
 * A machine actor ended because its step, its perform or one of its hands
 * failed, or because an actor it is linked to did. `events` is the batch that
 * was being handled, or, for a hand, the batch whose command started it. The
 * state is not to be used again: a restart begins with a fresh one.
 *
 * @since 0.1.0
 * @category errors
 */
export class MachineFailed extends Schema.TaggedError<MachineFailed>("@creel/actor/MachineFailed")("MachineFailed", {
  /** The name given to `MachineActor.make`. */
  actor: Schema.String,
  /** Where it happened. */
  during: Schema.Literal("step", "perform", "work", "link"),
  /** The batch that caused it, oldest first. */
  events: Schema.Array(Schema.Unknown),
  /** What was thrown. */
  cause: CauseFromUnknown
}) {
  override get message(): string {
    return `Actor "${this.actor}" failed in ${this.during} on ${describe(this.events)}: ${firstLine(this.cause)}`
  }
}

/**
 * An actor ended because a handler died (typed failures are replies and end
 * nothing), or because an actor it is linked to failed.
 *
 * @since 0.1.0
 * @category errors
 */
export class ActorFailed extends Schema.TaggedError<ActorFailed>("@creel/actor/ActorFailed")("ActorFailed", {
  /** The name given to `Actor.make`. */
  actor: Schema.String,
  /** The tag of the request that was being handled, if one was. */
  tag: Schema.UndefinedOr(Schema.String),
  /** The payload of that request. */
  payload: Schema.Unknown,
  /** What was thrown. */
  cause: CauseFromUnknown
}) {
  override get message(): string {
    const on = this.tag === undefined ? "" : ` while handling ${this.tag}`
    return `Actor "${this.actor}" failed${on}: ${firstLine(this.cause)}`
  }
}

/**
 * The mailbox holds as many messages as it may: this one was not taken. Send
 * it again later, send less, or raise the actor's `capacity`.
 *
 * @since 0.1.0
 * @category errors
 */
export class MailboxFull extends Schema.TaggedError<MailboxFull>("@creel/actor/MailboxFull")("MailboxFull", {
  /** The actor that refused. */
  actor: Schema.String,
  /** How many messages its mailbox may hold. */
  capacity: Schema.Number
}) {
  override get message(): string {
    return `The mailbox of actor "${this.actor}" is full (${this.capacity} messages): send it again later, or slow down`
  }
}

/**
 * The actor put this message aside and its stash holds as many as it may.
 *
 * @since 0.1.0
 * @category errors
 */
export class StashFull extends Schema.TaggedError<StashFull>("@creel/actor/StashFull")("StashFull", {
  /** The actor that refused. */
  actor: Schema.String,
  /** How many messages its stash may hold. */
  capacity: Schema.Number
}) {
  override get message(): string {
    return `Actor "${this.actor}" cannot take this message in its present state, and its stash is full ` +
      `(${this.capacity} messages): send it again later`
  }
}

/**
 * The actor does not run: the message was not handled, or it was being handled
 * when the actor ended and nobody knows how far it came. A supervised actor
 * comes back under the same name: look it up and decide whether to ask again.
 *
 * @since 0.1.0
 * @category errors
 */
export class ActorDown extends Schema.TaggedError<ActorDown>("@creel/actor/ActorDown")("ActorDown", {
  /** The actor that does not run. */
  actor: Schema.String,
  /** Whether this message had been begun when the actor ended. */
  begun: Schema.Boolean,
  /** Why the actor does not run. */
  reason: Schema.String
}) {
  override get message(): string {
    return `Actor "${this.actor}" is not running (${this.reason}); this message was ` +
      (this.begun ? "being handled when it ended: its effect is unknown" : "not handled: it can be sent again")
  }
}

/**
 * What any message to an actor may be answered with besides its own errors.
 *
 * @since 0.1.0
 * @category errors
 */
export type ActorError = MailboxFull | StashFull | ActorDown

/**
 * The schema of {@link ActorError}, for protocols that carry it.
 *
 * @since 0.1.0
 * @category errors
 */
export const ActorError = Schema.Union(MailboxFull, StashFull, ActorDown)

/**
 * A linked actor failed, and so this one does.
 *
 * @since 0.1.0
 * @category errors
 */
export class LinkBroken extends Schema.TaggedError<LinkBroken>("@creel/actor/LinkBroken")("LinkBroken", {
  /** The linked actor that failed first. */
  actor: Schema.String,
  /** How it failed. */
  cause: CauseFromUnknown
}) {
  override get message(): string {
    return `The linked actor "${this.actor}" failed: ${firstLine(this.cause)}`
  }
}

/**
 * A child could not be started: its `start` failed the first time. Nothing of
 * it is left behind.
 *
 * @since 0.1.0
 * @category errors
 */
export class StartFailed extends Schema.TaggedError<StartFailed>("@creel/actor/StartFailed")("StartFailed", {
  /** The supervisor that tried. */
  supervisor: Schema.String,
  /** The child's id. */
  child: Schema.String,
  /** Why it did not start. */
  cause: CauseFromUnknown
}) {
  override get message(): string {
    return `Supervisor "${this.supervisor}" could not start child "${this.child}": ${firstLine(this.cause)}`
  }
}

/**
 * A supervisor gave up: a child failed more often than its limit allows, or
 * the backoff schedule ended. All its children have been stopped. Its parent
 * treats this as the failure of a child.
 *
 * @since 0.1.0
 * @category errors
 */
export class SupervisorFailed
  extends Schema.TaggedError<SupervisorFailed>("@creel/actor/SupervisorFailed")("SupervisorFailed", {
    /** The supervisor that gave up. */
    supervisor: Schema.String,
    /** The child whose failure was one too many. */
    child: Schema.String,
    /** Failures counted within the period, this one included. */
    failures: Schema.Number,
    /** The child's last failure. */
    cause: CauseFromUnknown
  })
{
  override get message(): string {
    return `Supervisor "${this.supervisor}" gave up after ${this.failures} failure${
      this.failures === 1 ? "" : "s"
    } within its period; the last was of child "${this.child}": ${firstLine(this.cause)}`
  }
}

/**
 * A supervisor has a child of this id already. Choose another id, or remove
 * that child first.
 *
 * @since 0.1.0
 * @category errors
 */
export class ChildExists extends Schema.TaggedError<ChildExists>("@creel/actor/ChildExists")("ChildExists", {
  /** The supervisor asked. */
  supervisor: Schema.String,
  /** The id that is taken. */
  child: Schema.String
}) {
  override get message(): string {
    return `Supervisor "${this.supervisor}" already has a child "${this.child}"`
  }
}

/**
 * The child is unknown to this supervisor, or between two lives.
 *
 * @since 0.1.0
 * @category errors
 */
export class ChildNotRunning
  extends Schema.TaggedError<ChildNotRunning>("@creel/actor/ChildNotRunning")("ChildNotRunning", {
    /** The supervisor asked. */
    supervisor: Schema.String,
    /** The child's id. */
    child: Schema.String,
    /** Its status, or `unknown`. */
    status: Schema.String
  })
{
  override get message(): string {
    return `Child "${this.child}" of supervisor "${this.supervisor}" is not running (${this.status})`
  }
}

/**
 * The name is registered to something else. It is free again when the Scope of
 * that registration closes.
 *
 * @since 0.1.0
 * @category errors
 */
export class NameTaken extends Schema.TaggedError<NameTaken>("@creel/actor/NameTaken")("NameTaken", {
  /** The name. */
  name: Schema.String
}) {
  override get message(): string {
    return `The name "${this.name}" is already registered: stop its holder first, or choose another name`
  }
}

/**
 * Nobody is registered under this name now.
 *
 * @since 0.1.0
 * @category errors
 */
export class NameUnknown extends Schema.TaggedError<NameUnknown>("@creel/actor/NameUnknown")("NameUnknown", {
  /** The name. */
  name: Schema.String
}) {
  override get message(): string {
    return `Nobody is registered as "${this.name}": it has not started yet, or it is being restarted`
  }
}
