import { mergeConfig, type UserConfigExport } from "vitest/config"
import shared from "../../vitest.shared.js"

const config: UserConfigExport = {
  // The rest are of the other configuration beside this one.
  test: { name: "@creel/collections", exclude: ["test/{examples,readme}.test.ts"] }
}

export default mergeConfig(shared, config)
