// The picture as SVG text: pure. The page shows the same picture with nothing in it yet, and adds to it.
import { below, type Ring, sample } from "./contours.js"
import { height, type Point, type Scored } from "./search.js"

/** What is drawn: the plane from -5 to 5 as in the notebook, and below it how the best score fell. */
export const frame = {
  width: 720,
  height: 916,
  plane: { x: 44, y: 76, size: 640 },
  fall: { x: 44, y: 776, width: 640, height: 104 }
}
const { fall, plane } = frame
const reach = 5
const levels = [1000, 300, 100, 30, 10, 3, 1, 0.3, 0.1, 0.03]
/** Decades of the lower chart. */
const [top, bottom] = [3, -7]

type Color = readonly [number, number, number]
const mix = (a: Color, b: Color, t: number): string =>
  `#${a.map((from, i) => Math.round(from + ((b[i] ?? 0) - from) * t).toString(16).padStart(2, "0")).join("")}`
/** From the heights down into the valley. */
const ramp = (stops: readonly [Color, Color, Color]) => (t: number) =>
  t < 0.5 ? mix(stops[0], stops[1], t * 2) : mix(stops[1], stops[2], t * 2 - 1)
const light = ramp([[246, 243, 236], [158, 200, 196], [16, 78, 95]])
const dark = ramp([[19, 25, 31], [24, 74, 88], [128, 214, 200]])

const bands = (ramp: (t: number) => string) =>
  [-1, ...levels.keys()].map((i) => `.b${i + 1}{fill:${ramp((i + 1) / levels.length)}}`).join("")

const theme = (paper: string, ink: string, soft: string, point: string, best: string) =>
  `.paper{fill:${paper}}text{fill:${soft}}.ink{fill:${ink}}.line{stroke:${soft}}.point{fill:${point};stroke:${paper}}` +
  `.way,.fallen{stroke:${best}}.step{fill:${paper};stroke:${best}}.best{fill:${best};stroke:${paper}}.halo{stroke:${best}}`

const style = [
  "text{font:12px ui-sans-serif,system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;font-variant-numeric:tabular-nums}",
  ".title{font-size:20px;font-weight:600}.right{text-anchor:end}.middle{text-anchor:middle}",
  ".line{stroke-width:1;opacity:.22;fill:none}.point{opacity:.75;stroke-width:.6}",
  ".way{fill:none;stroke-width:1.6;stroke-linejoin:round}.step{stroke-width:1.6}.best{stroke-width:1.5}",
  ".halo{fill:none;stroke-width:1.5;opacity:.6}.fallen{fill:none;stroke-width:2;stroke-linejoin:round}",
  theme("#fffdf9", "#1d2730", "#66727d", "#3d2b56", "#d9480f"),
  bands(light),
  `@media (prefers-color-scheme:dark){${theme("#0d1216", "#eef2f4", "#94a1ac", "#f3e9ff", "#ff8a3d")}${bands(dark)}}`
].join("\n")

const short = (n: number): string => String(Math.round(n * 10) / 10)
export const toX = (x: number): number => plane.x + ((x + reach) / (2 * reach)) * plane.size
export const toY = (y: number): number => plane.y + ((reach - y) / (2 * reach)) * plane.size
const isSeen = ([x, y]: Point): boolean => Math.abs(x) <= reach && Math.abs(y) <= reach

const path = (rings: ReadonlyArray<Ring>): string =>
  rings.map((ring) => `M${ring.map(([x, y]) => `${short(toX(x))} ${short(toY(y))}`).join("L")}Z`).join("")

const contours = (): string => {
  const grid = sample((point) => Math.log(Math.max(height(point), 1e-12)), -reach, reach, 200)
  const { size, x, y } = plane
  return [
    `<rect class="b0" x="${x}" y="${y}" width="${size}" height="${size}"/>`,
    ...levels.map((level, i) =>
      `<path class="b${i + 1}" fill-rule="evenodd" d="${path(below(grid, Math.log(level)))}"/>`
    )
  ].join("\n")
}

