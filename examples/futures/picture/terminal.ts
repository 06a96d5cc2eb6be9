// A terminal's text, colours included, as an SVG: pure.

interface Span {
  readonly text: string
  readonly kind: string
}

const kinds: Readonly<Record<string, string>> = {
  "1": "bold",
  "2": "dim",
  "32": "green",
  "33": "yellow",
  "1;36": "title"
}

const spans = (line: string): ReadonlyArray<Span> => {
  const out: Array<Span> = []
  let kind = ""
  // Every other part is what a colour sequence says.

  line.split(/\u001b\[([\d;]*)m/).forEach((part, i) => {
    if (i % 2 === 1) kind = kinds[part] ?? ""
    else if (part !== "") out.push({ text: part, kind })
  })
  return out
}

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")

const style = [
  "text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d7dee4;white-space:pre}",
  ".title{fill:#6fd3e8;font-weight:700}.bold{font-weight:700;fill:#fff}.dim{fill:#7f8d99}",
  ".green{fill:#7ed09b}.yellow{fill:#f0b35b}.bar{fill:#8d99a5;text-anchor:middle}"
].join("")

const [line, left, top] = [18.5, 14, 58]

/** `title` stands in the window's bar. */
export const render = (text: string, title: string): string => {
  const lines = text.replace(/\s+$/, "").split("\n")

  const columns = Math.max(...lines.map((each) => each.replace(/\u001b\[[\d;]*m/g, "").length))
  const width = Math.ceil(columns * 7.83 + 2 * left)
  const height = Math.ceil(top + lines.length * line + 6)
  const body = lines.flatMap((each, i) => {
    const parts = spans(each).map(({ kind, text }) =>
      kind === "" ? `<tspan>${escape(text)}</tspan>` : `<tspan class="${kind}">${escape(text)}</tspan>`
    )
    return parts.length === 0
      ? []
      : [`<text x="${left}" y="${top + i * line}" xml:space="preserve">${parts.join("")}</text>`]
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="${
    escape(title)
  }">
<style>${style}</style>
<rect width="${width}" height="${height}" rx="9" fill="#12181e"/>
<path d="M0 34V9a9 9 0 0 1 9-9H${width - 9}a9 9 0 0 1 9 9V34Z" fill="#1d262e"/>
<circle cx="20" cy="17" r="5.5" fill="#ec6a5e"/><circle cx="38" cy="17" r="5.5" fill="#f4bf4f"/><circle cx="56" cy="17" r="5.5" fill="#61c554"/>
<text class="bar" x="${width / 2}" y="21.5">${escape(title)}</text>
${body.join("\n")}
</svg>
`
}
