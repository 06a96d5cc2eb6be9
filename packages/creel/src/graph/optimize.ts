/**
 * What all graphs get before they are submitted.
 */
import type * as Graph from "../Graph.js"
import { cull } from "./cull.js"
import { fuse } from "./fuse.js"
import { inline } from "./inline.js"

export const optimize = (
  nodes: ReadonlyMap<string, Graph.Node>,
  keep: ReadonlyArray<string>,
  options: (Graph.InlineOptions & Graph.FuseOptions) | undefined
): ReadonlyMap<string, Graph.Node> => {
  const needed = cull(nodes, keep)
  const inlined = inline(needed, options)
  return fuse(inlined === needed ? needed : cull(inlined, keep), keep, options)
}
