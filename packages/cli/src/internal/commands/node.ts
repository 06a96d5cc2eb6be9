/** `creel node`: what it can be told. What it does is loaded when it is to be done: see `running`. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import { running } from "../lazily.js"
import * as Given from "../options.js"
import { summaries } from "../summaries.js"

const executors = {
  tasks: Given.optional("tasks", "CREEL_TASKS", "The module that exports the tasks, compiled: ./tasks.js"),
  worker: Given.optional(
    "worker",
    "CREEL_WORKER",
    "Instead of --tasks: a worker's entry, which ends in NodeWorker.launch and may bring services: ./worker.js"
  ),
  threads: Given.integer(
    "threads",
    "CREEL_THREADS",
    "On how many threads tasks run. Default: as many as there are cores"
  ),
  processes: Given.integer("processes", "CREEL_PROCESSES", "Instead of --threads: on how many child processes."),
  workers: Given.integer("workers", "CREEL_WORKERS", "How many workers share these evenly. Default: 1"),
  minimum: Given.integer(
    "minimum",
    "CREEL_MINIMUM",
    "With --maximum: how many workers there are at least. Default: 1"
  ),
  maximum: Given.integer(
    "maximum",
    "CREEL_MAXIMUM",
    "As many workers as there is work for, up to this; each has one thread (or process) unless --workers says otherwise."
  ),
  target: Given.duration(
    "target",
    "CREEL_TARGET",
    "5 seconds",
    "With --maximum: within which time what is known of should be done. Default: 5s"
  )
}

const place = {
  name: Given.optional(
    "name",
    "CREEL_NAME",
    "What its workers are called: NAME-0, ... Default: this machine and process"
  ),
  host: Given.optional(
    "host",
    "CREEL_LISTEN_HOST",
    "What is listened on; anything but loopback needs credentials. Default: 127.0.0.1"
  ),
  advertise: Given.optional(
    "advertise",
    "CREEL_ADVERTISE",
    "By which name or address the others reach this node. Default: --host, or this machine's name for 0.0.0.0"
  ),
  port: Given.integer(
    "port",
    "CREEL_LISTEN_PORT",
    "The first of three ports: scheduler, values, other nodes. Default: any that are free"
  ),
  healthPort: Given.integer(
    "health-port",
    "CREEL_HEALTH_PORT",
    "Answers probes there by HTTP: /live, and /ready, which is whether the scheduler is found. Default: none"
  ),
  health: Options.choice("health", ["silence", "kubernetes"]).pipe(
    Options.withFallbackConfig(Config.literal("silence", "kubernetes")("CREEL_HEALTH")),
    Options.withDefault("silence" as const),
    Options.withDescription(
      "Who says that a node is ill: its silence alone, or Kubernetes too (see deploy/). Default: silence [CREEL_HEALTH]"
    )
  )
}

const limits = {
  memory: Given.bytes(
    "memory",
    "CREEL_MEMORY",
    "What values may take in memory, as 4GiB; beyond it they go to the disk. Default: half of what there is"
  ),
  spillDirectory: Given.optional(
    "spill-directory",
    "CREEL_SPILL_DIRECTORY",
    "Where on the disk. Default: the system's"
  ),
  resources: Options.keyValueMap("resource").pipe(
    Options.optional,
    Options.withDescription("NAME=AMOUNT: what each worker has for tasks that ask for it; may be given again.")
  ),
  plainFunctions: Options.boolean("plain-functions").pipe(
    Options.withDescription(
      "Runs functions that clients send as text, too: whoever may submit may then run any code here."
    )
  ),
  leaveWithin: Given.duration(
    "leave-within",
    "CREEL_LEAVE_WITHIN",
    "10 seconds",
    "How long it may take to hand over what it has when it is told to end. Default: 10s"
  )
}

const options = { ...Given.cluster, ...executors, ...place, ...limits, within: Given.within, json: Given.json }

export type NodeOptions = Command.Command.ParseConfig<typeof options>

export const node = Command.make("node", options, (given) => Effect.flatMap(running, ({ run }) => run(given))).pipe(
  Command.withDescription(summaries.node)
)
