/** Light or dark: what a person chose here, or what the system is. */

type Theme = "light" | "dark"

const place = "creel-theme"
const system = matchMedia("(prefers-color-scheme: dark)")

const chosen = (): Theme | undefined => {
  try {
    const theme = localStorage.getItem(place)
    return theme === "light" || theme === "dark" ? theme : undefined
  } catch {
    // without a memory the page looks as the system does
    return undefined
  }
}

const set = (theme: Theme): void => void (document.documentElement.dataset["theme"] = theme)

export const begin = (): void => set(chosen() ?? (system.matches ? "dark" : "light"))

/** As the system changes, unless a person has chosen. */
export const follow = (changed: () => void): void =>
  system.addEventListener("change", () => {
    begin()
    changed()
  })

export const toggle = (): void => {
  const next: Theme = document.documentElement.dataset["theme"] === "dark" ? "light" : "dark"
  set(next)
  try {
    localStorage.setItem(place, next)
  } catch {
    // a choice that cannot be kept is one for now
  }
}
