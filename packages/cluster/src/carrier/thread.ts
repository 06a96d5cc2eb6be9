/**
 * A carrier in a thread of its own: whatever the program does in its own thread, the lock of the scheduler is renewed in
 * time, and the scheduler goes on. Owned here: that there is such a thread, from the first to the last one.
 *
 * 1. One that dies is followed by another at the same ports, with the same members; what was asked meanwhile is asked of
 *    that one.
 * 2. Where there cannot be one, the carrier runs where the program does, and a warning says why.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as Scope from "effect/Scope"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import { ClusterError } from "../ClusterError.js"
import type * as Placement from "../Placement.js"
import type * as Security from "../Security.js"
import * as Carrier from "./carrier.js"
import type { Life } from "./life.js"
import * as CarrierLife from "./life.js"
import type { Start } from "./rpcs.js"
import * as SecurityData from "./securityData.js"
import * as SqlData from "./sqlData.js"

/** What goes there, or why it cannot. */
const startOf = (options: Carrier.Options, security: Security.Service) =>
  Effect.gen(function*() {
    const sql = SqlData.fromClient(yield* SqlClient.SqlClient)
    const credentials = SecurityData.dataOf(security)
    const level = yield* FiberRef.get(FiberRef.currentMinimumLogLevel)
    if (typeof sql === "string") return sql
    if (credentials === undefined) return "`security` was not made by Security"
    if (options.scheduler?.policies !== undefined) return "policies are functions"
    const boot = fileURLToPath(CarrierLife.boot)
    if (!fs.existsSync(boot)) return `${boot} is not there, a bundler left it out`
    const start: Start = { options, security: credentials, sql, logLevel: level._tag }
    return start
  })

/** Milliseconds before the next one begins: more after each that did not live for a minute. */
const pause = (failures: number): number => Math.min(200 * 2 ** failures, 10_000)

/** The threads, one after another. */
class Lives {
  /** Done while one lives. */
  current = Deferred.unsafeMake<Life>(FiberId.none)
  readonly members = new Map<string, Placement.Member>()

  constructor(private readonly start: Start, private life: Life) {
    Deferred.unsafeDone(this.current, Exit.succeed(life))
  }

  /** For ever: when one is gone the next begins, at the same ports. */
  readonly keeping: Effect.Effect<never, never, Scope.Scope> = Effect.suspend(() => this.succeed(0))

  private succeed(failures: number): Effect.Effect<never, never, Scope.Scope> {
    return Effect.gen(this, function*() {
      const { began, exited, scope } = this.life
      const why = yield* Deferred.await(exited)
      this.current = Deferred.unsafeMake(FiberId.none)
      const lived = (yield* Clock.currentTimeMillis) - began
      const failed = lived > 60_000 ? 0 : failures
      yield* Effect.logError(`the thread that carries the scheduler ended, and another one is started: ${why}`)
      yield* Scope.close(scope, Exit.void)
      this.life = yield* this.next(failed)
      yield* Effect.forEach(this.members.values(), (member) => this.tell(member), { discard: true })
      yield* Deferred.succeed(this.current, this.life)
      return yield* this.succeed(failed + 1)
    })
  }

  private next(failures: number): Effect.Effect<Life, never, Scope.Scope> {
    const options = { ...this.start.options, ports: this.life.ports }
    return CarrierLife.begin({ ...this.start, options }).pipe(
      Effect.delay(pause(failures)),
      Effect.catchAllCause((cause) =>
        Effect.zipRight(
          Effect.logError("no thread that could carry the scheduler", cause),
          this.next(failures + 1)
        )
      )
    )
  }

  private tell(member: Placement.Member): Effect.Effect<void> {
    return CarrierLife.asked(this.life, this.life.rpc.Register(member)).pipe(
      Effect.catchAll((error) => Effect.logWarning(`${member.id} is not written down as a member`, error))
    )
  }

  readonly register = (member: Placement.Member): Effect.Effect<void, ClusterError, Scope.Scope> =>
    Effect.acquireRelease(
      Effect.suspend(() => {
        this.members.set(member.id, member)
        return Effect.tapErrorCause(
          Effect.flatMap(Deferred.await(this.current), (life) => CarrierLife.asked(life, life.rpc.Register(member))),
          () => Effect.sync(() => this.members.delete(member.id))
        )
      }),
      () =>
        Effect.suspend(() => {
          this.members.delete(member.id)
          // Without a thread there is no row that is kept alive.
          const leaves = CarrierLife.asked(this.life, this.life.rpc.Leave({ id: member.id }))
          return Effect.ignore(Effect.disconnect(Effect.timeout(Effect.interruptible(leaves), "2 seconds")))
        })
    )

  readonly locate = (namespace: string): Effect.Effect<Placement.Place, ClusterError> => {
    const within = this.start.options.storage.locateWithin ?? 10_000
    return Effect.flatMap(
      // Which thread that is, is seen each time it is run.
      Effect.suspend(() => Deferred.await(this.current)),
      (life) => CarrierLife.asked(life, life.rpc.Locate({ namespace }))
    ).pipe(
      // There, that is bounded already: here it is for the time in which there is no thread.
      Effect.timeoutFail({
        duration: within + 2000,
        onTimeout: () =>
          new ClusterError({ reason: "NoScheduler", detail: `nobody could be asked for the scheduler of ${namespace}` })
      })
    )
  }
}

/** Carries in a thread, and where that cannot be, in this one. */
export const make = (
  options: Carrier.Options,
  security: Security.Service
): Effect.Effect<Carrier.Carrier, ClusterError, SqlClient.SqlClient | Scope.Scope> => {
  const here = (why: string) =>
    Effect.zipRight(
      Effect.logWarning(
        `the scheduler has no thread of its own while it is on this node, and stands still when the program does: ${why}`
      ),
      Carrier.make(options, security)
    )
  return Effect.flatMap(
    startOf(options, security),
    (start) =>
      typeof start === "string" ? here(start) : CarrierLife.begin(start).pipe(
        Effect.flatMap((life) =>
          Effect.gen(function*() {
            const lives = new Lives(start, life)
            yield* Effect.forkScoped(Effect.interruptible(lives.keeping))
            return { locate: lives.locate, register: lives.register, ports: life.ports }
          })
        ),
        Effect.catchTag("NoDatabase", ({ detail }) => here(`no client of the database could be made there (${detail})`))
      )
  )
}
