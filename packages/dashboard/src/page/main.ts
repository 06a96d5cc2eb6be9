/** Where the page begins. */
import { App } from "./app.js"

try {
  const theme = localStorage.getItem("creel-theme")
  if (theme === "light" || theme === "dark") document.documentElement.dataset["theme"] = theme
} catch {
  // without a memory the page looks as the system does
}

// For tests, and for the curious.
Object.assign(globalThis, { creel: new App() })
