export * as Actor from "./Actor.js"

export * as ActorError from "./ActorError.js"

export * as ActorServer from "./ActorServer.js"

export * as ChildSpec from "./ChildSpec.js"

export * as MachineActor from "./MachineActor.js"

export * as Registry from "./Registry.js"

export * as Supervisor from "./Supervisor.js"

export * as Timers from "./Timers.js"

export * as Watch from "./Watch.js"
