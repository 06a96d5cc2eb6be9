/**
 * Proof of deaths: when a connection ends, its process may have. Who asks at the port where a process serves its values is
 * told by the machine itself that nobody is there, as soon as the process is gone; one that stands still, or is cut off,
 * says nothing. Owned here: that question, when it is asked again, and when its answer is proof.
 */
import * as Effect from "effect/Effect"
import * as net from "node:net"

/** Milliseconds a machine may take to say that there is nobody. */
const answersWithin = 1000

/** Whether the machine says that nobody listens there. */
const isRefused = (host: string, port: number): Effect.Effect<boolean> =>
  Effect.async<boolean>((resume) => {
    const socket = net.connect({ host, port })
    const done = (refused: boolean) => {
      socket.destroy()
      resume(Effect.succeed(refused))
    }
    socket.setTimeout(answersWithin, () => done(false))
    socket.once("connect", () => done(false))
    socket.once("error", (error: NodeJS.ErrnoException) => done(error.code === "ECONNREFUSED"))
    return Effect.sync(() => socket.destroy())
  })

/**
 * Whether the process that serves its values at this URL is gone, for certain. Its connection may have ended before it
 * was, so it is asked for some times; and the answer counts when it was given twice.
 */
export const isProven = (url: string | undefined): Effect.Effect<boolean> => {
  if (url === undefined || !URL.canParse(url)) return Effect.succeed(false)
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, "")
  const twice = Effect.zipWith(
    isRefused(host, Number(port)),
    Effect.delay(isRefused(host, Number(port)), "50 millis"),
    (first, second) => first && second
  )
  const ask = (times: number): Effect.Effect<boolean> =>
    Effect.flatMap(
      twice,
      (gone) => gone || times <= 1 ? Effect.succeed(gone) : Effect.delay(ask(times - 1), "250 millis")
    )
  return ask(4)
}

/** Milliseconds until it is asked once more, at first and at most. */
const again = { first: 1000, most: 15_000 }

/**
 * Whether it is gone, asked ever less often until it is, or until `over`: a process whose connection was given up while it
 * stood still may well die before it comes back, and then no connection is left whose end would tell.
 */
export const isProvenBy = (url: string | undefined, over: () => boolean): Effect.Effect<boolean> => {
  const ask = (wait: number): Effect.Effect<boolean> =>
    Effect.suspend(() => over() ? Effect.succeed(false) : isProven(url)).pipe(
      Effect.flatMap((gone) =>
        gone || over() ? Effect.succeed(gone) : Effect.delay(ask(Math.min(2 * wait, again.most)), wait)
      )
    )
  return ask(again.first)
}
