/**
 * Lines of bytes over time as one SVG that needs nothing else: no font, no script, no file. It follows the reader's light
 * or dark theme. Colours are plain rules, since not everything that draws SVG knows variables.
 */
export interface Line {
  readonly name: string
  /** The place of its label among the labels, and of its measure among the measures. */
  readonly label: number
  readonly measure: number
  /** Milliseconds since the left edge. */
  readonly points: ReadonlyArray<{ readonly at: number; readonly bytes: number }>
}

export interface Chart {
  readonly lines: ReadonlyArray<Line>
  /** Whether colours tell labels apart, and dashes measures; else colours tell measures apart. */
  readonly byLabel: boolean
  readonly limit: number | undefined
  readonly title: string
  readonly width: number
  readonly height: number
}

/** Told apart by eyes of all kinds, in this order. */
const colors = {
  light: ["#2563eb", "#d9730d", "#0f8a5f", "#c2357f", "#7048c8", "#0e8aa5", "#8a7a10", "#c83232"],
  dark: ["#6ea8fe", "#f5a04e", "#4cc38a", "#f178b6", "#b294f5", "#4cc4dd", "#d4c04a", "#f47272"]
}

const dashes = ["", "7 4", "2 4", "9 3 2 3", "1 3"]

const rules = (theme: "light" | "dark", used: ReadonlySet<number>): string => {
  const [ink, dim, grid, paper] = theme === "light"
    ? ["#1f2933", "#5f6b77", "#e4e8ec", "#ffffff"]
    : ["#e6eaee", "#a3adb7", "#2b333b", "#14181d"]
  return [
    `.creel-memory .ink{fill:${ink}}`,
    `.creel-memory .dim{fill:${dim}}`,
    `.creel-memory .paper{fill:${paper}}`,
    `.creel-memory .grid{stroke:${grid}}`,
    `.creel-memory .axis{stroke:${dim}}`,
    `.creel-memory .limit{stroke:${ink}}`,
    ...Array.from(used, (c) => {
      const color = colors[theme][c]
      return `.creel-memory .c${c}{stroke:${color}}.creel-memory .f${c}{fill:${color}}`
    })
  ].join("\n")
}

const style = (used: ReadonlySet<number>): string =>
  `<style>
.creel-memory text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;font-size:12px}
.creel-memory .title{font-size:15px;font-weight:600}
.creel-memory .end{text-anchor:end}
.creel-memory .mid{text-anchor:middle}
.creel-memory .grid,.creel-memory .axis{stroke-width:1}
.creel-memory .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.creel-memory .area{stroke:none;fill-opacity:.12}
.creel-memory .limit{stroke-width:1.25;stroke-dasharray:5 4;stroke-opacity:.7}
${rules("light", used)}
@media (prefers-color-scheme:dark){
${rules("dark", used)}
}
</style>`

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;" }

/** What XML cannot say is shown as missing. */

const unspeakable =
  /[\u0000-\u001f\u007f-\u009f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

const xml = (text: string): string => text.replace(unspeakable, "\ufffd").replace(/[&<>"]/g, (char) => entities[char]!)

const n = (x: number): string => String(Math.round(x * 10) / 10)

// -------------------------------------------------------------------------------------------------
// axes
// -------------------------------------------------------------------------------------------------

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]

const unitOf = (bytes: number): number =>
  Math.max(0, Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))

const digits = (x: number): string => String(Number(x.toFixed(x < 10 ? 2 : x < 100 ? 1 : 0)))

export const bytesText = (bytes: number): string => {
  const unit = unitOf(bytes)
  return `${digits(bytes / 2 ** (10 * unit))} ${units[unit]}`
}

/** The smallest of 1, 2, 5, 10, … that takes at most so many steps. */
const stepFor = (span: number, steps: number): number => {
  const rough = span / steps
  const power = 10 ** Math.floor(Math.log10(rough))
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough * 0.999)!
}

