/** Every scenario, in the order in which they are run. */
import { bombs, bombsAnywhere } from "./bombs.js"
import { clients } from "./clients.js"
import { clock } from "./clock.js"
import { cut } from "./cut.js"
import { database } from "./database.js"
import { disk } from "./disk.js"
import { frozenScheduler, frozenWorker } from "./frozen.js"
import { kills } from "./kills.js"
import { memory } from "./memory.js"
import { partition } from "./partition.js"
import type { Scenario } from "./scenario.js"
import { strangers } from "./strangers.js"
import { together } from "./together.js"

export const all: ReadonlyArray<Scenario> = [
  kills,
  frozenWorker,
  frozenScheduler,
  partition,
  cut,
  database,
  together,
  bombs,
  bombsAnywhere,
  clients,
  disk,
  clock,
  memory,
  strangers
]
