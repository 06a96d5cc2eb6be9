/** Amounts as people read them: short, and of the same width where they stand below each other. */

const units = ["B", "KiB", "MiB", "GiB", "TiB"]

export const bytes = (count: number): string => {
  let unit = 0
  let value = count
  while (Math.round(value) >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** A measured duration, exact to three digits. */
export const duration = (millis: number): string => {
  if (millis < 1) return `${Math.round(millis * 1000)} µs`
  if (millis < 1000) {
    return `${millis < 10 ? millis.toFixed(2) : millis < 100 ? millis.toFixed(1) : Math.round(millis)} ms`
  }
  if (millis < 60_000) return `${(millis / 1000).toFixed(millis < 10_000 ? 2 : 1)} s`
  return span(millis)
}

/** A time that passes, in whole seconds: `12 s`, `3 min 20 s`, `2 h 5 min`. */
export const span = (millis: number): string => {
  const seconds = Math.max(0, Math.round(millis / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

const grouped = /\B(?=(\d{3})+(?!\d))/g

export const count = (n: number): string => String(Math.round(n)).replace(grouped, ",")

/** Of things that are at most hundreds on a small place: `1,204`, `34.1k`, `2.1M`. */
export const brief = (n: number): string =>
  n < 10_000 ? count(n) : n < 999_500 ? `${(n / 1000).toFixed(n < 99_950 ? 1 : 0)}k` : `${(n / 1e6).toFixed(1)}M`

export const rate = (perSecond: number): string =>
  perSecond >= 100 || perSecond === 0 ? count(perSecond) : perSecond.toFixed(perSecond < 10 ? 1 : 0)

export const percent = (part: number): string => `${Math.round(part * 100)} %`

const two = (n: number): string => String(n).padStart(2, "0")

/** A time of day, with so many digits after the second. */
export const clock = (millis: number, digits: 0 | 1 | 2 | 3 = 0): string => {
  const at = new Date(millis)
  const whole = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  if (digits === 0) return whole
  const fraction = String(Math.floor(((millis % 1000) + 1000) % 1000)).padStart(3, "0")
  return `${whole}.${fraction.slice(0, digits)}`
}
