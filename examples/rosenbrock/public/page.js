// Adds what arrives to the picture. All text goes into the page as text nodes, all shapes as elements.
const element = (id) => document.getElementById(id)
const say = (id, text) => { element(id).textContent = text }

const response = await fetch("picture.svg")
const picture = document.importNode(
  new DOMParser().parseFromString(await response.text(), "image/svg+xml").documentElement,
  true
)
element("picture").append(picture)
const [planeX, planeY, size, reach] = picture.dataset.plane.split(" ").map(Number)
const [fallX, fallY, fallWidth, fallHeight, top, bottom, total] = picture.dataset.fall.split(" ").map(Number)

const toX = (x) => planeX + ((x + reach) / (2 * reach)) * size
const toY = (y) => planeY + ((reach - y) / (2 * reach)) * size
const circle = ([x, y], r, kind) => {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "circle")
  for (const [name, value] of Object.entries({ class: kind, cx: toX(x), cy: toY(y), r })) shape.setAttribute(name, value)
  return shape
}
const fallenX = (n) => fallX + (n / total) * fallWidth
const fallenY = (score) =>
  fallY + Math.min(1, Math.max(0, (top - Math.log10(Math.max(score, 1e-300))) / (top - bottom))) * fallHeight

let way = ""
let fallen = ""

const clear = () => {
  way = fallen = ""
  for (const id of ["points", "steps", "best", "improvements"]) element(id).replaceChildren()
  for (const id of ["way", "fallen"]) element(id).setAttribute("d", "")
}

const improve = ({ n, point, score }) => {
  const [x, y] = point
  way += `${way === "" ? "M" : "L"}${toX(x)} ${toY(y)}`
  fallen += fallen === "" ? `M${fallenX(n)} ${fallenY(score)}` : `H${fallenX(n)}V${fallenY(score)}`
  element("way").setAttribute("d", way)
  element("steps").append(circle(point, 3.4, "step"))
  element("best").replaceChildren(circle(point, 13, "halo"), circle(point, 5.5, "best"))
  say("score", score.toExponential(3))
  say("at", `(${x.toFixed(4)}, ${y.toFixed(4)})`)
  const item = document.createElement("li")
  const cells = [`after ${n}`, score.toExponential(3)].map((text) => {
    const cell = document.createElement("span")
    cell.textContent = text
    return cell
  })
  item.append(...cells)
  element("improvements").prepend(item)
}

const events = new EventSource("events")
events.addEventListener("open", () => {
  clear()
  say("state", "searching")
})
events.addEventListener("looked", (event) => {
  const { improved, n, point, scale, score } = JSON.parse(event.data)
  element("points").append(circle(point, 2.6, "point"))
  say("taken", String(n))
  say("scale", scale.toPrecision(3))
  if (improved) improve({ n, point, score })
  element("fallen").setAttribute("d", fallen === "" ? "" : `${fallen}H${fallenX(n)}`)
})
events.addEventListener("summary", (event) => say("summary", JSON.parse(event.data)))
events.addEventListener("over", () => {
  say("state", "finished")
  events.close()
})
events.addEventListener("error", () => say("state", "the program has ended"))
