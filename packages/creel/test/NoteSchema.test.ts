import { Link, type Note, Payload, Spec } from "@creel/core"
import { assert, describe, it } from "@effect/vitest"
import { NoteSchema } from "creel"
import { Schema } from "effect"

const keys = Array.from({ length: 40 }, (_, n) => `key ${n}`)

const task: Note.RunTask = {
  _tag: "RunTask",
  spec: Spec.make({ key: "k", digest: "d", task: "t", inputs: keys }),
  attempt: 1,
  order: [0, 0, 0],
  inputs: keys.map((key) => ({
    key,
    value: `${key}#1`,
    digest: "d",
    bytes: 3,
    holders: ["w1"],
    ahead: false,
    inline: Payload.make(new Uint8Array([1, 2, 3]))
  })),
  failures: 0
}

const wants = keys.map((key, want) => ({ key, want }))

const deaths: ReadonlyArray<Note.Death> = [{ attempt: undefined, how: "perhaps" }, { attempt: 7, how: "exit code 9" }]

const up: ReadonlyArray<Note.Note> = [
  {
    _tag: "ClientTold",
    name: "c",
    specs: keys.map((key) => ({ ...task.spec, key })),
    wants: wants.map((want) => ({ ...want, told: undefined, keep: true })),
    offers: [],
    cut: keys,
    spent: keys.map((key) => ({ key, digest: "d", failures: 1, deaths, begins: undefined }))
  },
  { _tag: "Submit", specs: keys.map((key) => ({ ...task.spec, key })), wants, keep: keys },
  { _tag: "Release", wants, answer: false },
  { _tag: "Cancel", wants, force: false, by: "me", reason: "r" },
  { _tag: "Retry", wants },
  {
    _tag: "WorkerTold",
    info: { name: "w", node: "n", slots: 1, resources: {}, tasks: [] },
    values: [],
    jobs: [],
    outcomes: keys.map((key, attempt) => ({ _tag: "TaskEnded", key, attempt }))
  },
  { _tag: "TaskSuspended", key: "k", attempt: 1, on: keys }
]

const Up = NoteSchema.frame(Schema.Union(NoteSchema.FromClient, NoteSchema.FromWorker, NoteSchema.PieceUp))
const Down = NoteSchema.frame(Schema.Union(NoteSchema.ToClient, NoteSchema.ToWorker, NoteSchema.PieceDown))

const make = (self: string): Link.Link => Link.make({ self, session: "s", noteMax: 300, frameMax: 1_000 })

describe("what is checked on its way", () => {
  for (const [way, schema, notes] of [["up", Up, up], ["down", Down, [task]]] as const) {
    it(`is the same at the other end, also in pieces (${way})`, () => {
      const [a, b] = [make("a"), make("b")]
      Link.push(a, notes)
      const got: Array<Note.Note> = []
      let pieces = 0
      for (let frame = Link.flush(a); frame !== undefined; frame = Link.flush(a)) {
        pieces += frame.notes.filter((note) => note._tag === "Piece").length
        const wire = Schema.encodeSync(schema)(frame)
        got.push(...Link.receive(b, Schema.decodeUnknownSync(schema)(wire)).notes)
      }
      assert.isAtLeast(pieces, notes.length)
      assert.deepStrictEqual(got, notes)
    })
  }

  it("is bytes of a payload, however few, and of its own memory again at the other end", () => {
    const encode = Schema.encodeSync(NoteSchema.PayloadSchema)
    const decode = Schema.decodeUnknownSync(NoteSchema.PayloadSchema)
    for (const size of [0, 1, 128, 129, 2000]) {
      const head = new Uint8Array(size).map((_, i) => 255 - i)
      const [payload, buffers] = [Payload.make(head), [] as const]
      assert.deepStrictEqual(encode(payload), { head, buffers })
      assert.deepStrictEqual(encode({ head, buffers }), { head, buffers })
      const message = Buffer.concat([head, head])
      assert.deepStrictEqual(decode({ head: message.subarray(size), buffers }), payload)
    }
    assert.throws(() => decode("\u0001\u0002"))
  })

  it("is no piece of what only the other end says, nor of something else", () => {
    const frame = (of: string, lists: unknown) => ({
      session: "s",
      incarnation: 0,
      first: 1,
      notes: [{ _tag: "Piece", of, lists }],
      ack: 0
    })
    assert.throws(() => Schema.decodeUnknownSync(Up)(frame("RunTask", { inputs: [] })))
    assert.throws(() => Schema.decodeUnknownSync(Down)(frame("Submit", { wants: [] })))
    assert.throws(() => Schema.decodeUnknownSync(Up)(frame("Offer", {})))
    assert.throws(() => Schema.decodeUnknownSync(Up)(frame("Retry", { wants: [1] })))
  })
})
