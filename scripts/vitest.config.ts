import { defineProject } from "vitest/config"

export default defineProject({
  test: { name: "house", include: ["test/**/*.test.mjs"], setupFiles: ["../vitest.turn.ts"], testTimeout: 120_000 }
})
