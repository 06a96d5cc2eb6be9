export * as ActorError from "./ActorError.js"

export * as ChildSpec from "./ChildSpec.js"

export * as MachineActor from "./MachineActor.js"

export * as Supervisor from "./Supervisor.js"

export * as Watch from "./Watch.js"
