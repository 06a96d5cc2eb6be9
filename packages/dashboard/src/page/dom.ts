/**
 * A page as a function of its data, in a hundred lines: `h` describes, `Root.render` changes what is different. Text is
 * always a text node, never HTML.
 */

export type Child = Node_ | string | number | undefined | false | null

export interface Hook {
  /** The element is in the page: what is returned is called when it is taken out. */
  readonly mount?: (element: HTMLElement) => (() => void) | void
  readonly update?: (element: HTMLElement) => void
}

type Value = string | number | boolean | undefined | Hook | ((event: never) => void) | Readonly<Record<string, string>>

export type Props = { readonly [name: string]: Value }

export interface Node_ {
  readonly tag: string
  readonly key: string | undefined
  readonly props: Props
  readonly children: ReadonlyArray<Node_ | string>
  element?: Element
  texts?: Array<Node | Node_>
  gone?: (() => void) | undefined
}

const flat = (children: ReadonlyArray<Child | ReadonlyArray<Child>>): Array<Node_ | string> => {
  const out: Array<Node_ | string> = []
  for (const child of children) {
    if (Array.isArray(child)) out.push(...flat(child as ReadonlyArray<Child>))
    else if (typeof child === "number") out.push(String(child))
    else if (child !== undefined && child !== false && child !== null) out.push(child as Node_ | string)
  }
  return out
}

/** `h("div.panel", { key, title, onclick, style: { width }, hook }, children...)` */
export const h = (tag: string, props: Props = {}, ...children: ReadonlyArray<Child | ReadonlyArray<Child>>): Node_ => ({
  tag,
  key: props["key"] === undefined ? undefined : String(props["key"]),
  props,
  children: flat(children)
})

const svg = "http://www.w3.org/2000/svg"
const svgTags = new Set(["svg", "path", "line", "circle", "rect", "g"])

const set = (element: Element, name: string, value: Value, before: Value): void => {
  if (name === "key" || name === "hook" || name === "class" || value === before) return
  if (name === "style") {
    const style = (element as HTMLElement).style
    for (const [property, text] of Object.entries((value ?? {}) as Record<string, string>)) {
      if ((before as Record<string, string> | undefined)?.[property] !== text) style.setProperty(property, text)
    }
  } else if (name.startsWith("on")) Object.assign(element, { [name]: value ?? null })
  else if (name === "value") {
    // What somebody is typing just now is theirs.
    if (document.activeElement !== element) (element as HTMLInputElement).value = String(value ?? "")
  } else if (name === "checked") (element as HTMLInputElement).checked = value === true
  else if (value === undefined || value === false) element.removeAttribute(name)
  else element.setAttribute(name, value === true ? "" : String(value))
}

const classOf = (node: Node_): string =>
  [...node.tag.split(".").slice(1), node.props["class"] ?? ""].filter((part) => part !== "").join(" ")

const create = (node: Node_): Element => {
  const name = node.tag.split(".", 1)[0]!
  const element = svgTags.has(name) ? document.createElementNS(svg, name) : document.createElement(name)
  node.element = element
  const classes = classOf(node)
  if (classes !== "") element.setAttribute("class", classes)
  for (const [name, value] of Object.entries(node.props)) set(element, name, value, undefined)
  node.texts = []
  for (const child of node.children) {
    if (typeof child === "string") {
      const text = document.createTextNode(child)
      node.texts.push(text)
      element.append(text)
    } else {
      node.texts.push(child)
      element.append(create(child))
    }
  }
  const hook = node.props["hook"] as Hook | undefined
  if (hook?.mount !== undefined) node.gone = hook.mount(element as HTMLElement) ?? undefined
  return element
}

const remove = (child: Node | Node_): void => {
  if (child instanceof Node) return child.parentNode?.removeChild(child) && undefined
  leave(child)
  child.element?.remove()
}

const leave = (node: Node_): void => {
  node.gone?.()
  for (const child of node.texts ?? []) if (!(child instanceof Node)) leave(child)
}

const same = (a: Node_, b: Node_): boolean => a.tag.split(".", 1)[0] === b.tag.split(".", 1)[0] && a.key === b.key

/** The old child that becomes this one: of the same key, or, without keys, in the same place. */
const partner = (old: Array<Node | Node_ | undefined>, next: Node_ | string, at: number): Node | Node_ | undefined => {
  const fits = (one: Node | Node_ | undefined): boolean =>
    one !== undefined &&
    (typeof next === "string" ? one instanceof Node : !(one instanceof Node) && same(one, next))
  if (fits(old[at])) {
    const found = old[at]
    old[at] = undefined
    return found
  }
  if (typeof next === "string" || next.key === undefined) return undefined
  const index = old.findIndex(fits)
  if (index < 0) return undefined
  const found = old[index]
  old[index] = undefined
  return found
}

const patch = (before: Node_, next: Node_): void => {
  const element = before.element!
  next.element = element
  next.gone = before.gone
  const classes = classOf(next)
  if (classes !== classOf(before)) element.setAttribute("class", classes)
  for (const name of Object.keys(before.props)) {
    if (!(name in next.props)) set(element, name, undefined, before.props[name])
  }
  for (const [name, value] of Object.entries(next.props)) set(element, name, value, before.props[name])
  const old: Array<Node | Node_ | undefined> = [...before.texts ?? []]
  next.texts = []
  const placed: Array<Node> = []
  next.children.forEach((child, index) => {
    const found = partner(old, child, index)
    if (typeof child === "string") {
      const text = found instanceof Node ? found : document.createTextNode("")
      if (text.nodeValue !== child) text.nodeValue = child
      next.texts!.push(text)
      placed.push(text)
    } else {
      if (found !== undefined && !(found instanceof Node)) patch(found, child)
      else create(child)
      next.texts!.push(child)
      placed.push(child.element!)
    }
  })
  for (const child of old) if (child !== undefined) remove(child)
  placed.forEach((node, index) => {
    if (element.childNodes[index] !== node) element.insertBefore(node, element.childNodes[index] ?? null)
  })
  const hook = next.props["hook"] as Hook | undefined
  hook?.update?.(element as HTMLElement)
}

export class Root {
  private last: Node_ | undefined
  constructor(private readonly parent: Element) {}

  render(node: Node_): void {
    if (this.last !== undefined && same(this.last, node)) patch(this.last, node)
    else {
      if (this.last !== undefined) remove(this.last)
      this.parent.append(create(node))
    }
    this.last = node
  }
}
