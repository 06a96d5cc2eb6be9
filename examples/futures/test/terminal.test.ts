import { assert, describe, it } from "@effect/vitest"
import { render } from "../picture/terminal.js"

describe("the picture of a terminal", () => {
  it("keeps text and colours, and is well-formed whatever was printed", () => {
    const svg = render("plain \u001b[2m<dim> & so\u001b[0m on\n\n  last\n\n", "npm start")
    assert.include(svg, "<tspan>plain </tspan><tspan class=\"dim\">&lt;dim&gt; &amp; so</tspan><tspan> on</tspan>")
    assert.include(svg, ">  last</tspan>")
    assert.notInclude(svg, "\u001b")
    assert.strictEqual(svg.match(/<text /g)?.length, 3)
  })
})
