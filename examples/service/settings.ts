// What a replica is told by its environment.
import { Config } from "effect"

export const settings = Config.all({
  /** What this replica is called, in logs and by the others. */
  replica: Config.string("REPLICA").pipe(Config.withDefault("service")),
  threads: Config.integer("THREADS").pipe(Config.withDefault(2)),
  database: Config.redacted("DATABASE_URL"),
  /** What the replicas know each other by; without it they speak on this machine only. */
  secret: Config.option(Config.redacted("CLUSTER_SECRET")),
  /** How long one may be silent before the others do without it, and another carries the scheduler if it did. */
  silence: Config.duration("SILENCE").pipe(Config.withDefault("4 seconds")),
  http: Config.all({
    host: Config.string("HTTP_HOST").pipe(Config.withDefault("127.0.0.1")),
    /** 0: any that is free. */
    port: Config.port("HTTP_PORT").pipe(Config.withDefault(0))
  }),
  /** Told to end, it waits so long for somebody to ask for its health, and hear that it leaves. */
  drainWithin: Config.duration("DRAIN_WITHIN").pipe(Config.withDefault("5 seconds")),
  /** So long for the requests it has to be answered. */
  finishWithin: Config.duration("FINISH_WITHIN").pipe(Config.withDefault("20 seconds")),
  /** And so long for its worker to end what runs there, and to hand over what only it holds. */
  leaveWithin: Config.duration("LEAVE_WITHIN").pipe(Config.withDefault("10 seconds"))
})