const axes = (): string => {
  const foot = plane.y + plane.size
  const marks = [-4, -2, 0, 2, 4].flatMap((n) => [
    `<text class="middle" x="${short(toX(n))}" y="${foot + 18}">${n}</text>`,
    `<text class="right" x="${plane.x - 9}" y="${short(toY(n) + 4)}">${n}</text>`
  ])
  const decades = [2, 0, -2, -4, -6].flatMap((n) => {
    const y = short(fallY(10 ** n))
    const label = n === 0 ? "1" : n === 2 ? "100" : `1e${n}`
    return [
      `<path class="line" d="M${fall.x} ${y}h${fall.width}"/>`,
      `<text class="right" x="${fall.x - 9}" y="${Number(y) + 4}">${label}</text>`
    ]
  })
  const name = `<text x="${fall.x}" y="${fall.y - 12}">best score so far, by points looked at</text>`
  return [...marks, ...decades, name].join("\n")
}

export const fallY = (score: number): number => {
  const t = (top - Math.log10(Math.max(score, 1e-300))) / (top - bottom)
  return fall.y + Math.min(1, Math.max(0, t)) * fall.height
}

/** How the best score fell: `n` of `total` points looked at when it became so good. */
const fallen = (bests: ReadonlyArray<Best>, total: number): string => {
  const x = (n: number) => short(fall.x + (n / Math.max(1, total)) * fall.width)
  const steps = bests.map(({ n, score }, i) =>
    `${i === 0 ? "M" : "H"}${x(n)}${i === 0 ? " " : "V"}${short(fallY(score))}`
  )
  return bests.length === 0 ? "" : `${steps.join("")}H${x(total)}`
}

export interface Best extends Scored {
  /** How many had been looked at. */
  readonly n: number
}

export interface Found {
  /** All that were looked at, in the order they came. */
  readonly points: ReadonlyArray<Point>
  readonly bests: ReadonlyArray<Best>
  /** How many there will be: what the lower chart is as wide as. */
  readonly total: number
}

const coordinates = ([x, y]: Point): string => `(${x.toFixed(4)}, ${y.toFixed(4)})`

/** One line about what was found. */
export const summary = ({ bests, points }: Found): string => {
  const best = bests.at(-1)
  return best === undefined
    ? ""
    : `${points.length} points, best ${best.score.toExponential(2)} at ${coordinates(best.point)}`
}

const marks = ({ bests, points }: Found): string => {
  const seen = bests.filter(({ point }) => isSeen(point))
  const best = seen.at(-1)?.point
  const at = (point: Point, r: number, kind: string) =>
    `<circle class="${kind}" cx="${short(toX(point[0]))}" cy="${short(toY(point[1]))}" r="${r}"/>`
  const way = seen.map(({ point: [x, y] }) => `${short(toX(x))} ${short(toY(y))}`).join("L")
  return [
    `<g id="points">${points.filter(isSeen).map((point) => at(point, 2.6, "point")).join("")}</g>`,
    `<path id="way" class="way" d="${way === "" ? "" : `M${way}`}"/>`,
    `<g id="steps">${seen.map(({ point }) => at(point, 3.4, "step")).join("")}</g>`,
    `<g id="best">${best === undefined ? "" : at(best, 13, "halo") + at(best, 5.5, "best")}</g>`
  ].join("\n")
}

/** The whole picture. What a page needs to add to it stands in its ids and in `data-` attributes. */
export const render = (found: Found): string => {
  const { height, width } = frame
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="A search on Rosenbrock's function"
 data-plane="${plane.x} ${plane.y} ${plane.size} ${reach}" data-fall="${fall.x} ${fall.y} ${fall.width} ${fall.height} ${top} ${bottom} ${found.total}">
<style>
${style}
</style>
<rect class="paper" width="${width}" height="${height}"/>
<text class="title ink" x="${plane.x}" y="36">A search that adjusts as it goes</text>
<text id="summary" x="${plane.x}" y="58">${summary(found)}</text>
<clipPath id="plane"><rect x="${plane.x}" y="${plane.y}" width="${plane.size}" height="${plane.size}" rx="6"/></clipPath>
<g clip-path="url(#plane)">
${contours()}
${marks(found)}
</g>
${axes()}
<path id="fallen" class="fallen" d="${fallen(found.bests, found.total)}"/>
</svg>
`
}
