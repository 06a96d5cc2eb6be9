import type { UserConfigExport } from "vitest/config"
import built from "../../vitest.built.js"

/** What the documentation shows: in folders of its own, where a thread may not go, and with the types of a build. */
const config: UserConfigExport = {
  ...built,
  test: { ...built.test, name: "@creel/collections examples", include: ["test/{examples,readme}.test.ts"] }
}

export default config
