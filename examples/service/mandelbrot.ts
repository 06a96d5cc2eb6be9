// The Mandelbrot set as a map: square tiles, each of which falls into four at the next zoom.

export interface Tile {
  readonly zoom: number
  readonly x: number
  readonly y: number
}

/** Pixels along each side of a tile. */
export const size = 256

const steps = 1000

/** What is black never leaves; the others are bright where they leave late. */
export const palette = Uint8Array.from({ length: 256 * 3 }, (_, i) => {
  const n = Math.floor(i / 3)
  return n === 0 ? 0 : Math.round(127.5 - 127.5 * Math.cos(n / [23, 31, 47][i % 3]!))
})

const leaves = (re: number, im: number): number => {
  let x = 0
  let y = 0
  for (let step = 1; step <= steps; step++) {
    const next = x * x - y * y + re
    y = 2 * x * y + im
    x = next
    if (x * x + y * y > 4) return 1 + step % 255
  }
  return 0
}

/** Some rows of a tile, one byte a pixel. */
export const rows = (tile: Tile, from: number, count: number): Uint8Array => {
  const side = 3 / 2 ** tile.zoom
  const pixels = new Uint8Array(count * size)
  for (let row = 0; row < count; row++) {
    const im = 1.5 - side * (tile.y + (from + row) / size)
    for (let column = 0; column < size; column++) {
      pixels[row * size + column] = leaves(-2.25 + side * (tile.x + column / size), im)
    }
  }
  return pixels
}
