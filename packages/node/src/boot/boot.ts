/**
 * The first file of a thread or process that loads a tasks' module. It imports nothing of Effect itself: what follows is
 * loaded by the same loader as the tasks, so that both see one copy of everything.
 */
import * as threads from "node:worker_threads"

const loader: unknown = threads.isMainThread
  ? process.argv[2]
  : (threads.workerData as { readonly creelLoader?: unknown } | null)?.creelLoader

const main = new URL("./executorMain.js", import.meta.url).href

if (typeof loader === "string" && loader !== "") {
  const tsx: { readonly tsImport: (specifier: string, parent: string) => Promise<unknown> } = await import(loader)
  await tsx.tsImport(main, import.meta.url)
} else {
  await import(main)
}

export {}
