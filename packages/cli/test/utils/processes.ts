/** Processes of the program and of fixtures. */
import { fileURLToPath } from "node:url"
import * as Processes from "../../../cluster/test/utils/processes.js"

export type { Running } from "../../../cluster/test/utils/processes.js"

const here = fileURLToPath(new URL("..", import.meta.url))

const inHere = (file: string): string => fileURLToPath(new URL(`../${file}`, import.meta.url))

export const start = (file: string, args: ReadonlyArray<string>) => Processes.start(inHere(file), args, {}, here)

export const creel = (database: string, ...args: ReadonlyArray<string>) =>
  Processes.start(inHere("../dist/bin/creel.js"), args, { CREEL_STORAGE: database }, here)
