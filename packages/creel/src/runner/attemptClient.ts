/**
 * The Client of an attempt, made when the attempt first asks it for something: most never do, and there is one for each
 * attempt.
 */
import type * as Client from "../Client.js"
import type { AttemptBinding, ClientCore } from "../client/core.js"
import { fromState } from "../client/service.js"
import { type State, stateKey } from "../client/state.js"

class Lazy {
  private made: Client.Service | undefined

  constructor(readonly state: State) {}

  get service(): Client.Service {
    return this.made ??= fromState(this.state)
  }
}

/** The service as it is, looked at or spread; what is new is that `stateKey` answers without it. */
const handler: ProxyHandler<Lazy> = {
  get: (lazy, key) =>
    key === stateKey
      ? lazy.state
      : Reflect.get(lazy.service, key),
  has: (lazy, key) => Reflect.has(lazy.service, key),
  ownKeys: (lazy) => Reflect.ownKeys(lazy.service),
  getOwnPropertyDescriptor: (lazy, key) => {
    const property = Reflect.getOwnPropertyDescriptor(lazy.service, key)
    return property && { ...property, configurable: true }
  },
  getPrototypeOf: (lazy) => Reflect.getPrototypeOf(lazy.service)
}

// A proxy stands for the service that its handler answers with.
export const lazyClient = (core: ClientCore, attempt: AttemptBinding): Client.Service =>
  new Proxy(new Lazy({ core, attempt, place: undefined }), handler) as unknown as Client.Service