/** In a unit of bytes steps are powers of two where numbers are large, so that 512 MiB comes before 1 GiB. */
const byteStep = (top: number): number => {
  const unit = 2 ** (10 * unitOf(top))
  const span = top / unit
  return (span > 100 ? 2 ** Math.ceil(Math.log2(span / 5)) : Math.max(stepFor(span, 5), unit === 1 ? 1 : 0)) * unit
}

const timeUnits = [
  { name: "ms", millis: 1, until: 2_000 },
  { name: "s", millis: 1_000, until: 180_000 },
  { name: "min", millis: 60_000, until: 3 * 3_600_000 },
  { name: "h", millis: 3_600_000, until: Infinity }
]

const ticks = (step: number, until: number): ReadonlyArray<number> =>
  Array.from({ length: Math.floor(until / step + 1e-6) + 1 }, (_, i) => i * step)

// -------------------------------------------------------------------------------------------------
// lines
// -------------------------------------------------------------------------------------------------

interface Spot {
  readonly x: number
  readonly y: number
}

/** More points than pixels cannot be seen: of each pixel the first, the highest, the lowest and the last stay. */
const thinned = (spots: ReadonlyArray<Spot>, width: number): ReadonlyArray<Spot> => {
  if (spots.length <= 2 * width) return spots
  const out: Array<Spot> = []
  for (let from = 0; from < spots.length;) {
    const pixel = Math.floor(spots[from]!.x)
    let to = from + 1
    let low = from
    let high = from
    while (to < spots.length && Math.floor(spots[to]!.x) === pixel) {
      if (spots[to]!.y > spots[low]!.y) low = to
      if (spots[to]!.y < spots[high]!.y) high = to
      to++
    }
    for (const at of [...new Set([from, low, high, to - 1])].sort((a, b) => a - b)) out.push(spots[at]!)
    from = to
  }
  return out
}

interface Frame {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly x: (at: number) => number
  readonly y: (bytes: number) => number
}

const colorOf = (chart: Chart, line: Line): number => (chart.byLabel ? line.label : line.measure) % colors.light.length

const dashOf = (chart: Chart, line: Line): string => {
  const dash = chart.byLabel ? dashes[line.measure % dashes.length]! : ""
  return dash === "" ? "" : ` stroke-dasharray="${dash}"`
}

const peakOf = (line: Line): number => line.points.reduce((most, { bytes }) => Math.max(most, bytes), 0)

const drawLine = (chart: Chart, frame: Frame, line: Line): string => {
  const spots = thinned(line.points.map(({ at, bytes }) => ({ x: frame.x(at), y: frame.y(bytes) })), frame.right)
  const color = colorOf(chart, line)
  const path = `M${spots.map(({ x, y }) => `${n(x)} ${n(y)}`).join("L")}`
  const [first, last] = [spots[0]!, spots.at(-1)!]
  const dot = last.x - first.x < 1 ? `<circle cx="${n(last.x)}" cy="${n(last.y)}" r="3.5" class="f${color}"/>` : ""
  const area = chart.lines.length > 4
    ? ""
    : `<path class="area f${color}" d="${path}L${n(last.x)} ${n(frame.bottom)}L${n(first.x)} ${n(frame.bottom)}Z"/>`
  return `<g><title>${xml(line.name)}: peak ${bytesText(peakOf(line))}</title>${area}<path class="line c${color}"${
    dashOf(chart, line)
  } d="${path}"/>${dot}</g>`
}

/** About as wide as the text is drawn, whatever font the reader has. */
const widthOf = (text: string): number => 6.6 * text.length

interface Legend {
  readonly marks: ReadonlyArray<string>
  readonly height: number
}

