/** The one thing that explains what is under the pointer. */

export interface Tip {
  readonly title: string
  readonly tone: string
  readonly rows: ReadonlyArray<readonly [name: string, value: string]>
}

let box: HTMLElement | undefined

const make = (): HTMLElement => {
  box = document.createElement("div")
  box.className = "tip"
  box.setAttribute("role", "tooltip")
  document.body.append(box)
  return box
}

export const showTip = (x: number, y: number, { rows, title, tone }: Tip): void => {
  const tip = box ?? make()
  const head = document.createElement("b")
  head.textContent = title
  const list = document.createElement("dl")
  for (const [name, value] of rows) {
    const dt = document.createElement("dt")
    dt.textContent = name
    const dd = document.createElement("dd")
    dd.textContent = value
    list.append(dt, dd)
  }
  tip.replaceChildren(head, list)
  tip.dataset["tone"] = tone
  tip.hidden = false
  const { offsetHeight, offsetWidth } = tip
  const left = x + 14 + offsetWidth > innerWidth ? x - 14 - offsetWidth : x + 14
  const top = y + 16 + offsetHeight > innerHeight ? y - 12 - offsetHeight : y + 16
  tip.style.transform = `translate(${Math.round(Math.max(4, left))}px, ${Math.round(Math.max(4, top))}px)`
}

export const hideTip = (): void => {
  if (box !== undefined) box.hidden = true
}
