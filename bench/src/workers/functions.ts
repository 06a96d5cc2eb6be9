/**
 * What the pools' threads run: plain functions of one argument.
 */
export const inc = (x: number): number => x + 1

export const add = ([x, y]: readonly [number, number]): number => x + y

// piscina and tinypool call a module's default where no name is given
export default inc
