/** Colour, where there is any: six ways to mark a word, each of which may be none. */

export interface Ink {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
  readonly cyan: (text: string) => string
}

const plainly = (text: string): string => text

export const plain: Ink = {
  bold: plainly,
  dim: plainly,
  red: plainly,
  green: plainly,
  yellow: plainly,
  cyan: plainly
}

const sgr = (on: number, off: number) => (text: string): string =>
  text === "" ? text : `\u001b[${on}m${text}\u001b[${off}m`

export const colours: Ink = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
  cyan: sgr(36, 39)
}
