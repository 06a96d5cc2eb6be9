/**
 * What leaves a client in one turn, in few notes: it owns how notes merge on their way out, and what that saves. Order
 * within a key is kept: only neighbours of one kind merge.
 */
import type * as Id from "@creel/core/Id"
import * as Link from "@creel/core/Link"
import type * as Note from "@creel/core/Note"
import type * as Spec from "@creel/core/Spec"

const emptySubmit = Link.weigh({ _tag: "Submit", specs: [], wants: [], keep: [] })

/** At so many entries a merged note is full. */
const mergedMax = 512

interface Submit extends Note.Submit {
  readonly specs: Array<Spec.Spec>
  readonly wants: Array<Note.Want>
  readonly keep: Array<Id.Key>
}

interface Release extends Note.Release {
  readonly wants: Array<Note.Want>
}

/** Counted: until it is compiled this costs a fraction of `for of`. */
const append = <A>(to: Array<A>, all: ReadonlyArray<A>): void => {
  for (let i = 0; i < all.length; i++) to.push(all[i]!)
}

/** Notes on their way out. */
export class Outgoing {
  notes: Array<Note.FromClient> = []
  /** Bytes of new work that were counted note by note, and that the merged ones do not weigh. */
  saved = 0
  /** The last note, where it is one that was made here and may grow. */
  private submit: Submit | undefined = undefined
  private release: Release | undefined = undefined

  add(note: Note.FromClient): void {
    if (note._tag === "Submit") return this.addSubmit(note)
    this.submit = undefined
    if (note._tag === "Release") return this.addRelease(note)
    this.release = undefined
    this.notes.push(note)
  }

  /** Submissions that leave together are one note. */
  private addSubmit(note: Note.Submit): void {
    this.release = undefined
    const { keep, specs, wants } = note
    const open = this.submit
    if (open === undefined || open.specs.length + specs.length > mergedMax) {
      // A copy, for the note is whose it was.
      this.submit = { _tag: "Submit", specs: specs.slice(), wants: wants.slice(), keep: keep.slice() }
      this.notes.push(this.submit)
      return
    }
    this.saved += emptySubmit
    append(open.specs, specs)
    append(open.wants, wants)
    append(open.keep, keep)
  }

  /** And so are releases that follow one another. */
  private addRelease(note: Note.Release): void {
    const open = this.release
    if (open === undefined || open.answer !== note.answer || open.wants.length + note.wants.length > mergedMax) {
      this.release = { _tag: "Release", wants: note.wants.slice(), answer: note.answer }
      this.notes.push(this.release)
      return
    }
    append(open.wants, note.wants)
  }
}
