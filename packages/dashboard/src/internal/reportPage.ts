/** A recording as one page: text, tables and drawings, with styles of its own and nothing that runs. */
import * as Amounts from "../fold/amounts.js"
import { eventOf } from "../fold/events.js"
import type { Recording } from "../Report.js"
import * as Figures from "./reportFigures.js"

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}

/** Whatever a task is called, it is text here. */
const esc = (text: string): string => text.replace(/[&<>"']/g, (char) => entities[char]!)

const style = `
:root{color-scheme:light dark;--ground:#f4f5f4;--surface:#fefefd;--line:#e3e6e4;--ink:#1c2529;--muted:#66727a;--accent:#2c6aa0;--bad:#c23a28}
@media (prefers-color-scheme:dark){:root{--ground:#0f1417;--surface:#161c20;--line:#2a3338;--ink:#dde4e8;--muted:#8b98a1;--accent:#6fb2e6;--bad:#f0806f}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:13px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1400px;margin:0 auto;padding:24px 16px 64px}
h1{font-size:22px;font-weight:600;margin:0 0 4px}
h2{font-size:15px;font-weight:600;margin:0 0 12px}
section{background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:16px;margin-top:16px;overflow-x:auto}
.muted{color:var(--muted)}
.sums{display:flex;flex-wrap:wrap;gap:8px 32px;margin-top:16px}
.sums b{display:block;font-size:22px;font-weight:600}
table{border-collapse:collapse;width:100%}
th{font-weight:500;color:var(--muted);text-align:right;padding:4px 8px;border-bottom:1px solid var(--line);white-space:nowrap}
td{text-align:right;padding:4px 8px;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere}
.left td,.left th{text-align:left}
.left td:last-child{white-space:normal;overflow-wrap:anywhere}
i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px;vertical-align:-1px}
svg{display:block;width:100%;height:auto;min-width:720px}
svg text{fill:var(--muted);font-size:11px}
.grid{stroke:var(--line)}
.band{fill:var(--line);fill-opacity:.35}
.held{fill:none;stroke:var(--accent);stroke-width:1.5}
.spilled{fill:none;stroke:#b0794f;stroke-width:1.5}
.process{fill:none;stroke:var(--muted);stroke-width:1.5;stroke-dasharray:4 3}
.bad{color:var(--bad)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:12px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin:8px 0 16px}
summary{cursor:pointer}
`

const left = 150
const width = 1360
const plot = width - left - 10

const sum = (title: string, value: string, isBad = false): string =>
  `<div><b${isBad ? " class=\"bad\"" : ""}>${esc(value)}</b><span class="muted">${esc(title)}</span></div>`

const ticks = (millis: number): ReadonlyArray<number> => {
  const rough = Math.max(millis, 1) / 8
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough)!
  return Array.from({ length: Math.floor(millis / step) + 1 }, (_, i) => i * step)
}

const axis = (millis: number, height: number, scale: (millis: number) => number): string =>
  ticks(millis).map((tick) => {
    const x = scale(tick).toFixed(1)
    const label = tick === 0 ? "0" : Amounts.duration(tick)
    return `<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${height}"/><text x="${x}" y="${
      height + 14
    }" text-anchor="middle">${label}</text>`
  }).join("")

const stream = (recording: Recording): string => {
  const { began, ended, rows } = recording
  const first = rows.reduce((least, row) => Math.min(least, row.start), began)
  const last = rows.reduce((most, row) => Math.max(most, row.start + row.millis), ended)
  const millis = Math.max(1, last - first)
  const scale = (at: number) => left + (at / millis) * plot
  const { colours, lanes, rects } = Figures.picture(rows, (0.7 * millis) / plot)
  const order = lanes.map((lane, index) => ({ ...lane, index })).sort((a, b) =>
    a.worker.localeCompare(b.worker) || Number(a.lane === "moves") - Number(b.lane === "moves") ||
    a.lane.localeCompare(b.lane) || a.index - b.index
  )
  const tall = lanes.length > 64 ? 7 : 14
  const place = new Map(order.map((lane, row) => [lane.index, row * (tall + 2)]))
  const height = order.length * (tall + 2)
  const labels = order.map((lane, row) => {
    const isFirst = row === 0 || order[row - 1]!.worker !== lane.worker
    const y = row * (tall + 2)
    const band = `<rect class="band" x="${left}" y="${y}" width="${plot}" height="${tall}"/>`
    const name = isFirst
      ? `<text x="${left - 8}" y="${y + 10}" text-anchor="end">${esc(lane.worker.slice(0, 24))}</text>`
      : ""
    return band + name
  })
  const drawn = rects.map((rect) => {
    const x = scale(rect.start - first)
    const wide = Math.max(0.5, scale(rect.end - first) - x)
    const { bytes, end, group, key, kind, lane, millis } = rect.row
    const name = kind === "compute" ? group : `${kind}${kind === "transfer" ? ` from ${lane}` : ""}`
    const more = rect.count > 1
      ? `${rect.count} × ${name}, ${Amounts.duration(rect.end - rect.start)} in all`
      : `${name}\n${key}\n${Amounts.duration(millis)}, ${Amounts.bytes(bytes)}${end === "done" ? "" : `, ${end}`}`
    return `<rect x="${x.toFixed(2)}" y="${place.get(rect.lane)}" width="${
      wide.toFixed(2)
    }" height="${tall}" fill="${rect.colour}"><title>${esc(more)}</title></rect>`
  })
  const legend = [...colours].map(([name, colour]) => `<span><i style="background:${colour}"></i>${esc(name)}</span>`)
  return `<section><h2>What ran where</h2>
<svg viewBox="0 0 ${width} ${height + 20}" role="img" aria-label="The task stream">${labels.join("")}${
    axis(millis, height, scale)
  }${drawn.join("")}</svg>
<p class="muted" style="display:flex;flex-wrap:wrap;gap:4px 16px;margin:12px 0 0">${
    legend.join("")
  }<span><i style="background:#7d8fa3"></i>transfer</span><span><i style="background:#b0794f"></i>to disk</span><span><i style="background:#6f9c8d"></i>from disk</span><span><i style="background:#d1432f"></i>failed</span></p></section>`
}

const table = (
  title: string,
  head: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>,
  kind = ""
): string =>
  `<section><h2>${esc(title)}</h2><table class="${kind}"><thead><tr>${
    head.map((cell) => `<th>${esc(cell)}</th>`).join("")
  }</tr></thead><tbody>${
    rows.map((row) => `<tr>${row.map((cell) => `<td>${esc(cell)}</td>`).join("")}</tr>`).join("")
  }</tbody></table></section>`

const memory = ({ began, ended, memory: points }: Recording): string => {
  const most = Math.max(1, ...points.map(({ held, processes, spilled }) => Math.max(held, processes, spilled)))
  const millis = Math.max(1, ended - began)
  const height = 180
  const scale = (at: number) => left + (Math.min(Math.max(0, at), millis) / millis) * plot
  const line = (of: (point: Recording["memory"][number]) => number, kind: string): string =>
    points.every((point) => of(point) === 0) ?
      "" :
      `<polyline class="${kind}" points="${
        points.map((point) =>
          `${scale(point.at - began).toFixed(1)},${(height - (of(point) / most) * height).toFixed(1)}`
        ).join(" ")
      }"/>`
  const marks = [0, 0.5, 1].map((part) =>
    `<line class="grid" x1="${left}" x2="${left + plot}" y1="${height * (1 - part)}" y2="${
      height * (1 - part)
    }"/><text x="${left - 8}" y="${height * (1 - part) + 4}" text-anchor="end">${Amounts.bytes(most * part)}</text>`
  )
  return `<section><h2>Memory</h2><svg viewBox="0 -8 ${width} ${
    height + 30
  }" role="img" aria-label="Memory over time">${marks.join("")}${axis(millis, height, scale)}${
    line((point) => point.processes, "process")
  }${line((point) => point.spilled, "spilled")}${line((point) => point.held, "held")}</svg>
<p class="muted" style="margin:8px 0 0">Values (line), of them on disk (brown), whole processes (dashed), of all workers together.</p></section>`
}

/** In the words of the page: workers by name, numbers with what they mean. */
const events = ({ began, events, workers }: Recording): string => {
  const names = new Map(workers.map(({ id, name }) => [id, name]))
  return events.length === 0 ? "" : table(
    "What was unusual",
    ["after", "what", "about", "detail"],
    events.map((entry) => eventOf(entry, (peer) => names.get(peer) ?? peer)).map(({ at, detail, key, peer, what }) => [
      Amounts.duration(Math.max(0, at - began)),
      what,
      key ?? peer ?? "",
      [key === undefined ? undefined : peer, detail].filter((part) => part !== undefined).join(" · ")
    ]),
    "left"
  )
}

const failures = ({ failures }: Recording): string =>
  failures.length === 0 ?
    "" :
    `<section><h2>What failed</h2>${
      failures.map(({ detail, group, key, reason, stack }) =>
        `<details><summary><b class="bad">${esc(group)}</b> ${esc(reason)}: ${esc(detail)} <span class="muted">${
          esc(key)
        }</span></summary><pre>${esc(stack ?? detail)}</pre></details>`
      ).join("")
    }</section>`

export const page = (recording: Recording): string => {
  const { began, ended, missed, rows, title } = recording
  const millis = ended - began
  const tasks = rows.filter((row) => row.kind === "compute")
  const bad = tasks.filter((row) => row.end === "failed" || row.end === "died").length
  const computing = tasks.reduce((all, row) => all + row.millis, 0)
  const moved = rows.filter((row) => row.kind === "transfer")
  const slots = recording.workers.reduce((all, worker) => all + worker.slots, 0)
  const busy = slots === 0 || millis === 0 ? 0 : Math.min(1, computing / (slots * millis))
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${esc(title)}</title><style>${style}</style></head><body><main>
<h1>${esc(title)}</h1><div class="muted">${esc(new Date(began).toISOString())}, ${recording.workers.length} ${
    recording.workers.length === 1 ? "worker" : "workers"
  } with ${slots} slots</div>
<div class="sums">${
    [
      sum("from begin to end", Amounts.duration(millis)),
      sum("attempts", Amounts.count(tasks.length)),
      sum("failed", Amounts.count(bad), bad > 0),
      sum("computing", Amounts.duration(computing)),
      sum("of the slots were busy", Amounts.percent(busy)),
      sum("moved between workers", Amounts.bytes(moved.reduce((all, row) => all + row.bytes, 0)))
    ].join("")
  }</div>${
    missed > 0 ? `<p class="bad">${Amounts.count(missed)} more things were done than are recorded here.</p>` : ""
  }
${stream(recording)}
${
    table(
      "By task name",
      ["task", "attempts", "failed", "in all", "middle", "95 %", "longest", "made"],
      Figures.groups(rows).map(({ bytes, count, failed, group, middle, most, slow, total }) => [
        group,
        Amounts.count(count),
        Amounts.count(failed),
        Amounts.duration(total),
        Amounts.duration(middle),
        Amounts.duration(slow),
        Amounts.duration(most),
        Amounts.bytes(bytes)
      ])
    )
  }
${
    table(
      "By worker",
      ["worker", "attempts", "computing", "of its slots", "transfers", "brought there", "to disk"],
      Figures.workers(rows, recording.workers, millis).map((one) => [
        one.name,
        Amounts.count(one.tasks),
        Amounts.duration(one.computing),
        Amounts.percent(one.share),
        Amounts.count(one.transfers),
        Amounts.bytes(one.transferred),
        Amounts.bytes(one.spilled)
      ])
    )
  }
${memory(recording)}
${failures(recording)}
${events(recording)}
</main></body></html>
`
}
