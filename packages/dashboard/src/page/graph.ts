/** What is known now, and what needs what. */
import * as Amount from "../fold/amounts.js"
import type { App } from "./app.js"
import { h, type Node_ } from "./dom.js"
import { states } from "./graphCanvas.js"
import { empty, panel, wordOf } from "./parts.js"

export const graph = (app: App): Node_ => {
  const graph = app.answers.graph
  const some = graph !== undefined && graph.nodes.length > 0
  return h(
    "div.view.full",
    {},
    panel(
      "Graph",
      h(
        "span.tools",
        {},
        h(
          "span.hint.keys",
          {},
          states.flatMap((state) => [h("i", { key: state, class: `state-${state.toLowerCase()}` }), wordOf(state)])
        ),
        some &&
          h(
            "span.hint",
            {},
            graph.by === "key"
              ? `${Amount.count(graph.nodes.length)} tasks`
              : `${graph.nodes.length} groups: there are too many tasks to draw each`
          ),
        h("button.tool", { onclick: () => app.graph.zoom(1 / 1.3), title: "Zoom out ( - )" }, "−"),
        h("button.tool", { onclick: () => app.graph.zoom(1.3), title: "Zoom in ( + )" }, "+"),
        h("button.tool", { onclick: () => app.graph.fit(), title: "All of it ( 0 )" }, "All")
      ),
      h("div.canvas", { hook: { mount: (element) => app.graph.mount(element) } }),
      !some &&
        h(
          "div.over",
          {},
          graph === undefined
            ? empty("Asking the scheduler …")
            : empty(
              "Nothing is known.",
              "Tasks stand here from when they are submitted until nobody holds their futures any more."
            )
        )
    )
  )
}
