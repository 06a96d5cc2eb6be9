import { afterEach } from "vitest"

/**
 * vitest's workers and its main process ask each other things, and a question that is unanswered for a minute fails the
 * run. Tests that never wait follow each other in one turn, in which no answer can be heard: on a slow machine a file of
 * them takes that minute. So there is a turn after each.
 */
afterEach(() => new Promise<void>((resolve) => void setImmediate(resolve)))
