/**
 * The values of colours: a fill and the line around it, on white paper and on black.
 */
export interface Ink {
  readonly fill: string
  readonly stroke: string
}

export interface Sheet {
  readonly light: Ink
  readonly dark: Ink
}

const hue = (light: readonly [string, string], dark: readonly [string, string]): Sheet => ({
  light: { fill: light[0], stroke: light[1] },
  dark: { fill: dark[0], stroke: dark[1] }
})

export const sheets: Readonly<Record<string, Sheet>> = {
  plain: hue(["#f6f7f9", "#aab2bd"], ["#20262e", "#5c6672"]),
  waiting: hue(["#f1f3f5", "#adb5bd"], ["#23292f", "#5a646e"]),
  queued: hue(["#fff3d6", "#e0a93b"], ["#3a2f17", "#b98a2e"]),
  assigned: hue(["#e3ecff", "#7d9ee8"], ["#1d2a45", "#5673b8"]),
  running: hue(["#cfe3ff", "#2f74e0"], ["#173a6b", "#5b9bf5"]),
  done: hue(["#d9f2df", "#3c9f5c"], ["#183822", "#4cae6c"]),
  failed: hue(["#ffdcd9", "#d6453d"], ["#4a1a18", "#ef6a62"]),
  g0: hue(["#dbeafe", "#5b8def"], ["#1b2f52", "#5b8def"]),
  g1: hue(["#dcf5e3", "#47a869"], ["#17371f", "#4fae6f"]),
  g2: hue(["#fdeccf", "#d9962e"], ["#3c2b10", "#cf9236"]),
  g3: hue(["#f1e1fb", "#a066d3"], ["#34204a", "#a873d6"]),
  g4: hue(["#fde0e4", "#dc6079"], ["#45202a", "#d9687f"]),
  g5: hue(["#d5f3f3", "#2fa3a3"], ["#123838", "#37a9a9"]),
  g6: hue(["#eceec6", "#a0a52e"], ["#32340f", "#a5aa3d"]),
  g7: hue(["#e6e3fa", "#7a6fd6"], ["#28244c", "#8479df"]),
  // From pale to deep: the more, the more colour, in the light and in the dark.
  s0: hue(["#fff8e1", "#d9b95c"], ["#2a2619", "#7d6c36"]),
  s1: hue(["#ffedb8", "#d6a63a"], ["#3b2f14", "#94752a"]),
  s2: hue(["#ffdc8f", "#d08f26"], ["#4f3a10", "#ad7f20"]),
  s3: hue(["#ffc56b", "#c67a1a"], ["#66440d", "#c48a1c"]),
  s4: hue(["#ffab54", "#b86414"], ["#7d4a0d", "#d98c1f"]),
  s5: hue(["#ff9b5e", "#a64f16"], ["#934a12", "#ea8a2c"]),
  s6: hue(["#ff8a62", "#93391a"], ["#a8431c", "#f58a4a"]),
  s7: hue(["#fa7a6c", "#8a2a22"], ["#bd3a2a", "#ff9070"])
}
