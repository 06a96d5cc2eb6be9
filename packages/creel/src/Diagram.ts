/**
 * What happened, as text that draws itself: Mermaid diagrams, which Markdown of many kinds shows as pictures.
 *
 * @since 0.1.0
 */
import type * as Door from "./Door.js"
import type * as Observe from "./Observe.js"

/** Mermaid ends a text at these, or reads them as its own. */
const plain = (text: string): string => text.replace(/["#;:<>{}[\]()|\\`%\r\n]+/g, " ").trim()

const seconds = (millis: number): string => `+${(millis / 1000).toFixed(3)} s`

/**
 * A task's story as a sequence diagram between the scheduler and the workers, with the time since the first line.
 *
 * @example
 * ```ts
 * import { Client, Diagram, Task } from "creel"
 * import { Console, Effect } from "effect"
 *
 * const square = Task.sync("square", (x: number) => x * x)
 *
 * const program = Effect.gen(function*() {
 *   const future = yield* Client.submit(square, 7)
 *   yield* future
 *   yield* Console.log(Diagram.ofStory(yield* Client.story(future), { title: future.key }))
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const ofStory = (
  lines: ReadonlyArray<Door.StoryLine>,
  options?: { readonly title?: string | undefined }
): string => {
  const peers = new Map<string, { readonly id: string; readonly name: string }>()
  const first = lines[0]?.at ?? 0
  const steps = lines.map(({ at, detail, millis, name, peer, what }) => {
    const took = millis === undefined ? "" : `, ran ${Math.round(millis * 1000) / 1000} ms`
    const text = [seconds(at - first), plain(what), plain(detail)].filter((part) => part !== "").join(" ") + took
    if (peer === undefined) return `  Note over scheduler: ${text}`
    if (!peers.has(peer)) peers.set(peer, { id: `p${peers.size + 1}`, name: name ?? peer })
    const { id } = peers.get(peer)!
    const [from, to] = toPeer.has(what) ? ["scheduler", id] : [id, "scheduler"]
    return `  ${from}->>${to}: ${text}`
  })
  return [
    ...options?.title === undefined ? [] : ["---", `title: ${plain(options.title)}`, "---"],
    "sequenceDiagram",
    "  participant scheduler",
    ...Array.from(peers.values(), ({ id, name }) => `  participant ${id} as ${plain(name)}`),
    ...steps
  ].join("\n")
}

/** What the scheduler says to a peer; all else it was told. */
const toPeer = new Set([
  "assigned",
  "recalled",
  "cancelled",
  "withdrawn",
  "copy asked",
  "move asked",
  "copy dropped",
  "refused",
  "retiring",
  "may leave"
])

/**
 * A supervision tree, from the top down: how each is, how often it was started again, and what waits in its mailbox.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ofTree = (tree: Observe.Tree): string => {
  const lines = ["flowchart TD"]
  const draw = (node: Observe.Tree): string => {
    const id = `n${lines.length}`
    const about = [
      node.status,
      ...node.restarts > 0 ? [`${node.restarts} ${node.restarts === 1 ? "restart" : "restarts"}`] : [],
      ...(node.depth ?? 0) > 0 ? [`${node.depth} waiting`] : []
    ].join(", ")
    lines.push(`  ${id}["${plain(node.id)}<br/>${about}"]`)
    for (const child of node.children) lines.push(`  ${id} --> ${draw(child)}`)
    return id
  }
  draw(tree)
  return lines.join("\n")
}
