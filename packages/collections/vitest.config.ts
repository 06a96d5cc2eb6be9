import { mergeConfig, type UserConfigExport } from "vitest/config"
import shared from "../../vitest.shared.js"

const config: UserConfigExport = { test: { name: "@creel/collections" } }

export default mergeConfig(shared, config)
