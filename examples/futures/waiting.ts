// News takes a moment: a release goes to the scheduler and on to the workers.
import { Client, type Door } from "creel"
import { Effect } from "effect"

/** The workers, once all of them are as said; as they are after ten seconds in any case. */
export const workersOnce = (holds: (worker: Door.WorkerView) => boolean) =>
  Effect.iterate<ReadonlyArray<Door.WorkerView>, Client.Client, never>([], {
    while: (workers) => workers.length === 0 || !workers.every(holds),
    body: () => Effect.delay(Client.workers, "10 millis")
  }).pipe(
    Effect.timeout("10 seconds"),
    Effect.catchTag("TimeoutException", () => Client.workers)
  )
