/** Amounts as people read and write them. */

const units = ["B", "KiB", "MiB", "GiB", "TiB"]

export const bytes = (count: number): string => {
  if (!Number.isFinite(count)) return "unlimited"
  let unit = 0
  let value = count
  while (Math.round(value) >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

const powers: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 2 ** 10,
  m: 1e6,
  mb: 1e6,
  mib: 2 ** 20,
  g: 1e9,
  gb: 1e9,
  gib: 2 ** 30,
  t: 1e12,
  tb: 1e12,
  tib: 2 ** 40
}

/** `512MiB`, `4 GB`, `1000000`; nothing for what is none. */
export const parseBytes = (text: string): number | undefined => {
  const found = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$/.exec(text)
  const power = found === null ? undefined : powers[found[2]!.toLowerCase()]
  return power === undefined ? undefined : Math.floor(Number(found![1]) * power)
}

export const millis = (duration: number): string => {
  if (duration < 1000) return `${duration < 10 && duration > 0 ? duration.toFixed(1) : Math.round(duration)} ms`
  const seconds = duration / 1000
  if (seconds < 60) return `${seconds.toFixed(1).replace(/\.0$/, "")} s`
  const whole = Math.round(seconds)
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`
}

export const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

/** `14:03:21.250`, in the time of this machine. */
export const clock = (at: number): string => {
  const date = new Date(at)
  const two = (n: number) => String(n).padStart(2, "0")
  const { ms, s } = { ms: String(date.getMilliseconds()).padStart(3, "0"), s: two(date.getSeconds()) }
  return `${two(date.getHours())}:${two(date.getMinutes())}:${s}.${ms}`
}
