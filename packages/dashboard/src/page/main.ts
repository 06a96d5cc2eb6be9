/** Where the page begins. */
import { App } from "./app.js"
import * as Theme from "./theme.js"

Theme.begin()
const app = new App()
Theme.follow(() => app.themed())

// For tests, and for the curious.
Object.assign(globalThis, { creel: app })
