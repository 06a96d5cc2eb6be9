/**
 * What leaves a client in one turn, in few notes: it owns how notes merge on their way out, and what that saves. Order
 * within a key is kept: only neighbours of one kind merge.
 */
import type * as Id from "@creel/core/Id"
import * as Link from "@creel/core/Link"
import type * as Note from "@creel/core/Note"

const emptySubmit = Link.weigh({ _tag: "Submit", specs: [], wants: [], keep: [] })

const submits = (notes: ReadonlyArray<Note.FromClient>): number => {
  let count = 0
  for (const note of notes) if (note._tag === "Submit") count++
  return count
}

/** At so many entries a merged note is full. */
const mergedMax = 512

/** Submissions that leave together are one note, and so are releases that follow one another. */
export const merged = (notes: ReadonlyArray<Note.FromClient>): Array<Note.FromClient> => {
  const out: Array<Note.FromClient> = []
  let submit: { specs: Array<Note.Submit["specs"][number]>; wants: Array<Note.Want>; keep: Array<Id.Key> } | undefined
  let release: Array<Note.Want> | undefined
  for (const note of notes) {
    if (note._tag !== "Submit") submit = undefined
    if (note._tag !== "Release" || note.answer) release = undefined
    if (note._tag === "Submit") {
      if (submit === undefined || submit.specs.length >= mergedMax) {
        submit = { specs: [], wants: [], keep: [] }
        out.push({ _tag: "Submit", ...submit })
      }
      for (const spec of note.specs) submit.specs.push(spec)
      for (const want of note.wants) submit.wants.push(want)
      for (const key of note.keep) submit.keep.push(key)
    } else if (note._tag === "Release" && !note.answer) {
      if (release === undefined || release.length >= mergedMax) {
        release = []
        out.push({ _tag: "Release", wants: release, answer: false })
      }
      for (const want of note.wants) release.push(want)
    } else out.push(note)
  }
  return out
}

/** Bytes of new work that these notes counted one by one, and that the merged ones no longer weigh. */
export const saved = (notes: ReadonlyArray<Note.FromClient>, sent: ReadonlyArray<Note.FromClient>): number =>
  (submits(notes) - submits(sent)) * emptySubmit
