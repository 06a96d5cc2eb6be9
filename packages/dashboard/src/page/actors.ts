/** Who supervises whom, where the scheduler is. */
import type { Tree } from "../fold/glance.js"
import type { App } from "./app.js"
import { h, type Node_ } from "./dom.js"
import { empty, panel } from "./parts.js"

const node = (tree: Tree): Node_ =>
  h(
    "li",
    { key: tree.id },
    h(
      "div.actor",
      { "data-status": tree.status },
      h("i.dot", { "data-health": tree.status === "up" ? "well" : tree.status === "down" ? "gone" : "suspect" }),
      h("b", {}, tree.id),
      h("span.hint", {}, tree.status),
      h(
        "span.num",
        { class: tree.restarts > 0 ? "warn" : "", title: "How often its supervisor started it again" },
        `${tree.restarts} ${tree.restarts === 1 ? "restart" : "restarts"}`
      ),
      tree.depth !== undefined &&
        h(
          "span.num",
          { class: tree.depth > 1000 ? "warn" : "", title: "Messages in its mailbox that wait for it" },
          `${tree.depth} waiting`
        )
    ),
    tree.children.length > 0 && h("ul", {}, tree.children.map(node))
  )

const total = (tree: Tree): number => 1 + tree.children.reduce((sum, child) => sum + total(child), 0)

export const actors = (app: App): Node_ => {
  const tree = app.answers.tree
  return h(
    "div.view",
    {},
    panel(
      "Actors",
      h(
        "span.hint",
        {},
        tree === undefined
          ? ""
          : `${total(tree)}, with how often each was started again and how many messages wait for it`
      ),
      tree === undefined ? empty("Asking the scheduler …") : h("ul.tree", {}, node(tree))
    )
  )
}