const legend = (chart: Chart, left: number, top: number): Legend => {
  const marks: Array<string> = []
  let x = left
  let y = top
  for (const line of chart.lines) {
    const peak = `peak ${bytesText(peakOf(line))}`
    const wide = 30 + widthOf(line.name) + 8 + widthOf(peak) + 22
    if (x > left && x + wide > chart.width - 12) {
      x = left
      y += 20
    }
    marks.push(
      `<path class="line c${colorOf(chart, line)}"${dashOf(chart, line)} d="M${n(x)} ${n(y - 4)}H${n(x + 22)}"/>` +
        `<text x="${n(x + 30)}" y="${n(y)}" class="ink">${
          xml(line.name)
        }<tspan class="dim" dx="8">${peak}</tspan></text>`
    )
    x += wide
  }
  return { marks, height: chart.lines.length === 0 ? 0 : y - top + 20 }
}

const bytesAxis = (frame: Frame, step: number, top: number): string =>
  ticks(step, top).map((bytes) => {
    const y = n(frame.y(bytes))
    return `<path class="${bytes === 0 ? "axis" : "grid"}" d="M${frame.left} ${y}H${frame.right}"/>` +
      `<text x="${frame.left - 8}" y="${n(frame.y(bytes) + 4)}" class="dim end">${
        bytes === 0 ? "0" : bytesText(bytes)
      }</text>`
  }).join("\n")

const timeAxis = (frame: Frame, span: number): string => {
  const { millis, name } = timeUnits.find((unit) => span <= unit.until)!
  const step = stepFor(span / millis, Math.max(2, Math.floor((frame.right - frame.left) / 90)))
  return ticks(step, span / millis).map((t) => {
    const x = frame.x(t * millis)
    return `<path class="axis" d="M${n(x)} ${frame.bottom}v5"/>` +
      `<text x="${n(x)}" y="${frame.bottom + 19}" class="dim mid">${Number(t.toPrecision(6))} ${name}</text>`
  }).join("\n")
}

/** A limit far above everything would only flatten the lines: then it is said, and not drawn. */
const limitMark = (chart: Chart, frame: Frame, top: number): string => {
  const { limit } = chart
  if (limit === undefined) return ""
  const text = `limit ${bytesText(limit)}`
  if (limit > top) return `<text x="${frame.right}" y="${frame.top - 6}" class="dim end">${text}</text>`
  const y = frame.y(limit)
  return `<path class="limit" d="M${frame.left} ${n(y)}H${frame.right}"/>` +
    `<text x="${frame.right - 4}" y="${n(y - 5)}" class="dim end">${text}</text>`
}

export const make = (chart: Chart): string => {
  const { height, limit, lines, width } = chart
  const left = 78
  const title = `<text x="16" y="27" class="title ink">${xml(chart.title)}</text>`
  const below = legend(chart, 16, 52)
  const used = new Set(lines.map((line) => colorOf(chart, line)))
  const peak = Math.max(1, ...lines.map(peakOf))
  const most = limit !== undefined && limit > peak && limit <= 2 * peak ? limit : peak
  const step = byteStep(most)
  const top = Math.ceil(most * 1.04 / step) * step
  const span = Math.max(1, ...lines.map((line) => line.points.at(-1)?.at ?? 0))
  const edges = { left, top: 52 + below.height + 4, right: width - 24, bottom: height - 34 }
  const frame: Frame = {
    ...edges,
    x: (at) => edges.left + (edges.right - edges.left) * at / span,
    y: (bytes) => edges.bottom - (edges.bottom - edges.top) * bytes / top
  }
  const body = lines.length === 0
    ? [`<text x="${width / 2}" y="${height / 2}" class="dim mid">nothing was sampled</text>`]
    : [
      bytesAxis(frame, step, top),
      timeAxis(frame, span),
      // The first in the legend lies on top.
      ...lines.map((line) => drawLine(chart, frame, line)).reverse(),
      limitMark(chart, frame, top)
    ]
  return `<svg xmlns="http://www.w3.org/2000/svg" class="creel-memory" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${
    xml(chart.title)
  }">
${style(used)}
<rect width="${width}" height="${height}" rx="8" class="paper"/>
${[title, ...below.marks, ...body].filter((mark) => mark !== "").join("\n")}
</svg>
`
}
