import { mergeConfig, type UserConfigExport } from "vitest/config"
import built from "../../vitest.built.js"

const config: UserConfigExport = { test: { name: "@creel/node" } }

export default mergeConfig(built, config)
