/**
 * Marks: one byte per posted job, set by the executor at the moment the job's code begins. Memory shared with a thread,
 * or a file shared with a process, so what had begun is known whatever ends the executor, and however suddenly.
 *
 * A mark is a place and the number that is to stand there. Each job at a place has the next number, so that nothing need be
 * wiped between two: writing to a file costs as much as all else that is done for a small job.
 */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type { OpenOptions } from "../ExecutorRpcs.js"

/** How many posted jobs can be told apart; more at once are known by their events only. */
export const capacity = 4096

const numbers = 255

export interface Marks {
  readonly open: OpenOptions["marks"]
  readonly isSet: (mark: number) => boolean
  /** Forgets what stands at the place of this mark. */
  readonly wipe: (mark: number) => void
  readonly close: () => void
}

/** The first mark at a place. */
export const first = (place: number): number => place + capacity

/** The mark that says of a job that had begun that it has ended. */
export const over = (mark: number): number => mark < 0 ? mark : placeOf(mark)

/** The next mark at the place of this one. */
export const next = (mark: number, marks: Marks): number => {
  if (numberOf(mark) < numbers) return mark + capacity
  marks.wipe(mark)
  return first(placeOf(mark))
}

const placeOf = (mark: number): number => mark % capacity
const numberOf = (mark: number): number => Math.floor(mark / capacity)

export const shared = (): Marks => {
  const buffer = new SharedArrayBuffer(capacity)
  const bytes = new Uint8Array(buffer)
  return {
    open: { _tag: "Shared", buffer },
    isSet: (mark) => mark >= 0 && Atomics.load(bytes, placeOf(mark)) === numberOf(mark),
    wipe: (mark) => {
      Atomics.store(bytes, placeOf(mark), 0)
    },
    close: () => {}
  }
}

const zero = new Uint8Array([0])

/** `fd` is the descriptor in this process; the child has it as `childFd`. Returns undefined where no file can be made. */
export const file = (childFd: number): (Marks & { readonly fd: number }) | undefined => {
  const name = path.join(os.tmpdir(), `creel-marks-${process.pid}-${Math.random().toString(36).slice(2)}`)
  let fd: number
  try {
    fd = fs.openSync(name, "wx+", 0o600)
  } catch {
    return undefined
  }
  const remove = (): void => {
    try {
      fs.unlinkSync(name)
    } catch {
      // Where an open file cannot be removed, `close` tries again.
    }
  }
  remove()
  const byte = new Uint8Array(1)
  let open = true
  return {
    fd,
    open: { _tag: "File", fd: childFd },
    isSet: (mark) =>
      open && mark >= 0 && fs.readSync(fd, byte, 0, 1, placeOf(mark)) === 1 && byte[0] === numberOf(mark),
    wipe: (mark) => {
      if (open) fs.writeSync(fd, zero, 0, 1, placeOf(mark))
    },
    close: () => {
      if (!open) return
      open = false
      fs.closeSync(fd)
      remove()
    }
  }
}

export const none: Marks = { open: undefined, isSet: () => false, wipe: () => {}, close: () => {} }

/** The executor's side. */
export const marker = (open: OpenOptions["marks"]): (mark: number) => void => {
  if (open === undefined) return () => {}
  if (open._tag === "Shared") {
    const bytes = new Uint8Array(open.buffer)
    return (mark) => {
      if (mark >= 0) Atomics.store(bytes, placeOf(mark), numberOf(mark))
    }
  }
  const byte = new Uint8Array(1)
  return (mark) => {
    if (mark < 0) return
    byte[0] = numberOf(mark)
    fs.writeSync(open.fd, byte, 0, 1, placeOf(mark))
  }
}
