import { fileURLToPath, pathToFileURL } from "node:url"
import { mergeConfig, type UserConfig } from "vitest/config"
import built from "./vitest.built.js"

const starters = /\/src\/(?:boot\/bootFile|carrier\/life)\.ts$/
const inDist = /\.\.\/\.\.\/dist\/\w+\//

/**
 * For projects whose tests start many threads: these run what `programs` bundles from `dist`, once it is built, into `out`. In
 * the sources the files that threads start with are those of `dist`; here, their bundles.
 */
export const bundled = (programs: URL, out: URL): UserConfig =>
  mergeConfig(
    built,
    {
      plugins: [{
        name: "creel: threads start with bundles",
        enforce: "pre",
        transform: (code: string, id: string) => {
          if (!starters.test(id)) return undefined
          if (!inDist.test(code)) throw new Error(`${id} no longer starts threads with a file of dist`)
          return { code: code.replace(inDist, pathToFileURL(fileURLToPath(out)).href), map: null }
        }
      }],
      test: { globalSetup: [fileURLToPath(programs)] }
    } satisfies UserConfig
  )
