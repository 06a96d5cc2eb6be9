// imported by the program and, on every node, by every thread that runs tasks
import { Task } from "creel"

const isPrime = (n: number): boolean => {
  if (n < 4) return n > 1
  if (n % 2 === 0) return false
  for (let divisor = 3; divisor * divisor <= n; divisor += 2) if (n % divisor === 0) return false
  return true
}

/** How many primes there are from `from` on, and before `to`. */
export const primes = Task.sync("primes", (from: number, to: number) => {
  let count = 0
  for (let n = from; n < to; n++) if (isPrime(n)) count++
  return count
})

export const add = Task.sync("add", (x: number, y: number) => x + y)
