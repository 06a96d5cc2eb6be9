import { mergeConfig, type UserConfigExport } from "vitest/config"
import shared from "../../vitest.shared.js"

const config: UserConfigExport = { test: { name: "example tracing" } }

export default mergeConfig(shared, config)
