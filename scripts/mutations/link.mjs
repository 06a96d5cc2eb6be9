// What a link must not do: each entry breaks one line of packages/core/src, and says what that costs.
export default [
  {
    id: "duplicates",
    file: "Link.ts",
    find: "const fresh = known === 0 ? frame.notes : frame.notes.slice(known)",
    replace: "const fresh = frame.notes",
    why: "notes of a frame that was sent again are applied twice"
  },
  {
    id: "gap-ignored",
    file: "Link.ts",
    find: "if (frame.first > link.received + 1) {",
    replace: "if (frame.first > link.received + 1 && link.gap) {",
    why: "the first frame after a hole is applied, and what was in the hole is lost"
  },
  {
    id: "no-rewind",
    file: "Link.ts",
    find: "  const acked = acknowledge(link, peer.received)\n  rewind(link)",
    replace: "  const acked = acknowledge(link, peer.received)",
    why: "what was on its way when the connection broke is never sent again"
  },
  {
    id: "other-session",
    file: "Link.ts",
    find: "if (peer.session !== link.session || peer.incarnation !== link.incarnation) return undefined",
    replace: "if (peer.incarnation !== link.incarnation) return undefined",
    why: "a session is resumed with an end that has another one"
  },
  {
    id: "old-frames",
    file: "Link.ts",
    find: "if (frame.incarnation < link.incarnation || frame.session !== link.session) return dropped(\"Old\")",
    replace: "if (frame.incarnation < link.incarnation) return dropped(\"Old\")",
    why: "frames of an earlier session are applied in a later one"
  },
  {
    id: "window",
    file: "Link.ts",
    find: "if (link.base <= link.sent) link.flying -= kept.bytes",
    replace: "if (link.base < link.sent) link.flying -= kept.bytes",
    why: "acknowledged bytes stay counted, and the window closes for good"
  },
  {
    id: "no-ack-for-duplicates",
    file: "Link.ts",
    find: "if (frame.notes.length > 0) link.said = -1",
    replace: "if (frame.notes.length < 0) link.said = -1",
    why: "a lost acknowledgement is never repeated"
  }
]
