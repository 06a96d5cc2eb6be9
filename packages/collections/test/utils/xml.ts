/** A small strict reader: enough of XML to find what is not well-formed in a picture, and to look elements up. */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Array<Element>
  text: string
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: "\"", "#39": "'" }

const decoded = (text: string): string => {
  if (/[<>]/.test(text)) throw new Error(`a bare < or > in ${JSON.stringify(text)}`)

  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)) {
    throw new Error("a character XML does not know")
  }
  return text.replace(/&([^;]*;?)/g, (all, name: string) => {
    const char = name.endsWith(";") ? entities[name.slice(0, -1)] : undefined
    if (char === undefined) throw new Error(`an entity that is none: ${all}`)
    return char
  })
}

export const parse = (source: string): Element => {
  const root: Element = { name: "", attributes: {}, children: [], text: "" }
  const open: Array<Element> = [root]
  const token = /<\/([\w:-]+)>|<([\w:-]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y
  let at = 0
  while (at < source.length) {
    const next = source.indexOf("<", at)
    const end = next < 0 ? source.length : next
    open[open.length - 1]!.text += decoded(
      source.slice(at, end).replace(/>/g, () => {
        // Only rules of style may hold one.
        if (open[open.length - 1]!.name === "style") return ""
        throw new Error("a bare >")
      })
    )
    if (next < 0) break
    token.lastIndex = next
    const match = token.exec(source)
    if (match === null) throw new Error(`not a tag: ${source.slice(next, next + 60)}`)
    at = token.lastIndex
    const [, closing, name, attributes, empty] = match
    if (closing !== undefined) {
      const last = open.pop()!
      if (last.name !== closing) throw new Error(`<${last.name}> ends as </${closing}>`)
      continue
    }
    const entries = Array.from(
      attributes!.matchAll(/([\w:-]+)="([^"]*)"/g),
      ([, key, value]) => [key!, decoded(value!)]
    )
    if (new Set(entries.map(([key]) => key)).size < entries.length) throw new Error(`an attribute twice in <${name}>`)
    const element: Element = { name: name!, attributes: Object.fromEntries(entries), children: [], text: "" }
    open[open.length - 1]!.children.push(element)
    if (empty !== "/") open.push(element)
  }
  if (open.length > 1 || root.children.length !== 1 || root.text.trim() !== "") throw new Error("not one whole element")
  return root.children[0]!
}

export const all = (element: Element, name: string): ReadonlyArray<Element> => [
  ...(element.name === name ? [element] : []),
  ...element.children.flatMap((child) => all(child, name))
]
